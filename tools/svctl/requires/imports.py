"""Which modules of the requirements are imported when a project runs, and what they import that no board has.

What stands at the level of a module counts. Not so what is imported in a function, under an `if`, or in a
`try` that takes an ImportError; where that `try` fails, its `except` counts."""
from __future__ import annotations

import ast
from typing import Callable, Iterator, NamedTuple, Optional

_TAKES = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
Has = Callable[[str], bool]


class Missing(NamedTuple):
    """A module that imports one which is not there."""

    by: str
    line: int
    name: str


class Reached(NamedTuple):
    modules: set
    missing: list


def needed(tree: ast.Module, package: str, has: Has) -> Iterator[tuple[str, int]]:
    """(module, line) of what a module has to import; `package`: the one that it is in, or ""."""
    yield from _of(tree.body, package, has)


def _of(body: list, package: str, has: Has) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((name, node.lineno) for name in names(node, package))
        elif isinstance(node, ast.Try):
            yield from _of_try(node, package, has)
        elif isinstance(node, (ast.ClassDef, ast.With, ast.For, ast.While)):
            yield from _of(node.body, package, has)


def _of_try(node: ast.Try, package: str, has: Has) -> Iterator[tuple[str, int]]:
    inside = list(_of(node.body, package, has))
    handler = next((each for each in node.handlers if _takes(each.type)), None)
    if handler is None or all(has(name) for name, _ in inside):
        yield from inside
        yield from _of(node.orelse, package, has)
    else:
        yield from ((name, line) for name, line in inside if has(name))
        yield from _of(handler.body, package, has)
    yield from _of(node.finalbody, package, has)


def _takes(kind: Optional[ast.expr]) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(each, ast.Name) and each.id in _TAKES for each in kinds)


def names(node: ast.AST, package: str = "") -> list:
    """The modules that an import names for sure; what stands behind `from x import` may be none."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if not node.level:
        return [node.module]
    parts = package.split(".") if package else []
    parts = parts[:len(parts) - node.level + 1]
    return [".".join([*parts, node.module])] if node.module and parts else []


def maybe(node: ast.AST, package: str = "") -> Iterator[str]:
    """What an import may name beside that: modules of the package that it is from."""
    if isinstance(node, ast.ImportFrom):
        parts = package.split(".")[:len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join(filter(None, [*parts, node.module or ""]))
        yield from (f"{base}.{each.name}" for each in node.names)


def reach(begin: set, trees: dict, packages: set, has: Has) -> Reached:
    """Follow the imports from the modules `begin` on; `trees`: {module: its source as a tree, or None},
    `packages`: those of them that others are in."""
    found, todo = Reached(set(), []), sorted(begin)
    while todo:
        name = todo.pop()
        if name in found.modules or name not in trees:
            continue
        found.modules.add(name)
        todo += [parent for parent in _above(name) if parent not in found.modules]
        if trees[name] is None:
            continue
        package = name if name in packages else name.rpartition(".")[0]
        for other, line in needed(trees[name], package, has):
            if not has(other):
                found.missing.append(Missing(name, line, other))
            todo.append(other)
        todo += [each for node in ast.walk(trees[name]) for each in maybe(node, package) if each in trees]
    found.missing.sort()
    return found


def _above(name: str) -> list:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]
