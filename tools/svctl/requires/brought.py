"""What the requirements of a project bring into a board's lib/, as they are locked: files for a build, and
what is wrong with them."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from svctl.build import sift
from svctl.errors import RequiresError
from svctl.requires import folders, listed, locked, paths, store, vetted
from svctl.requires.listed import FOLDER, PYPI
from svctl.requires.locked import Package


class Brought(NamedTuple):
    """`files`: {path below lib/: where it lies}, `owners`: {the same: which package it is of}, `notes`: what
    there is to tell, `imported`: the paths of modules that count as imported, `faults`: what keeps boards
    from it."""

    files: dict
    owners: dict
    notes: list
    imported: set
    faults: list


NOTHING = Brought({}, {}, [], set(), [])


def of(root: Path) -> Brought:
    """What the requirements of a project bring; RequiresError where they are not locked, or not to be had."""
    told = listed.read(root)
    if not told.lines:
        return NOTHING
    packages = locked.read(root)
    if packages is None:
        raise RequiresError(f"{locked.FILE} is missing: svctl lock writes it, from {listed.FILE}")
    _compare(told.lines, packages)
    return laid(root, packages, told.firmware)


def checked(root: Path) -> Brought:
    """As of(), where a fault is an error."""
    found = of(root)
    if found.faults:
        more = f" (and {len(found.faults) - 1} more, which svctl check shows)" if found.faults[1:] else ""
        raise RequiresError(found.faults[0] + more)
    return found


def _compare(lines: list, packages: list) -> None:
    asked, had = {line.text for line in lines}, {text for each in packages for text in each.lines}
    if asked != had:
        new, gone = sorted(asked - had), sorted(had - asked)
        what = f"{new[0]} is new" if new else f"{gone[0]} is no longer there"
        raise RequiresError(f"{listed.FILE} has changed since it was locked: {what}: svctl lock")


def laid(root: Path, packages: list, has: set) -> Brought:
    """What locked packages bring. What is not in the cache is fetched again, and compared."""
    files, owners, notes, shown = {}, {}, [], {}
    own = {paths.stem(path.relative_to(root / "lib").as_posix()) for path in sift.walk(root / "lib")}
    for package in packages:
        for path, file in {**_local(root, package), **_stored(package)}.items():
            other = shown.get(paths.stem(path))
            if other is not None and (other != path or files[path].read_bytes() != file.read_bytes()):
                raise RequiresError(f"lib/{path}: {owners[other]} and {package.shown} both bring it, and not "
                                    "the same: keep one of them")
            if paths.stem(path) in own:
                notes.append(f"lib/{path}: the project's own, which goes before that of {package.shown}")
                continue
            if other is None:
                files[path], owners[path], shown[paths.stem(path)] = file, package.shown, path
    asked = {each.shown for each in packages if each.lines}
    found = vetted.vet(root, files, owners, asked, has)
    notes += [f"{owners[path]}: lib/{path}: left out, as nothing imports it: {why}"
              for path, why in found.left.items()]
    files = {path: file for path, file in files.items() if path not in found.left}
    return Brought(files, owners, notes, found.imported, found.faults)


def _local(root: Path, package: Package) -> dict:
    if package.source != FOLDER:
        return {}
    found = folders.look(root, package.name)
    same = found.deps == package.requires and {(path, url) for path, url, _ in found.remote} == {
        (item.path, item.url) for item in package.files}
    if not same:
        raise RequiresError(f"{package.name}: its package.json asks for something else than when it was "
                            "locked: svctl lock")
    return found.files


def _stored(package: Package) -> dict:
    found = {item.path: store.find(item.sha256) for item in package.files}
    if None in found.values():
        print(f"requires: fetching {package.shown}, as {locked.FILE} has it", file=sys.stderr, flush=True)
        (_again_pypi if package.source == PYPI else _again)(package)
        found = {item.path: store.find(item.sha256) for item in package.files}
    return found


def _again(package: Package) -> None:
    from svctl.requires import fetch  # which takes a while to load, and mostly all is there

    for item in package.files:
        if store.find(item.sha256) is None:
            try:
                data = fetch.fetch(item.url)
            except RequiresError as error:
                raise RequiresError(f"{package.shown}: {error}") from None
            _same(package, item, data, item.url)
            store.put(data)


def _again_pypi(package: Package) -> None:
    from svctl.requires import pypi

    found = pypi.again(package)
    for item in package.files:
        _same(package, item, found.get(item.path, b""), package.url)
        store.put(found[item.path])


def _same(package: Package, item: locked.Item, data: bytes, url: str) -> None:
    if store.digest(data) != item.sha256:
        raise RequiresError(f"{package.shown}: lib/{item.path}: its sha256 is another than the lock's: it "
                            f"was changed where it comes from, {url}. svctl lock --upgrade {package.name} "
                            "takes the new one, if that is meant")
