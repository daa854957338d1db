"""Where things are: the tools themselves, what boards and tools have in common, the workspace of the
tools, what is kept for all projects, and the project that a person is in."""
from __future__ import annotations

from pathlib import Path
from typing import Optional

from svctl.errors import TreeError

PACKAGE = Path(__file__).resolve().parent.parent
MARK = "aioservices.json"  # what makes a folder a project of one's own; see layout.py


def home() -> Path:
    """The folder that `lib/`, `aioservices/`, `boot.py` and `main.py` lie in: the clone around the tools, or
    what a wheel carries of it."""
    clone = PACKAGE.parent.parent
    return clone if (clone / "lib" / "aioservice").is_dir() else PACKAGE / "shipped"


CODE = home()
IS_CLONE = CODE != PACKAGE / "shipped"
LIB = CODE / "lib"


def is_whole(folder: Path) -> bool:
    """Whether a folder has all that a board needs, as a clone has. A board tree, which has a manifest, has
    other files."""
    has_code = (folder / "lib" / "aioservice" / "__init__.py").is_file()
    has_services = (folder / "aioservices" / "services").is_dir()
    return has_code and has_services and not (folder / "manifest.txt").exists()


def is_own(folder: Path) -> bool:
    """Whether a folder is a project that `svctl init` made: what it does not have itself svctl has."""
    return (folder / MARK).is_file()


def is_project(folder: Path) -> bool:
    return is_own(folder) or is_whole(folder)


def find(folder: Path) -> Optional[Path]:
    """The project that a folder is in."""
    return next((each for each in (folder, *folder.parents) if is_project(each)), None)


def project() -> Path:
    """The project of the current directory; TreeError where there is none."""
    here = Path.cwd()
    found = find(here)
    if found is None:
        raise TreeError(f"{here} is in no project: change into one, or make one: svctl init NAME")
    return found


def words(make: str, svctl: str) -> str:
    """What a person types: by make in a clone, where a project is one's own by svctl alone."""
    found = find(Path.cwd())
    return svctl if found is not None and is_own(found) or not IS_CLONE else make


def _workspace() -> Path:
    """Where the tools build what is of one project: in it; else in their clone, or where nothing else is."""
    try:
        found = find(Path.cwd())
    except OSError:
        found = None
    if found is not None and (is_own(found) or not IS_CLONE):
        return found / "build"
    return CACHE


def _cache() -> Path:
    """Where they keep what all projects share, as MicroPython: in their clone, else in the user's cache."""
    if IS_CLONE:  # which may run without anything installed
        return CODE / "build"
    from platformdirs import user_cache_path

    return user_cache_path("aioservices", appauthor=False)


CACHE = _cache()
BUILD = _workspace()
