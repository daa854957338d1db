"""Who uses what of a project's files: which modules a deploy makes old in a board's memory, and which
services have to begin anew for the new ones. Read from the sources, nothing is run."""
from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath
from typing import Iterable, Iterator, NamedTuple, Optional

from svctl.build import shorten, tree
from svctl.build.parsed import parsed
from svctl.shared import device

END = "_service"
STARTED = tree.STARTED


class Stale(NamedTuple):
    """`modules` to be forgotten, and `services`, by the names of their files, to be imported anew."""

    modules: list
    services: list


class Uses:
    """Of the sources of a project."""

    def __init__(self, root: Path):
        self._by: dict[str, set] = {}  # what is used -> the paths of those who do
        self._texts: list[tuple] = []
        for path, source in tree.sources(root):
            if path.endswith(".py") and not _is_of_a_room(path):
                self._read(path, source.read_bytes())
        for key, entry in _settings(root).items():
            made = entry.get("cls") if isinstance(entry, dict) else None
            if isinstance(made, str):
                name = key[:-len(".service")] if key.endswith(".service") else key
                self._note(made.rpartition(".")[0], f"{tree.SERVICES}/{name.split('@')[0]}{END}.py")

    def of(self, paths: Iterable[str]) -> Optional[Stale]:
        """What changes of files at `paths` on a board make old; None where only a reset helps: a boot begins
        with them, or nobody knows who uses them."""
        modules, users = set(), set()
        todo = list(paths)
        while todo:
            path = todo.pop()
            name = module(path)
            if _is_of_a_room(path) or path in STARTED:
                return None
            found = self._by.get(name, set()) if name else self._readers(path)
            if not name and not found:
                return None
            if name and (found or not tree.is_service(path)):
                modules.add(name)
            todo += [each for each in found if each not in users]
            users |= found
        services = sorted({PurePosixPath(path).stem[:-len(END)] for path in users if tree.is_service(path)})
        return Stale(sorted(modules), services)

    def _read(self, path: str, data: bytes) -> None:
        try:
            code = parsed(data)
        except ValueError:
            return
        at = module(path).split(".")
        for name in set(_imported(code, at if path.endswith("/__init__.py") else at[:-1])):
            self._note(name, path)
        texts = {node.value for node in ast.walk(code)
                 if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        self._texts.append((path, texts))

    def _note(self, name: str, path: str) -> None:
        self._by.setdefault(name, set()).add(path)

    def _readers(self, path: str) -> set:
        """Who has the path of a data file in a text."""
        return {each for each, texts in self._texts if any(path in text for text in texts)}


def _settings(root: Path) -> dict:
    """services.config; {} while it is damaged, which is told elsewhere."""
    try:
        text = device("aioctl.utf8").decoded((root / "services.config").read_bytes())
        return device("aioservice.settingsfile").parse(text)[0]
    except (OSError, ValueError, RecursionError):
        return {}


def _is_of_a_room(path: str) -> bool:
    """Whether all of a board stands on it: much there is loaded by name."""
    return path.startswith("lib/") and path.split("/")[1].split(".")[0] in shorten.ROOMS


def module(path: str) -> str:
    """How a file on a board is imported; "" for what is no module."""
    pure = PurePosixPath(path)
    if pure.suffix not in (".py", ".mpy"):
        return ""
    parts = list(pure.with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts[1:] if parts[0] == "lib" else parts)


def _imported(code: ast.Module, package: list) -> Iterator[str]:
    """The names of modules that a source may import, wherever in it; of a package also what leads there."""
    for node in ast.walk(code):
        found = []
        if isinstance(node, ast.Import):
            found = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[:len(package) - node.level + 1] if node.level else []
            name = ".".join([*above, *([node.module] if node.module else [])])
            lead = f"{name}." if name else ""
            found = [name, *(f"{lead}{each.name}" for each in node.names)]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "__import__":
            found = [each.value for each in node.args[:1] if isinstance(each, ast.Constant)]
        for name in found:
            if isinstance(name, str) and re.fullmatch(r"[\w.]+", name):
                parts = name.split(".")
                yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))
