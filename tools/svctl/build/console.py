"""Whether the service `repl` is a console: svctl and people reach a board through it."""
from __future__ import annotations

import ast
from typing import Optional

from svctl.build.signature import targets

NAME = "repl"
FAULT = (f"aioservices/services/{NAME}_service.py: it is no console, as its class has no `prompt = True`: "
         "nobody could reach the board any more. Rename it: svctl has one that is")
_BASE = "Service"


def is_missing(tree: ast.Module) -> bool:
    """Whether the source of `repl` makes no console, as far as it tells."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    known = {_BASE, *(node.name for node in classes)}
    if not classes or any(not isinstance(base, ast.Name) or base.id not in known
                          for node in classes for base in node.bases):
        return False
    return not any(getattr(target, "id", getattr(target, "attr", None)) == "prompt"
                   for node in ast.walk(tree) if isinstance(node, (ast.Assign, ast.AnnAssign))
                   and not _is_false(node.value) for target in _each(node))


def _each(node) -> list:
    return [name for target in targets(node) for name in getattr(target, "elts", [target])]


def _is_false(value: Optional[ast.expr]) -> bool:
    return isinstance(value, ast.Constant) and not value.value
