"""Makes a lock of what requirements-board.txt says. What is locked stays what it is, as long as its line
does, and nobody asks for newer ones."""
from __future__ import annotations

from pathlib import Path
from typing import Optional

from svctl.errors import RequiresError
from svctl.requires import folders, listed, mip
from svctl.requires.listed import FOLDER, MIP, PYPI, normal
from svctl.requires.locked import Package
from svctl.shared import device


def resolve(root: Path, lines: list, old: list, upgrade: Optional[list] = None) -> list:
    """The packages of a lock. `old`: those of the one before; `upgrade`: names whose newest are taken, [] for
    all."""
    _check(upgrade, lines, old)
    stays = [each for each in old if not _is_newer(each, upgrade)]
    return sorted([*_of_pypi(lines, old, stays), *_Mip(root, lines, stays).packages()])


def _check(upgrade: Optional[list], lines: list, old: list) -> None:
    known = {each.name for each in [*lines, *old]}
    for name in upgrade or ():
        if name not in known and normal(name) not in known:
            raise RequiresError(f"--upgrade {name}: {listed.FILE} brings none of that name"
                                + device("aioservice.spelling").near(name, known))


def _is_newer(package: Package, upgrade: Optional[list]) -> bool:
    return upgrade is not None and (not upgrade or package.name in upgrade
                                    or package.source == PYPI and package.name in map(normal,
                                    upgrade))


def _of_pypi(lines: list, old: list, stays: list) -> list:
    asked = [line for line in lines if line.kind == PYPI]
    before = [each for each in old if each.source == PYPI]
    kept = [each for each in stays if each.source == PYPI]
    if not asked:
        return []
    if kept == before and {line.text for line in asked} == {text for each in before for text in each.lines}:
        return before
    from svctl.requires import pypi  # which takes a while to load

    return pypi.resolve(asked, kept)


class _Mip:
    """What mip's lines and folders bring, with all that these require."""

    def __init__(self, root: Path, lines: list, stays: list):
        self._root, self._lines = root, lines
        self._known = [each for each in stays if each.source == MIP]
        self._done: dict = {}  # {(name, version asked for): Package}

    def packages(self) -> list:
        asked = sorted((line for line in self._lines if line.kind == MIP),
                       key=lambda line: (not line.version or line.version == mip.LATEST, line.text))
        todo = []
        for line in asked:  # those with a version first, as they are taken for any
            package = self._take(line.name, line.version)
            self._done[line.name, line.version] = package._replace(lines=(*package.lines, line.text))
            todo += package.requires
        local = []
        for line in self._lines:
            if line.kind == FOLDER:
                package = folders.locked(self._root, line.name)
                local.append(package._replace(lines=(line.text,)))
                todo += package.requires
        while todo:
            name, version = listed.mip(todo.pop(0))
            if len(self._done) > mip.MOST:
                raise RequiresError(f"{name}: more than {mip.MOST} packages require each other")
            if not self._has(name, version):
                todo += self._take(name, version).requires
        return [*self._done.values(), *local]

    def _has(self, name: str, version: str) -> bool:
        return any(each.name == name and version in ("", mip.LATEST, asked, each.version)
                   for (_, asked), each in self._done.items())

    def _take(self, name: str, version: str) -> Package:
        """A package as it is locked, or else fetched."""
        same = (each for each in self._known if each.name == name and _is_meant(each, version))
        found = next(same, None)
        found = found._replace(lines=()) if found else mip.get(name, version)
        self._done[name, version] = found
        return found


def _is_meant(package: Package, version: str) -> bool:
    """Whether a locked package is what a line with that version asks for."""
    if package.version == version:
        return True
    return version in ("", mip.LATEST) and (package.version == mip.HEAD
                                            or not package.name.startswith(listed.HOSTS))
