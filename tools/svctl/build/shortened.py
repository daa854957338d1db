"""The modules of lib/ as shorten makes them, kept in build/ under what they were made of: as long as nothing
in lib/ changes, a build takes them from there."""
from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import NamedTuple

from svctl.build import kept, shorten, sift
from svctl.setup.place import CACHE

MOST = 12  # projects, and versions of one


class Shortened(NamedTuple):
    texts: dict[Path, str]  # by source file
    functions: dict[str, dict[str, str]]  # {module: {short name: that in the source}}


def of_folder(lib: Path, private: bool = True) -> Shortened:
    """The project's modules below lib/ as a board gets them."""
    path = CACHE / "short" / f"{_stamp(lib, private)}.json"
    found = kept.load(path, None)
    if found is None:
        if sys.stderr.isatty():
            print("board: lib/ is made ready for boards, which takes some seconds …", file=sys.stderr)
        found = shorten.of_folder(lib, private)
        kept.save(path, found)
        _forget(path.parent)
    texts, functions = found
    return Shortened({lib / f"{name}.py": text for name, text in texts.items()}, functions)


def _stamp(lib: Path, private: bool) -> str:
    """Changes with whatever the result is made of."""
    found = hashlib.sha256(f"{private} {sys.version_info[:2]}".encode())
    for path in (Path(shorten.__file__), Path(sift.__file__)):
        found.update(path.read_bytes())
    for path in sift.walk(lib):
        room = path.relative_to(lib).parts[0].partition(".")[0]  # all else is left as it is
        if path.suffix == ".py" and path.is_file() and room in shorten.ROOMS:
            data = path.read_bytes()
            found.update(f"{path.relative_to(lib).as_posix()} {len(data)} ".encode(errors="surrogateescape"))
            found.update(data)
    return found.hexdigest()[:24]


def _forget(folder: Path) -> None:
    """Leave the newest; another build may be doing the same."""
    ages = {}
    for path in folder.glob("*.json"):
        try:
            ages[path] = path.stat().st_mtime
        except FileNotFoundError:
            continue
    for path in sorted(ages, key=ages.get)[:-MOST]:
        path.unlink(missing_ok=True)
