"""What each package takes of a board: bytes of flash, and of heap as build/heap.py estimates it."""
from __future__ import annotations

from typing import Iterator, Mapping, NamedTuple

from svctl.build import heap
from svctl.requires.brought import Brought


class Share(NamedTuple):
    package: str
    flash: int
    heap: int


def of(brought: Brought, files: Mapping) -> list:
    """The share of each package; `files`: {path on the board: with its size} of a built project."""
    return [_share(brought, files, owner) for owner in sorted(set(brought.owners.values()))]


def _share(brought: Brought, files: Mapping, owner: str) -> Share:
    sizes = {path: files[board].size for path, each in brought.owners.items() if each == owner
             for board in _places(path) if board in files}
    return Share(owner, sum(sizes.values()),
                 heap.of_package(sum(size for path, size in sizes.items() if path in brought.imported)))


def everywhere(brought: Brought) -> set:
    """What the files of all packages may be called on a board."""
    return {board for path in brought.files for board in _places(path)}


def _places(path: str) -> Iterator[str]:
    """What a file below lib/ may be on a board, compiled or not."""
    yield f"lib/{path}"
    if path.endswith(".py"):
        yield f"lib/{path[:-3]}.mpy"
