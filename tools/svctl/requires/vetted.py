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
    """`imported`: the paths of modules that count as imported; `faults`: what keeps boards from them."""

    imported: set
    faults: list


def vet(root: Path, files: dict, owners: dict, asked: set, has: set) -> Vetted:
    """Look at files {path below lib/: where it lies}; `asked`: the owners that stand in a line, `has`:
    modules that the firmware has beside those that every one may have."""
    trees, faults = _parsed(files, owners)
    if not faults:  # told in other words
        faults = _uncompiled(files, owners)
    names = {paths.module(path): path for path in files if paths.module(path)}
    begin = {name for name, path in names.items() if "." not in name and owners[path] in asked}
    begin |= _imported(root, names)
    inside = {name for name, path in names.items() if paths.stem(path).endswith("/__init__")}
    there = {*_with_parents(names), *_modules(root / "lib"), *_modules(place.LIB), *firmware.MODULES, *has}
    found = imports.reach(begin, trees, inside, partial(_is_there, there))
    for each in found.missing:
        path = names[each.by]
        faults.append(f"{owners[path]}: lib/{path}, line {each.line}: imports {each.name}, which no board "
                      f"has: {_remedy(each.name)}")
    return Vetted({names[name] for name in found.modules}, faults)


def _parsed(files: dict, owners: dict) -> tuple:
    """({module: its source as a tree, None for compiled ones}, faults)."""
    trees, faults = {}, []
    for path, file in files.items():
        name = paths.module(path)
        if name is None:
            continue
        trees[name] = None
        try:
            if path.endswith(".mpy"):
                wrong = mpy.fault(file.read_bytes())
                if wrong:
                    raise ValueError(wrong)
            else:
                trees[name] = _tree(file.read_bytes())
        except ValueError as error:
            faults.append(_said(owners[path], path, str(error)))
    return trees, faults


@lru_cache(maxsize=256)
def _tree(data: bytes) -> ast.Module:
    return parsed(data)


def _said(owner: str, path: str, why: str) -> str:
    return f"{owner}: lib/{path}: {why}. Take another version, or another package"


def _uncompiled(files: dict, owners: dict) -> list:
    """What mpy-cross says of the sources; those that it took once are not compiled again."""
    fine = place.BUILD / "requires.json"
    known = set(kept.load(fine, []))
    sums = {path: store.digest(file.read_bytes()) for path, file in files.items() if path.endswith(".py")}
    faults, took, compiler = [], set(), mpy.compiler()
    with tempfile.TemporaryDirectory(prefix="aioservices-") as name:
        for path, digest in sums.items():
            stamp = f"{compiler} {digest}"
            if stamp not in known:
                try:
                    mpy.compile_file(files[path], Path(name) / "x.mpy", f"lib/{path}")
                except TreeError as error:
                    why = re.sub(r"^lib/.* does not compile: ", "", str(error))
                    faults.append(_said(owners[path], path, why))
                    continue
            took.add(stamp)
    if not took <= known:
        kept.save(fine, sorted(took))
    return faults


def _with_parents(names: Iterable[str]) -> set:
    return {".".join(name.split(".")[:count + 1]) for name in names for count in range(name.count(".") + 1)}


def _is_there(there: set, name: str) -> bool:
    return name in there or name.partition(".")[0] == "aioservices"


def _remedy(name: str) -> str:
    known = firmware.LIB.get(name) or firmware.LIB.get(name.partition(".")[0])
    more = f"{known}@latest" if known else "what brings it"
    return (f"add {more} to {listed.FILE}, or take another package; where the firmware of your boards has "
            f"it: {listed.HAS} {name}")


def _modules(folder: Path) -> set:
    found = (paths.module(path.relative_to(folder).as_posix()) for path in sift.walk(folder))
    return _with_parents(filter(None, found))


def _imported(root: Path, names: dict) -> set:
    """What of the requirements the project's own code imports, wherever in it."""
    tops = {name.partition(".")[0].encode() for name in names}
    found = set()
    for path in [*sift.walk(root / "lib"), *sift.walk(root / "aioservices")]:
        if path.suffix == ".py" and path.is_file():
            data = path.read_bytes()
            if any(top in data for top in tops):
                found |= _imports(data)
    return {name for name in found if name in names}


def _imports(data: bytes) -> set:
    try:
        nodes = list(ast.walk(parsed(data)))
    except ValueError:  # check tells of that
        return set()
    return {name for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))
            for name in [*filter(None, imports.names(node)), *imports.maybe(node)]}
