"""The modules of lib/ that boards and tools have in common, on CPython."""
from __future__ import annotations

import builtins
import sys

from svctl.setup.place import LIB


def device(name: str):
    """A module of lib/ that is pure, like "aioservice.findings", on CPython."""
    builtins.const = lambda value: value
    if str(LIB) not in sys.path:
        sys.path.insert(0, str(LIB))
    return __import__(name, fromlist=["x"])
