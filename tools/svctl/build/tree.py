"""Builds the board tree: what would lie on a board's flash, `.mpy` inside. Incremental; removes
what has no source any more, and keeps what the board or its user wrote."""
from __future__ import annotations

import codecs
import contextlib
import hashlib
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Iterable, Iterator, NamedTuple, Optional

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

from svctl.build import kept, mpy, shorten, shortened, sift
from svctl.errors import TreeError
from svctl.setup import unixport
from svctl.setup.place import BUILD
from svctl.setup.place import CODE as ROOT

PLAIN = ("boot.py", "main.py", "services.config")
COMPILED = ("lib", "aioservices")
# The firmware looks for these on flash only.
STARTED = ("boot.py", "main.py")
# A board's user edits these in place: a changed one is kept when the tree is built again.
EDITED = ("services.config",)
# What boot.py finds damaged files by.
MANIFEST = "manifest.txt"
SERVICES = "aioservices/services"
NAMED = 3  # files that are told by name, at most


@dataclass
class Report:
    """What a build did: paths on the board."""

    written: list = field(default_factory=list)
    removed: list = field(default_factory=list)
    kept: list = field(default_factory=list)

    def lines(self, dest: Path) -> list[str]:
        text = [f"kept {dest}/{name}: it was changed on the board (remove it to get the project's own)"
                for name in self.kept]
        for names, what in ((self.removed, "removed"), (self.written, "written")):
            names = [name for name in names if name != MANIFEST]  # it follows the others
            if len(names) > NAMED:
                names = [f"{len(names)} files"]
            if names:
                text.insert(0, f"{dest}: {', '.join(names)} {what}")
        return text


class Told(NamedTuple):
    """What there is to say of a project's files: what was taken or left out, and what is wrong."""

    notes: list
    faults: list


def sources(root: Path = ROOT, rom: bool = False) -> Iterator[tuple[str, Path]]:
    """(path on the board, source file) of all that belongs on a board, or into its ROM."""
    for name in PLAIN:
        if (root / name).is_file() and not (rom and name in STARTED):
            yield name, root / name
    for name, path in _below(root):
        if not (_bad_name(name) or _left_out(name, path, root)):
            yield name, path


def _below(root: Path) -> Iterator[tuple[str, Path]]:
    for folder in COMPILED:
        for path in sift.walk(root / folder):
            yield path.relative_to(root).as_posix(), path


def _left_out(name: str, path: Path, root: Path) -> str:
    """Why a file stays here, for people; "" where it does not."""
    if not path.is_file():
        return f"a link to {os.readlink(path)}, which is not there" if sift.is_gone(path) else "no file"
    if path.suffix == ".mpy" and path.with_suffix(".py").is_file():
        return f"{path.stem}.py beside it is compiled in its place"
    if name.startswith(f"{SERVICES}/_service.") and not _is_imported(path.stem, _texts(root)):
        return "no name stands before _service"
    return ""


def _bad_name(name: str) -> str:
    """What a board, or a list of files there, cannot have in a path; "" where it is fine."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "its name is no UTF-8"
    if name != name.strip() or not name.isprintable():
        return "its name has a blank at its end, or a character that cannot be printed"
    return ""


def look(root: Path = ROOT) -> Told:
    """What there is to say of a project's files."""
    told = Told([], [])
    names = []
    try:
        for name, path in _below(root):
            shown = name.encode(errors="backslashreplace").decode()
            if _bad_name(name):
                shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown)
                told.faults.append(f"{shown}: left out: {_bad_name(name)}: rename it")
            elif _left_out(name, path, root):
                told.notes.append(f"{shown}: left out: {_left_out(name, path, root)}")
            else:
                names.append(name)
                if path.suffix == ".mpy":
                    _look_at_mpy(name, path.read_bytes(), told)
    except TreeError as error:
        told.faults.append(str(error))
    told.faults.extend([*_hidden(names), *_strays(names, _texts(root))])
    return told


def _look_at_mpy(name: str, data: bytes, told: Told) -> None:
    fault = mpy.fault(data)
    if fault is None:
        told.notes.append(f"{name}: taken as it is, {mpy.kind(data)}: there is no source beside it")
    else:
        told.faults.append(f"{name}: {fault}")


def _hidden(names: list) -> Iterator[str]:
    """Modules that MicroPython does not find, as it looks for a folder first. check.py has the services."""
    folders = {folder.as_posix() for name in names for folder in PurePosixPath(name).parents}
    for name in names:
        stem, ext = os.path.splitext(name)
        if ext in (".py", ".mpy") and stem in folders and not is_service(name):
            yield f"{name}: MicroPython imports the folder {stem}/ in its place: rename one of them"


def is_service(name: str) -> bool:
    """Whether the file of a service is called so."""
    return name.startswith(SERVICES) and name.count("/") == 2 and name.rpartition(".")[0].endswith("_service")


def build(dest: Path, root: Path = ROOT, compiled: bool = True, rom: bool = False) -> Report:
    """Bring the tree at `dest` up to date with the sources at `root`; with `compiled=False`
    lib and aioservices are copied as .py, with `rom=True` it is what belongs below /rom."""
    with alone(dest):
        return _build(dest, root, compiled, rom)


@contextlib.contextmanager
def alone(dest: Path) -> Iterator[None]:
    """Builds of one tree wait for each other, as of two terminals that deploy at the same time."""
    lock = _ledger(dest).with_suffix(".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(dest: Path, root: Path, compiled: bool, rom: bool) -> Report:
    report = Report()
    ledger_path = _ledger(dest)
    ledger = kept.load(ledger_path, {})
    tool = str(mpy.compiler()) if compiled else ""
    made = shortened.of_folder(root / "lib", private=compiled)
    short = made.texts
    boot = root / "boot.py"
    if compiled and boot.is_file():
        short[boot] = shorten.of_boot(boot.read_text(encoding="utf-8"))
    seen: dict[str, list[str]] = {}
    try:
        for name, source in sources(root, rom):
            to_mpy = compiled and source.suffix == ".py" and name.split("/")[0] in COMPILED
            target = name[:-3] + ".mpy" if to_mpy else name
            text = short.get(source)
            if text is None and to_mpy and source.read_bytes().startswith(codecs.BOM_UTF8):
                text = source.read_text(encoding="utf-8-sig")  # MicroPython takes the mark for a name
            made_by = (f"{tool} {mpy.board_name(name, rom)} {text}" if to_mpy else text or "").encode()
            stamp = hashlib.sha256(source.read_bytes() + made_by).hexdigest()
            seen[target] = _put(dest, target, source, stamp, to_mpy, text, ledger.get(target), report, rom)
        if not rom:  # nothing harms a ROM
            seen[MANIFEST] = _list(dest, seen, report)
        _clean(dest, seen, ledger, report)
        if compiled:
            kept.save(_functions(dest), made.functions)
    finally:
        # Also after a file that does not compile: what was written is known next time.
        kept.save(ledger_path, {**ledger, **seen} if sys.exc_info()[0] else seen)
    return report


def _put(dest: Path, name: str, source: Path, stamp: str, to_mpy: bool, text: Optional[str],
         old: Optional[list], report: Report, rom: bool) -> list[str]:
    """Write one file if it is not up to date; return its ledger entry [stamp, hash of result]."""
    target = dest / name
    if target.is_file():
        digest = _digest(target)
        if old and old == [stamp, digest]:
            return old
        if name in EDITED and digest != _digest(source) and (not old or digest != old[1]):
            report.kept.append(name)
            return old or ["", ""]
    target.parent.mkdir(parents=True, exist_ok=True)
    if to_mpy:
        mpy.compile_file(source, target, Path(name).with_suffix(".py").as_posix(), text=text, rom=rom)
    elif text is not None:
        target.write_text(text, encoding="utf-8")
    else:
        shutil.copyfile(source, target)
    report.written.append(name)
    return [stamp, _digest(target)]


def _list(dest: Path, seen: dict, report: Report) -> list[str]:
    """Write the manifest, if it is not up to date; return its ledger entry."""
    target = dest / MANIFEST
    text = manifest(dest, seen)
    if not target.is_file() or target.read_text() != text:
        fresh = target.with_name(target.name + ".new")
        fresh.write_text(text)
        fresh.replace(target)
        report.written.append(MANIFEST)
    return ["", _digest(target)]


def manifest(dest: Path, names: Iterable[str]) -> str:
    """The text of the manifest: `size sha256 path` of each file that nobody edits on a board, by path,
    and in the end the sum of those lines. boot.py reads it."""
    lines = [f"{(dest / name).stat().st_size} {_digest(dest / name)} {name}\n"
             for name in sorted(names) if name not in EDITED and name != MANIFEST]
    whole = hashlib.sha256("".join(lines).encode()).hexdigest()
    return "".join(lines) + f"{len(lines)} {whole} end\n"


def _clean(dest: Path, seen: dict, ledger: dict, report: Report) -> None:
    """Remove what an earlier build wrote, and code below lib and aioservices without a source."""
    stale = {name for name in ledger if name not in seen}
    for folder in COMPILED:
        for path in (dest / folder).rglob("*"):
            name = path.relative_to(dest).as_posix()
            if path.suffix in (".py", ".mpy") and name not in seen:
                stale.add(name)
    for name in sorted(stale):
        path = dest / name
        if not path.is_file():
            continue
        if name in EDITED and _digest(path) != ledger[name][1]:
            report.kept.append(name)
            continue
        path.unlink()
        report.removed.append(name)
        for parent in path.parents:
            if parent == dest or any(parent.iterdir()):
                break
            parent.rmdir()


def _texts(root: Path) -> list:
    """The sources of the services, the project's own among them."""
    return [path.read_text(encoding="utf-8", errors="replace") for folder in (root, ROOT)
            for path in sift.entries(folder / SERVICES) if path.suffix == ".py" and path.is_file()]


def _is_imported(stem: str, texts: list) -> bool:
    name = re.escape(stem)
    imported = re.compile(rf"import\b.*\b{name}\b|\b{name} import\b")
    return any(map(imported.search, texts))


def _strays(names: list, texts: list) -> Iterator[str]:
    """What to tell of the files beside the services that are none, and that no service imports."""
    for name in names:
        path = PurePosixPath(name)
        if path.parent.as_posix() != SERVICES or path.suffix not in (".py", ".mpy") or is_service(name):
            continue
        if path.stem != "__init__" and not _is_imported(path.stem, texts):
            yield f"{name}: no service, as its name does not end in _service.py"


def in_words(traceback: str, dest: Path = BUILD / "board") -> str:
    """A traceback of a board that has this tree, with the names of functions that the source has."""
    return shorten.with_functions(traceback, kept.load(_functions(dest), {}))


def check(dest: Path, path: Optional[Path] = None) -> list[str]:
    """Raise TreeError when the interpreter could not load the tree's .mpy files. What to tell of those with
    native code for another machine: this one is not the only one that the tree is for."""
    found = unixport.ask(path or unixport.interpreter())
    told = []
    for file in sorted(dest.rglob("*.mpy")):
        name = file.relative_to(dest).as_posix()
        mpy.check_loads(file, found.mpy, found.text, name)
        wrong = mpy.wrong_arch(file.read_bytes(), found.mpy)
        if wrong:
            told.append(f"{name}: {wrong}")
    return told


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _ledger(dest: Path) -> Path:
    """Where the list of files written to `dest` is kept: beside the tree's project, not in the
    tree, which holds only what a board holds."""
    key = hashlib.sha256(os.fsencode(dest.resolve())).hexdigest()[:12]
    return BUILD / "trees" / f"{key}.json"


def _functions(dest: Path) -> Path:
    """Where it is kept which functions are behind the short names of a tree, for tracebacks."""
    return _ledger(dest).with_suffix(".functions.json")
