"""`make soak`: long fault runs on simulated boards. Power cuts at every write and erase of what the project
keeps, damaged settings, services and secrets, boots by the dozen; a table of what went wrong."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple, Optional

from tools import mpy, size, soakboots
from tools.errors import ToolError, run_main

DEVICE = Path(__file__).resolve().parent / "soaks"
SHIM = DEVICE.parent / "svctl" / "device" / "shim.py"
BACK = SHIM.with_name("back.py")
KEPT = ("settings", "state", "ran")
# A switch from one set of files to the next; back; what boot.py does with one on trial that does not last;
# the end of one that did; and the first two with an older manager, and with a flash that is full by then.
SWITCHES = ("put", "undo", "boots", "settle")
LIVES = 20  # of a board, in one run
DISKS = (("littlefs", False, False), ("littlefs, torn", False, True), ("FAT", True, False))
FAULTS = ("torn", "hangs", "crashes", "untold", "harmed", "growth", "writes")
HEAD = ("what", "tried", *FAULTS)


class Row(NamedTuple):
    """A line of the table: what was tried how often, and how often each fault was seen.

    torn: files that were neither old nor new; hangs: boards that did not come up in time; crashes: that
    ended instead; untold: that came up without a word about what was wrong; harmed: settings that were
    changed or lost, or could not be saved after; growth: bytes of heap; writes: to the flash, beyond
    those that docs/reliability.md states.
    """

    what: str
    tried: int
    torn: int = 0
    hangs: int = 0
    crashes: int = 0
    untold: int = 0
    harmed: int = 0
    growth: int = 0
    writes: int = 0

    @property
    def faults(self) -> int:
        return sum(getattr(self, name) for name in FAULTS)


class Amounts(NamedTuple):
    """How much of each is tried."""

    stride: int = 1  # of the cuts in a save after a cut save, each so manieth
    switches: int = 1  # the same of a switch of files
    settings: int = 5000
    mpy: int = 700
    py: int = 300
    env: int = 1000
    boots: int = 60
    cycles: int = 5000
    trials: int = 400  # lives of a board, of 12 steps each


SAMPLE = Amounts(stride=3, switches=40, settings=24, mpy=16, py=8, env=8, boots=4, cycles=10, trials=6)


def cuts(root: Path, stride: int) -> list[Row]:
    """Power cuts in each file that is kept, on each file system."""
    bench = size.Bench(root)
    for path in DEVICE.glob("*.py"):
        mpy.compile_file(path, root / "lib" / f"{path.stem}.mpy", f"lib/{path.name}")
    rows = []
    for what in KEPT:
        for disk, fat, torn in DISKS:
            found = bench.run(f"import cuts; cuts.run({what!r}, {fat}, {torn}, {stride})", heap="8m")
            if found is None or found["tried"] < found["steps"] > 0:
                raise ToolError(f"cuts of {what} on {disk} gave no figures")
            rows.append(
                Row(f"power cuts, {what}, {disk}", found["tried"], torn=found["lost"], harmed=found["stuck"])
            )
    return rows


def switch_bench(root: Path) -> size.Bench:
    """A board with what switches.py needs: in `parts` that which is replaced itself."""
    bench = size.Bench(root)
    for path in DEVICE.glob("*.py"):
        mpy.compile_file(path, root / "lib" / f"{path.stem}.mpy", f"lib/{path.name}")
    parts = root / "parts"
    parts.mkdir()
    for path in (root / "boot.py", root / "main.py", root / "lib" / "aioswitch.mpy", SHIM, BACK):
        shutil.copy(path, parts)
    return bench


def switches(root: Path, stride: int, seed: int) -> list[Row]:
    """Power cuts while one set of files takes the place of another, on each file system."""
    bench = switch_bench(root)
    cases = [(what, disk, True) for what in SWITCHES for disk in DISKS]
    cases += [("full", disk, True) for disk in (DISKS[0], DISKS[2])]
    cases += [(what, DISKS[0], False) for what in ("put", "undo")]  # what FAT cannot promise: docs/deploy.md
    rows = []
    for what, (disk, fat, torn), manager in cases:
        tried = lost = stuck = 0
        shares = max(1, 12 // stride)  # none takes longer than a run may
        for share in range(shares):
            call = f"{what!r}, {fat}, {torn}, {stride}, {seed}, 'parts', {manager}, {share}, {shares}"
            found = bench.run(f"import switches; switches.run({call})", heap="8m")
            if found is None or found["tried"] < 1:
                raise ToolError(f"cuts of a switch ({what}) on {disk} gave no figures")
            tried, lost, stuck = tried + found["tried"], lost + found["lost"], stuck + found["stuck"]
        text = f"power cuts, {what} of a set{'' if manager else ', older manager'}, {disk}, seed {seed}"
        rows.append(Row(text, tried, torn=lost, harmed=stuck))
    return rows


def trials(root: Path, lives: int, seed: int) -> list[Row]:
    """Lives of a board with one deploy after the other, on each file system."""
    bench = switch_bench(root)
    rows = []
    for disk, fat, torn in DISKS:
        tried = lost = 0
        for begun in range(0, lives, LIVES):  # none takes longer than a run may
            call = f"{fat}, {torn}, {seed + begun}, {min(LIVES, lives - begun)}, 'parts'"
            found = bench.run(f"import trials; trials.run({call})", heap="8m")
            if found is None or found["tried"] < 1:
                raise ToolError(f"lives of a trial on {disk} gave no figures")
            tried, lost = tried + found["tried"], lost + found["lost"]
        rows.append(Row(f"trials, anything at any time, {disk}, seed {seed}", tried, torn=lost))
    return rows


def growth(root: Path, cycles: int) -> list[Row]:
    """The heap over many lives of services."""
    bench = size.Bench(root)
    bench.services(("trivial", "n00"), ("trivial", "n01"), ("fails", "fails"))
    found = bench.measure("growth", cycles)
    return [Row(name.replace("_", "/"), cycles, growth=max(grown, 0)) for name, grown in found.items()]


def measure(amounts: Amounts, seed: int, keep: Optional[Path] = None, jobs: int = 3) -> list[Row]:
    """All of it; what a board said that failed is left in `keep`."""
    with tempfile.TemporaryDirectory(prefix="aioservices-soak-") as folder:
        root = Path(folder)
        rows = [*cuts(root / "cuts", amounts.stride), *switches(root / "switches", amounts.switches, seed),
                *trials(root / "trials", amounts.trials, seed),
                *growth(root / "growth", amounts.cycles)]
        with soakboots.Boards(root / "boards", jobs, keep) as boards:
            for what, count in (
                ("settings", amounts.settings),
                ("mpy", amounts.mpy),
                ("py", amounts.py),
                ("env", amounts.env),
            ):
                found = boards.fuzz(what, count, random.Random(f"{seed} {what}"))
                rows.append(Row(f"damaged {soakboots.TEXTS[what]}, seed {seed}", count, **found))
            for keeps in ("rtc", "scratch"):
                for what, crash in (("healthy boots", False), ("boots of a crash loop", True)):
                    rows.append(
                        Row(
                            f"{what}, memory: {keeps}",
                            amounts.boots,
                            **boards.resets(amounts.boots, keeps, crash),
                        )
                    )
    return rows


def table(rows: list[Row]) -> str:
    """The rows as people read them; only faults are bad."""
    made = [HEAD, *[tuple(str(value) for value in row) for row in rows]]
    total = [str(sum(getattr(row, name) for row in rows)) for name in ("tried", *FAULTS)]
    made.append(("all", *total))
    widths = [max(len(line[i]) for line in made) for i in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths))
        )
        for line in made
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/soak.py", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the damage (the time)")
    parser.add_argument("--sample", action="store_true", help="a few of each, in seconds")
    parser.add_argument("--jobs", type=int, default=3, help="boards at a time (3)")
    parser.add_argument("--keep", type=Path, default=Path("build/soak"), help="where failed cases are left")
    args = parser.parse_args()
    amounts = SAMPLE if args.sample else Amounts()
    print(f"soak: seed {args.seed}; {sum(amounts[2:6])} damaged files, some minutes …", flush=True)
    rows = measure(amounts, args.seed, args.keep, args.jobs)
    print(table(rows))
    faults = sum(row.faults for row in rows)
    if faults:
        print(f"\nsoak: {faults} faults; what those boards had and said is in {args.keep}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(run_main("soak", main))
