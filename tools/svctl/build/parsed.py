"""Sources of device code, read and not run: what keeps a board from taking them."""
from __future__ import annotations

import ast
import warnings
from typing import Iterator

from svctl.shared import device


def parsed(data: bytes) -> ast.Module:
    """A source as CPython understands it; ValueError says in one line why it cannot be compiled."""
    text = device("aioctl.utf8").decoded(data)
    if "\0" in text:
        raise ValueError("it is no text: there are zero bytes in it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        shown = f": {error.text.strip()}" if error.text and error.text.strip() else ""
        raise ValueError(f"SyntaxError: {error.msg}, line {error.lineno}{shown}") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("it is nested too deeply") from error


def yields(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """(name, line) of each `yield` in an `async def`: MicroPython has no asynchronous generators, and hands
    it to the loop, which never comes back to the task. Code that uses this to wait names `cur_task`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            own = list(_own(node))
            if not any(isinstance(each, ast.Attribute) and each.attr == "cur_task" for each in own):
                yield from sorted((node.name, each.lineno) for each in own if isinstance(each, ast.Yield))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function, without the functions in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield child
            yield from _own(child)
