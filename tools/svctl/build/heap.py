"""How much heap a project takes on a board, estimated before it is there.

The figures are fitted to what `make size` measures on micropython32 (a test does so again and compares):
bytes in use after a boot and a collection, above a bare asyncio program.
"""
from __future__ import annotations

from pathlib import Path
from typing import Mapping

from svctl.build.check import running

RESIDENT = 35_000  # the manager with every kind of service, the journal in use, the console at its prompt
SERVICE = 880  # a service's instance, task and record
BYTE = 1.21  # of heap for each of its .mpy
# For looks, settings and a deploy: with that much free they all go through.
ROOM = 10_000
SERVICES = "aioservices/services/"


def needed(tree: Path, sizes: Mapping[str, int]) -> int:
    """Bytes that the services of a project which a boot starts take, with all that runs them.

    `sizes`: bytes of each file of the tree as it is on a board, by path. A module of one's own in lib/
    counts as imported.
    """
    names = running(tree)
    code = sum(_size(sizes, f"{SERVICES}{name}_service") for name in {name.split("@")[0] for name in names})
    own = [path for path in sizes if path.startswith("lib/") and not path.startswith("lib/aio")]
    code += sum(sizes[path] for path in own)
    return RESIDENT + SERVICE * len(names) + int(BYTE * code)


def _size(sizes: Mapping[str, int], path: str) -> int:
    return sizes.get(path + ".mpy") or sizes.get(path + ".py") or 0
