"""What is saved in a project: says that something was, and leaves it to the build to find out what."""
from __future__ import annotations

import os
from pathlib import Path
from threading import Event
from typing import Iterator

from svctl.build import sift, tree
from svctl.errors import ToolError

FOLDERS = (*tree.COMPILED, "boards")
FILES = ("services.config", "aioservices.json", ".env", *tree.STARTED)
CALM = 50  # ms without a change: a burst, as of git checkout, counts as one
LONGEST = 1600  # ms of a burst that does not end


def ticks(root: Path, every: float, stop: Event) -> Iterator[bool]:
    """Every so many seconds whether something was saved meanwhile; at once when it was. At first True."""
    from watchfiles import watch

    while not stop.is_set():
        folders = watched(root)
        saved = True  # what was saved before the system looked is not told
        try:
            for found in watch(*folders, recursive=False, step=CALM, debounce=LONGEST, yield_on_timeout=True,
                               rust_timeout=int(every * 1000), stop_event=stop,
                               watch_filter=lambda _, path: _counts(root, path)):
                if watched(root) != folders:
                    break  # all over again, with the new ones
                yield saved or bool(found)
                saved = False
        except FileNotFoundError:  # a folder that went meanwhile
            continue
        except OSError as error:
            raise ToolError(f"{root}: changes cannot be watched: {error.strerror or error}") from error


def watched(root: Path) -> list[Path]:
    """The folders in which something may be saved: not build/, in which a board writes all the time."""
    found = [root]
    todo = [root / name for name in FOLDERS]
    seen = set()
    while todo:
        folder = todo.pop()
        real = os.path.realpath(folder)
        if not folder.is_dir() or real in seen:
            continue
        seen.add(real)
        found.append(folder)
        todo += [path for path in sift.entries(folder) if path.is_dir()]
    return sorted(found)


def _counts(root: Path, path: str) -> bool:
    """Whether a change of that file can mean one of the project."""
    where = Path(path)
    if where.parent == root:
        return where.name in (*FILES, *FOLDERS)
    return not sift.is_litter(where.name) or where.suffix == ".env"
