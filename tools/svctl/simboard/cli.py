"""tools/board's command line: runs a folder as a board would."""
from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from pathlib import Path
from typing import Optional

from svctl.build import mpy
from svctl.errors import BoardError, run_main
from svctl.setup import unixport
from svctl.simboard import simulation
from svctl.simboard.console import Console, Port, Terminal
from svctl.simboard.supervisor import Supervisor

HEAP = "192k"
ROMFS = b"\xd2\xcd\x31"  # how an image begins
LONGEST = 240  # the unix port dies of an import path beyond 255 bytes


def environment(root: Path) -> dict:
    """What the VM finds around it: the import paths, and who it is."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MICROPY")}
    sim = mpy.simulation()
    for folder in (root, sim):
        if ":" in str(folder):
            raise BoardError(f"{folder}: a path with ':' cannot be on MicroPython's import path")
        if len(os.fsencode(folder)) > LONGEST:
            raise BoardError(f"{folder}: too long a path, MicroPython takes {LONGEST} bytes")
    env["MICROPYPATH"] = f".frozen:{root / 'lib'}:{sim}"
    env["BOARD_ID"] = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    env.update(simulation.environment(root))
    return env


def image(path: Path) -> Path:
    """The absolute path of a ROMFS image; raises BoardError where it is none."""
    try:
        with path.open("rb") as file:
            if file.read(3) != ROMFS:
                raise BoardError(f"{path} is no ROMFS image: make romfs builds one")
    except OSError as error:
        raise BoardError(f"{path}: {error.strerror}") from error
    return path.resolve()


def parse(argv: Optional[list[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/board", description="Run a folder as a board would. Without a script: power on, "
        "boot.py and then main.py. Ctrl-\\ ends everything.")
    parser.add_argument("--heap", default=HEAP, help="the board's heap, like 64k or 1M (default %(default)s)")
    parser.add_argument("--bits", type=int, choices=(32, 64),
                        help="32: object sizes of a microcontroller (default where there is one)")
    parser.add_argument("--rom", metavar="IMAGE", type=Path,
                        help="mount this ROMFS image (make romfs) at /rom")
    parser.add_argument("--pty", metavar="PATH", type=Path, help="put the console on a pty, linked at PATH")
    parser.add_argument("dir", metavar="DIR", type=Path)
    parser.add_argument("script", nargs="?", help="a path inside DIR")
    parser.add_argument("-c", metavar="CODE", dest="code", help="run this code")
    return parser.parse_args(argv)


def main() -> int:
    args = parse()
    if not args.dir.is_dir():
        raise BoardError(f"{args.dir} is not a folder")
    if args.script is not None and args.code is not None:
        raise BoardError("give a script or -c CODE, not both")
    root = args.dir.resolve()
    if args.script is not None and not (root / args.script).is_file():
        raise BoardError(f"{args.script}: no such file in {args.dir}")
    env = {}
    if args.rom is not None:
        env["BOARD_ROM"] = str(image(args.rom))
    board = supervisor(root, args.heap, args.bits, args.pty, env, args.script, args.code)
    return board.run()


def supervisor(root: Path, heap: str = HEAP, bits: Optional[int] = None, pty: Optional[Path] = None,
               more: Optional[dict] = None, script: Optional[str] = None,
               code: Optional[str] = None) -> Supervisor:
    """The hardware around a board with the flash `root`, to be run. `pty`: where its console is linked, else
    it is this terminal; `more`: what else the VM finds in its environment; a `script` of its flash or `code`:
    in place of boot.py and main.py."""
    if not re.fullmatch(r"\d+[kKmM]?", heap):
        raise BoardError(f"--heap {heap}: give a size like 192k")
    program = unixport.interpreter(bits)
    command = [str(program), "-X", f"heapsize={heap}", "-m", "poweron"]
    env = {**environment(root), **(more or {})}
    if code is not None:
        # Not as an argument: the unix port dies of one that is longer than 255 bytes.
        env["BOARD_CODE"] = code
        command.append("-c")
    elif script is not None:
        command.append(script)
    console: Optional[Console] = None
    if pty is not None:
        console = Port(pty)
    elif sys.stdin.isatty():
        console = Terminal()
    return Supervisor(command, root, env, console, code is None and script is None)


def run() -> int:
    return run_main("board", main)
