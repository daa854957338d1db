"""What the project's own services, and the modules of lib/ that they import, need to be loaded, and no board
has. It counts as in imports.py; what only micropython-lib has may be in a firmware, or put there by mip."""
from __future__ import annotations

from functools import partial
from pathlib import Path

from svctl.build import sift
from svctl.build.parsed import parsed
from svctl.requires import firmware, imports, listed, paths, vetted
from svctl.setup import place
from svctl.shared import device

EXTRA = ("aioble", "aiohttp", "aiorepl", "cbor2", "senml")  # CPython has none of these names


def missing(root: Path, brought: dict) -> list[str]:
    """A line for each import of the project at `root`; `brought`: what its requirements bring, by its path
    below lib/."""
    files = {name: path for path in [*sift.walk(root / "lib"), *sift.walk(root / "aioservices")]
             for name in [paths.module(path.relative_to(root).as_posix().removeprefix("lib/"))] if name}
    trees = {name: _tree(path) for name, path in files.items()}
    inside = {name for name, path in files.items() if path.stem == "__init__"}
    begin = {name for name in files if name.startswith("aioservices.") and name.endswith("_service")}
    there = {*vetted.with_parents(filter(None, map(paths.module, brought))), *vetted.with_parents(files),
             *vetted.modules(place.LIB), *firmware.MODULES, *EXTRA, *listed.read(root).firmware}
    begin |= vetted.imported(root, dict(files))
    found = imports.reach(begin, trees, inside, partial(_has, there))
    return [f"{files[each.by].relative_to(root).as_posix()}:{each.line}: import {each.name}: no board has it"
            + _meant(each.name, there) for each in found.missing]


def _has(there: set, name: str) -> bool:
    return vetted.is_there(there, name) or name.partition(".")[0] in EXTRA


def _meant(name: str, there: set) -> str:
    known = name in firmware.LIB
    near = "" if known else device("aioservice.spelling").near(name, {n for n in there if n[0] != "_"})
    return near or f": {vetted.remedy(name, 'put it into lib/')}"


def _tree(path: Path):
    """The source as a tree; None for what is compiled, and for what check tells of."""
    try:
        return parsed(path.read_bytes()) if path.suffix == ".py" else None
    except (OSError, ValueError):
        return None
