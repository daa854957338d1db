"""Writes lib/aioconsole/usage.py, what `?name` says at the prompt: the signature and the docstring's first
line of each public function, since a board's .mpy files have no docstrings. A test compares the two."""
from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Iterator

from svctl.errors import run_main
from svctl.setup.place import LIB

USAGE = LIB / "aioconsole" / "usage.py"
PACKAGES = ("aioservice", "aioctl")
HEAD = """# What `?name` says at the prompt, a line a function; loaded for one look.
# Made from the docstrings by python3 -m tools.docs.usage

LINES = (
"""


def table(package: str) -> Iterator[tuple[str, Path]]:
    """(public name, file) of what a package loads on use."""
    for node in ast.parse((LIB / package / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for file, words in ast.literal_eval(node.value).items():
                for word in words.split():
                    yield word, LIB / package / f"{file}.py"


def home(name: str, file: Path) -> Path:
    """The file that defines a name which another one hands on."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ImportFrom) and not node.level and name in [each.name for each in node.names]:
            path = LIB.joinpath(*node.module.split("."))
            return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file


def lines() -> list[str]:
    """One for each public function: `aioservice.mask(name): Stops a service …`."""
    found = []
    for package in PACKAGES:
        for name, file in table(package):
            for node in ast.parse(home(name, file).read_text()).body:
                wait = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
                if (wait or isinstance(node, ast.FunctionDef)) and node.name in (name, f"{name}_"):
                    about = (ast.get_docstring(node) or "").split("\n")[0]
                    found.append(f"{wait}{package}.{name}({ast.unparse(node.args)}): {about}")
    return found


def text() -> str:
    """What the file has to be."""
    return HEAD + "".join(f"    {line!r},  # noqa\n" for line in lines()) + ")\n"


def main() -> int:
    USAGE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(run_main("usage", main))
