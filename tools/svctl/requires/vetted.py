"""Whether boards can load what requirements bring: each source compiled once, and what the modules import
that the project's code imports."""
from __future__ import annotations

import ast
import re
import tempfile
from functools import lru_cache, partial
from pathlib import Path
from typing import Iterable, NamedTuple

from svctl.build import kept, mpy, sift
from svctl.build.parsed import parsed
from svctl.errors import TreeError
from svctl.requires import firmware, imports, listed, paths, store
from svctl.setup import place


class Vetted(NamedTuple):
    """`imported`: the paths of modules that count as imported; `faults`: what keeps boards from them; `left`:
    {path: why} of modules that no board can load, and that nothing imports."""

    imported: set
    faults: list
    left: dict


def vet(root: Path, files: dict, owners: dict, asked: set, has: set) -> Vetted:
    """Look at files {path below lib/: where it lies}; `asked`: the owners that stand in a line, `has`:
    modules that the firmware has beside those that every one may have."""
    trees, unfit = _looked(files)
    every = {paths.module(path): path for path in files if paths.module(path)}
    names = {name: path for name, path in every.items() if path not in unfit}
    begin = {name for name, path in every.items() if "." not in name and owners[path] in asked}
    begin |= imported(root, every)
    inside = {name for name, path in names.items() if paths.stem(path).endswith("/__init__")}
    there = {*with_parents(names), *modules(root / "lib"), *modules(place.LIB), *firmware.MODULES, *has}
    found = imports.reach(begin & set(names), trees, inside, partial(is_there, there))
    asked_for = {*begin, *(each.name for each in found.missing)}
    wanted = {path for name, path in every.items() if name in asked_for} & set(unfit)
    faults = [f"{owners[path]}: lib/{path}: {unfit[path]}. Take another version, or another package"
              for path in sorted(wanted)]
    for each in found.missing:
        if each.name not in every:
            path = names[each.by]
            faults.append(f"{owners[path]}: lib/{path}, line {each.line}: imports {each.name}, which no "
                          f"board has: {remedy(each.name)}")
    left = {path: why for path, why in unfit.items() if path not in wanted}
    return Vetted({names[name] for name in found.modules}, faults, left)


def _looked(files: dict) -> tuple:
    """({module: its source as a tree, None for compiled ones}, {path: why no board can load it})."""
    trees, unfit = {}, {}
    for path, file in files.items():
        name = paths.module(path)
        try:
            if path.endswith(".mpy"):
                trees[name] = None
                wrong = mpy.fault(file.read_bytes())
                if wrong:
                    raise ValueError(wrong)
            elif name is not None:
                trees[name] = _tree(file.read_bytes())
        except ValueError as error:
            unfit[path] = str(error)
    unfit.update(_uncompiled({path: file for path, file in files.items() if path not in unfit}))
    return {name: tree for name, tree in trees.items() if name not in map(paths.module, unfit)}, unfit


@lru_cache(maxsize=256)
def _tree(data: bytes) -> ast.Module:
    return parsed(data)


def _uncompiled(files: dict) -> dict:
    """{path: what mpy-cross says} of sources; those that it took once are not compiled again."""
    fine = place.BUILD / "requires.json"
    known, took, unfit = set(kept.load(fine, [])), set(), {}
    compiler = mpy.compiler()
    if compiler is None:
        raise TreeError(mpy.MISSING)
    with tempfile.TemporaryDirectory(prefix="aioservices-") as name:
        for path, file in files.items():
            stamp = f"{compiler} {store.digest(file.read_bytes())}" if path.endswith(".py") else None
            if stamp is not None and stamp not in known:
                try:
                    mpy.compile_file(file, Path(name) / "x.mpy", f"lib/{path}")
                except TreeError as error:
                    unfit[path] = re.sub(r"^lib/.* does not compile: ", "", str(error))
                    continue
            took.add(stamp)
    took.discard(None)
    if not took <= known:
        kept.save(fine, sorted(took))
    return unfit


def with_parents(names: Iterable[str]) -> set:
    return {".".join(name.split(".")[:count + 1]) for name in names for count in range(name.count(".") + 1)}


def is_there(there: set, name: str) -> bool:
    return name in there or name.partition(".")[0] == "aioservices"


def remedy(name: str, instead: str = "take another package") -> str:
    known = firmware.LIB.get(name) or firmware.LIB.get(name.partition(".")[0])
    more = f"{known}@latest" if known else "what brings it"
    return (f"add {more} to {listed.FILE}, or {instead}; where the firmware of your boards has "
            f"it: {listed.HAS} {name}")


def modules(folder: Path) -> set:
    found = (paths.module(path.relative_to(folder).as_posix()) for path in sift.walk(folder))
    return with_parents(filter(None, found))


def imported(root: Path, names: dict) -> set:
    """What of the requirements the project's own code imports, wherever in it."""
    tops = {re.escape(name.partition(".")[0]).encode() for name in names}
    pattern = re.compile(rb"\b(?:" + b"|".join(sorted(tops)) + rb")\b")
    found = set()
    for path in [*sift.walk(root / "lib"), *sift.walk(root / "aioservices")]:
        if path.suffix == ".py" and path.is_file():
            data = path.read_bytes()
            if pattern.search(data):
                found |= _imports(data)
    return {name for name in found if name in names}


@lru_cache(maxsize=256)
def _imports(data: bytes) -> set:
    try:
        nodes = list(ast.walk(parsed(data)))
    except ValueError:  # check tells of that
        return set()
    return {name for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))
            for name in [*filter(None, imports.names(node)), *imports.maybe(node)]}
