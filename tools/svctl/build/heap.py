"""How much heap a project takes on a board, estimated before it is there.

The figures are fitted to what `make size` measures on micropython32 (a test does so again and compares):
bytes in use after a boot and a collection, above a bare asyncio program.
"""
from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Collection, Mapping

from svctl.build import sift
from svctl.build.check import running
from svctl.setup import place

RESIDENT = 35_000  # the manager with every kind of service, the journal in use, the console at its prompt
SERVICE = 880  # a service's instance, task and record
BYTE = 1.21  # of heap for each of its .mpy
OTHERS = 1.6  # the same for packages, which have more classes and names: 1.2 to 1.8 in those of microdot
# For looks, settings and a deploy: with that much free they all go through.
ROOM = 10_000
SERVICES = "aioservices/services/"


def needed(tree: Path, sizes: Mapping[str, int], apart: Collection[str] = ()) -> int:
    """Bytes that the services of a project which a boot starts take, with all that runs them.

    `sizes`: bytes of each file of the tree as it is on a board, by path. A module of one's own in lib/
    counts as imported; what lies `apart` there is counted by others.
    """
    names = running(tree)
    code = sum(_size(sizes, f"{SERVICES}{name}_service") for name in {name.split("@")[0] for name in names})
    ours = {path.stem for path in sift.entries(place.LIB)}
    code += sum(size for path, size in sizes.items() if path not in apart and _is_own(path, ours))
    return RESIDENT + SERVICE * len(names) + int(BYTE * code)


def _is_own(path: str, ours: set) -> bool:
    """Whether a file is one of lib/ that is not of aioservices, which has `ours` there."""
    return path.startswith("lib/") and PurePosixPath(path).parts[1].split(".")[0] not in ours


def of_package(size: int) -> int:
    """Bytes that modules of others take whose .mpy have that size together, when they are imported."""
    return int(OTHERS * size)


def _size(sizes: Mapping[str, int], path: str) -> int:
    return sizes.get(path + ".mpy") or sizes.get(path + ".py") or 0
