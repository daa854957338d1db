"""Where things are: the tools themselves, what boards and tools have in common, the workspace of the
tools, and the project that a person is in."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from svctl.errors import TreeError

PACKAGE = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder that `lib/`, `aioservices/`, `boot.py` and `main.py` lie in: the clone around the tools, or
    what a wheel carries of it."""
    clone = PACKAGE.parent.parent
    return clone if (clone / "lib" / "aioservice").is_dir() else PACKAGE / "shipped"


CODE = home()
IS_CLONE = CODE != PACKAGE / "shipped"
LIB = CODE / "lib"


def is_project(folder: Path) -> bool:
    """Whether a folder is a project; a board tree, which has a manifest, is none."""
    has_code = (folder / "lib" / "aioservice" / "__init__.py").is_file()
    has_services = (folder / "aioservices" / "services").is_dir()
    return has_code and has_services and not (folder / "manifest.txt").exists()


def find(folder: Path) -> Optional[Path]:
    """The project that a folder is in."""
    return next((each for each in (folder, *folder.parents) if is_project(each)), None)


def project() -> Path:
    """The project of the current directory; TreeError where there is none."""
    here = Path.cwd()
    found = find(here)
    if found is None:
        raise TreeError(f"{here} is in no project: change into one, a clone of aioservices")
    return found


def _workspace() -> Path:
    """Where the tools build things: in their clone; else in the project, else in the user's cache."""
    if IS_CLONE:
        return CODE / "build"
    try:
        return project() / "build"
    except (TreeError, OSError):
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "svctl"


BUILD = _workspace()
