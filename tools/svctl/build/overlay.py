"""The sources of a project, laid out as a clone has them: links to its own files, to svctl's `lib/` and
services for what it does not have itself, and to what its requirements bring. Builds and checks then know one
kind of project."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

from svctl.boards import described
from svctl.build import check, sift, tree
from svctl.errors import TreeError
from svctl.requires import brought
from svctl.setup import place
from svctl.shared import device

FOLDER = Path("build") / "sources"
SECRETS = ".env"  # for check alone: no build takes it


def of(root: Path, even_damaged: bool = False) -> Path:
    """The folder with all sources of the project at `root`: itself where it has them all, else build/sources
    in it, brought up to date. TreeError: links in a circle; requirements that are not locked, or not to be
    had; settings that do not tell which services of svctl it takes: `even_damaged` has it take all then."""
    given = brought.checked(root).files
    if place.is_whole(root) and not given:
        return root
    fault = None if place.is_whole(root) else check.damage(root)
    if fault and not even_damaged:
        raise TreeError(fault)
    dest = root / FOLDER
    files = {**{f"lib/{path}": file for path, file in given.items()}, **_files(root, bool(fault))}
    with tree.alone(dest):
        _clean(dest, files)
        for name, source in files.items():
            _link(dest / name, source)
        (dest / check.SERVICES).mkdir(parents=True, exist_ok=True)
    return dest


def _files(root: Path, is_damaged: bool) -> dict[str, Path]:
    """{path in a project: where it lies}; what the project has itself, as source or compiled, goes before."""
    own = {path.relative_to(root).as_posix(): path for folder in tree.COMPILED
           for path in sift.walk(root / folder)}
    stems = {os.path.splitext(name)[0] for name in own}
    given = {path.relative_to(place.CODE).as_posix(): path
             for path in [*sift.walk(place.LIB), *_shipped(root, is_damaged)]}
    found = {name: path for name, path in given.items() if os.path.splitext(name)[0] not in stems}
    found.update({name: place.CODE / name for name in tree.STARTED})
    found.update({name: root / name for name in (*tree.PLAIN, SECRETS) if (root / name).is_file()})
    return {**found, **own}


def _shipped(root: Path, is_damaged: bool) -> Iterator[Path]:
    """The services of svctl that a project takes: those it names, its boards too, and what these require; all
    where its settings are damaged."""
    names = device("aioservice.findings")._names
    found = check.read(root)
    entries = [entry for entry in found.settings.values() if isinstance(entry, dict)]
    asked = [key for key in (*found.settings, *described.asked(root)) if not key.startswith("_")]
    for says in [*entries, *filter(None, found.services.values())]:
        asked += [each for key in ("require", "want") for each in names(says.get(key))]
    asked += check.service_files(place.CODE) if is_damaged else []
    seen = set(check.service_files(root))
    while asked:
        name = asked.pop().split("@")[0]
        name = name[:-len(".service")] if name.endswith(".service") else name
        path = place.CODE / check.SERVICES / f"{name}_service.py"
        if name in seen or not path.is_file():
            continue
        seen.add(name)
        yield path
        says = check.class_says(path.read_text(encoding="utf-8"), name)
        asked += [each for key in ("require", "want") for each in names(says.get(key))]


def _clean(dest: Path, files: dict) -> None:
    """Remove what belongs there no longer."""
    for folder, _, names in os.walk(dest, topdown=False):
        for name in names:
            path = Path(folder, name)
            if path.relative_to(dest).as_posix() not in files:
                path.unlink()
        if Path(folder) != dest and not os.listdir(folder):
            os.rmdir(folder)


def _link(path: Path, source: Path) -> None:
    # One that leads nowhere is told as it is.
    wanted = os.readlink(source) if sift.is_gone(source) else str(source)
    try:
        if os.readlink(path) == wanted:
            return
        path.unlink()
    except OSError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(wanted)
