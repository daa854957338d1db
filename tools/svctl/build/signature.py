"""What settings give a service's task(), against what that takes: read from its source, nothing is run."""
from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Callable, Iterator, Optional

# What the manager takes out of kwargs, and what it gives a decorated task.
MANAGERS = ("require", "schedule", "restart", "on_stop", "on_error", "_id", "log")
DECORATOR = "aiotask"


@dataclass
class Signature:
    """The parameters of a task, without `self`."""

    positional: list[str]
    names: list[str]  # all that may be given by name
    more_args: bool
    more_kwargs: bool


def targets(node) -> list:
    """What an assignment gives a value to."""
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def signature(tree: ast.Module) -> Optional[Signature]:
    """That of the task of the class in a service's source; None where the source does not tell."""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    made = [node.value for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))
            and isinstance(node.value, ast.Call)
            and "service" in [getattr(each, "id", None) for each in targets(node)]]
    name = getattr(made[-1].func, "id", None) if made else None
    task = _task(classes.get(name), classes)
    if task is None or not all(DECORATOR in ast.dump(each) for each in task.decorator_list):
        return None
    args = task.args
    positional = [each.arg for each in args.args][1:]
    return Signature(positional, positional + [each.arg for each in args.kwonlyargs],
                     args.vararg is not None, args.kwarg is not None)


def _task(node: Optional[ast.ClassDef], classes: dict) -> Optional[ast.AsyncFunctionDef]:
    if node is None or any(isinstance(each, ast.Attribute) and each.attr == "task"
                           and isinstance(each.ctx, ast.Store) for each in ast.walk(node)):
        return None
    for each in node.body:
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.name == "task":
            return each
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes and base.id != node.name:
            found = _task(classes[base.id], classes)
            if found is not None:
                return found
    return None


def misfits(path: str, takes: Signature, entry: dict, said: dict, near: Callable) -> Iterator[str]:
    """What of an entry in services.config, or with `entry` {} of a class, its task() does not take.

    `path` stands before it, like "services.config: hello"; `said`: what the class says.
    """
    own, given = said.get("kwargs"), entry.get("kwargs")
    own, given = own if isinstance(own, dict) else {}, given if isinstance(given, dict) else {}
    for word in sorted(given if entry else own):
        if word not in takes.names and word not in MANAGERS and not takes.more_kwargs:
            known = ", ".join(takes.names) or "none"
            yield f"{path}.kwargs.{word}: task() has no such parameter, only {known}{near(word, takes.names)}"
    args = entry.get("args", said.get("args", ()))
    if not isinstance(args, (list, tuple)) or entry and not {"args", "kwargs"} & set(entry):
        return
    if len(args) > len(takes.positional) and not takes.more_args:
        yield f"{path}.args: {len(args)} values, and task() takes {len(takes.positional)} at most"
    for word in takes.positional[:len(args)]:
        if word in own or word in given:
            yield f"{path}.args: the value of {word} stands in kwargs, too"
