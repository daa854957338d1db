"""Which files of a folder are a person's: what editors and systems leave beside them is none of a project."""
from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Iterator

from svctl.errors import TreeError

# Locks and swap files of editors, ._x and .DS_Store of macOS: whatever begins with a dot; copies, caches.
LITTER = re.compile(r"\.|#.*#$|.*(~|\.pyc)$|(__pycache__|__MACOSX)$|(?i:thumbs\.db|desktop\.ini)$", re.S)


def is_litter(name: str) -> bool:
    """Whether a file or folder of that name is nobody's work."""
    return LITTER.match(name) is not None


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, by name; nothing where there is none."""
    try:
        return sorted(path for path in folder.iterdir() if not is_litter(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []


def walk(folder: Path, above: tuple = ()) -> Iterator[Path]:
    """The files below a folder, in order, and links that lead nowhere; links to folders are followed.

    TreeError names one that leads to a folder which it lies in.
    """
    above = (*above, os.path.realpath(folder))
    for path in entries(folder):
        if not path.is_dir():
            yield path
            continue
        target = os.path.realpath(path)
        if target in above:
            raise TreeError(f"{path} is a link to {target}, in which it lies: a circle. Remove it")
        yield from walk(path, above)


def is_gone(path: Path) -> bool:
    """Whether it is a link that leads nowhere."""
    return path.is_symlink() and not path.exists()
