"""The files of device/ as they are sent to a board: without what only people need, and with few names,
as each new name that a board meets costs it memory until the next reset."""
from __future__ import annotations

import ast
import functools
import re
import string
from pathlib import Path

DEVICE = Path(__file__).resolve().parent.parent / "device"
SMALL = 500  # characters that a board compiles in one go, in about 10 ms
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PIECE = "_svctl_f"  # what a function is called on its way into its class


class _Locals(ast.NodeTransformer):
    """Gives the parameters and variables of each function the names a, b, … which lib/ has, too."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        inner = list(ast.walk(node))
        args = [each.arg for each in inner if isinstance(each, ast.arg)]
        stored = [each.id for each in inner if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
        caught = [each.name for each in inner if isinstance(each, ast.ExceptHandler) and each.name]
        names = dict(zip(dict.fromkeys([*args, *stored, *caught]), string.ascii_lowercase))
        for each in inner:
            if isinstance(each, ast.Name):
                each.id = names.get(each.id, each.id)
            elif isinstance(each, ast.arg):
                each.arg = names[each.arg]
            elif isinstance(each, ast.ExceptHandler):
                each.name = names.get(each.name)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef


@functools.lru_cache(maxsize=None)
def source(name: str) -> str:
    """A file of device/ without comments and docstrings, with short indents and short local names."""
    tree = ast.parse((DEVICE / f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return _unparsed(_Locals().visit(tree))


def pieces(name: str) -> list[str]:
    """The same to be run one after the other, as a board takes its time to compile: the class with what is no
    function, then each function."""
    text = source(name)
    if len(text) < SMALL:
        return [text]
    owner = ast.parse(text).body[0]
    functions = [node for node in owner.body if isinstance(node, FUNCTIONS)]
    owner.body = [node for node in owner.body if node not in functions] or [ast.Pass()]
    found = [_unparsed(owner)]
    for node in functions:
        own, node.name = node.name, PIECE
        found.append(f"{_unparsed(node)}\n{owner.name}.{own}={PIECE}\ndel {PIECE}")
    return found


def _unparsed(tree: ast.AST) -> str:
    return re.sub(r"^( {4})+", lambda found: " " * (len(found[0]) // 4), ast.unparse(tree), flags=re.M)
