"""Tasks that a service makes and that nobody keeps: they outlive it, and double when it is restarted."""
from __future__ import annotations

import ast
from typing import Iterator

MEANT = "outlives"  # in a comment on its line


def outliving(text: str, name: str) -> Iterator[str]:
    """A finding for each call of asyncio.create_task() in a class whose task nobody keeps.

    One that is kept in a name may be cancelled in cleanup(), or awaited: nothing is said of it.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # told elsewhere
        return
    lines = text.splitlines()
    for scope in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for node in ast.walk(scope):
            if isinstance(node, ast.Expr) and _makes(node.value) and MEANT not in lines[node.lineno - 1]:
                call = node.value
                assert isinstance(call, ast.Call)
                what = ast.unparse(call.args[0]) if call.args else ""
                yield (f"{name}.service: line {node.lineno}: create_task({what}) outlives it, and doubles "
                       f"when it is restarted; {_instead(call)} makes a child")


def _makes(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    word = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return word == "create_task"


def _instead(call: ast.Call) -> str:
    coro = call.args[0] if call.args else None
    if not isinstance(coro, ast.Call):
        return "self.add_ctask(aioctl, …)"
    rest = [ast.unparse(arg) for arg in coro.args] + [f"{key.arg}=…" for key in coro.keywords if key.arg]
    name = ast.unparse(coro.func)
    return f"self.add_ctask({', '.join(['aioctl', name, repr(name.split('.')[-1]), *rest])})"
