"""What a requirement may bring: paths that stay in a board's lib/, and files of a board's size."""
from __future__ import annotations

from pathlib import PurePosixPath
from typing import Optional

from svctl.build import shorten, sift
from svctl.setup import place

FILE = 1 << 20  # bytes of a file for a board
CODE = (".py", ".mpy")
DEEP, LONG = 8, 120  # parts of a path, and its letters


def fault(path: object) -> Optional[str]:
    """Why a path cannot stand below lib/, in words that follow it; None if it can."""
    if not isinstance(path, str) or not path or len(path) > LONG or not path.isprintable():
        return "is no path that a board has"
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or ":" in path:
        return "is no path below lib/"
    if ".." in parts:
        return "leaves lib/"
    odd = any(part != part.strip() or part in ("", ".") or sift.is_litter(part) for part in parts)
    if odd or len(parts) > DEEP:
        return "is no path that a board has"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "is no path that a board has"
    if PurePosixPath(parts[0]).stem in ours():
        return f"is of aioservices, which has {parts[0]} itself"
    return None


def ours() -> set:
    """The names in lib/ that are those of aioservices."""
    return {path.stem for path in sift.entries(place.LIB)} | set(shorten.ROOMS)


def stem(path: str) -> str:
    """A path without the suffix of code: what an import finds there."""
    return str(PurePosixPath(path).with_suffix("")) if path.endswith(CODE) else path


def module(path: str) -> Optional[str]:
    """What a file below lib/ is imported as; None if it is no code."""
    if not path.endswith(CODE):
        return None
    name = stem(path).replace("/", ".")
    return name[:-len(".__init__")] if name.endswith(".__init__") else name
