"""The working board: a board as people have it, with settings, the shipped services, ten of its own and a
console. What counts of heap and of a boot is measured on it, on micropython32 here."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from svctl.build import mpy, tree
from svctl.errors import ToolError
from svctl.setup import unixport
from tools.measure.vm import figures as printed
from tools.measure.vm import DEVICE, SERVICES, Bench

FOLDER = Path(__file__).resolve().parent / "working"
SHIPPED = ("network", "clock", "led", "watcher", "repl")
# How the one that runs at times is set: at an interval, and by the clock.
TIMINGS = {"interval": {"start_in": 3600, "repeat": 3600}, "at": {"at": "06:30", "days": "mon-fri"}}
# Bytes that what is ours may take, with the table of names counted by its names.
BUDGET = {"interval": 51_300, "at": 55_000}
PATIENCE = 30  # s
SHIFTS = (0, 16, 48, 520, 1000)  # bytes
LARGEST = 1 << 30
OWN = 12  # services of its own
NAME = 7  # bytes of the table of names that each of them takes; the table itself grows by doubling


class Figures(NamedTuple):
    """What a working board takes, in bytes; above a bare asyncio program, after collections."""

    heap: int  # in use
    names: int  # in memory for good, the program's included
    counted: int  # heap, with the table of names counted as NAME bytes a name
    own: int  # of the services themselves
    free: int  # in a heap of 128k, behind its boot
    code: int  # .mpy of lib/ and of the services

    @property
    def ours(self) -> int:
        """What is not the services' own."""
        return self.counted - self.own


def build(root: Path, timing: str) -> None:
    """The tree of a working board in an empty folder."""
    tree.build(root)
    folder = root / SERVICES
    for path in folder.glob("*"):
        if path.stem.removesuffix("_service") not in SHIPPED:
            path.unlink()
    for source in sorted((FOLDER / "services").glob("*.py")):
        name = f"{SERVICES}/{source.stem}"
        mpy.compile_file(source, (root / name).with_suffix(".mpy"), f"{name}.py")
    (root / tree.MANIFEST).unlink()  # of another set of files
    settle(root, timing)


def settle(root: Path, timing: str) -> None:
    """Put its settings there, as before a run that has changed them."""
    settings = json.loads((FOLDER / "services.config").read_text())
    settings["sampler"]["schedule"] = TIMINGS[timing]
    (root / "services.config").write_text(json.dumps(settings))
    for name in ("services.config.bak", "services.config.bad"):
        (root / name).unlink(missing_ok=True)


# What `make size` prints of them.
ROWS = (("heap", "heap in use"), ("names", "names, in memory for good"),
        ("counted", f"heap, the table of names at {NAME} B a name"), ("own", "of it the services' own"),
        ("ours", "and ours"), ("free", "free in 128k, behind a boot"),
        ("code", ".mpy of lib/ and the services"))


def instruments(root: Path, *firmware: str) -> None:
    """Put into lib/ what measures, and of the stand-ins for a firmware's modules those named."""
    stands = [FOLDER / "firmware" / f"{name}.py" for name in firmware]
    for path in [*stands, *(FOLDER / "device").glob("*.py"), DEVICE / "common.py"]:
        mpy.compile_file(path, root / "lib" / f"{path.stem}.mpy", f"lib/{path.name}")


class Board(Bench):
    """A working board on micropython32, with the modules that its firmware would have."""

    def __init__(self, root: Path, timing: str):
        self.root, self.rom, self.timing = root, False, timing
        self.vm = unixport.interpreter(32)
        build(root, timing)
        self.code = sum(path.stat().st_size for path in root.rglob("*.mpy"))
        instruments(root, "machine", "network", "ntptime")

    def managed(self, heap: str, rounds: int = 5, shift: int = 0,
                patience: float = PATIENCE) -> tuple[dict, str]:
        """({} or the figures of a run in that heap, all that it printed). `shift`: bytes that lie before all
        else in the heap."""
        settle(self.root, self.timing)
        try:
            start = f"import working; shift = bytearray({shift}); working.managed({rounds})"
            text = self.output(start, heap, patience)
        except (MemoryError, subprocess.TimeoutExpired) as error:
            return {}, str(error)
        found = printed(text)
        return (found if found.get("up") == len(SHIPPED) + OWN else {}), text

    def figures(self) -> Figures:
        # The collector takes what is left on a stack for pointers, and may keep a whole module by one: that
        # is chance, and another with other addresses.
        found, text = min([self.managed("256k", shift=shift) for shift in SHIFTS],
                          key=lambda each: each[0].get("heap", LARGEST))
        pools = re.search(r"n_qstr=(\d+), n_str_data_bytes=(\d+), n_total_bytes=(\d+)", text)
        if not found or pools is None:
            raise ToolError(f"the working board did not come up:\n{text}")
        names, data, total = map(int, pools.groups())
        counted = found["heap"] - (total - data) + NAME * names
        settle(self.root, self.timing)
        own = printed(self.output("import working; working.own()", "256k"))["own"]
        small = self.managed("128k", 0)[0]
        return Figures(found["heap"], names, counted, own, small.get("free", 0), self.code)


def measure(folder: Path) -> dict[str, Figures]:
    """The figures of both boards, by timing."""
    found = {}
    for timing in TIMINGS:
        root = folder / timing
        found[timing] = Board(root, timing).figures()
        shutil.rmtree(root)
    return found


def table(found: Figures, timing: str) -> dict[str, int]:
    """Figures by name, with what is ours and its budget."""
    return {**found._asdict(), "ours": found.ours, "budget": BUDGET[timing]}
