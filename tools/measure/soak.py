"""`make soak`: long fault runs on simulated boards. Power cuts at every write and erase of what the project
keeps, damaged settings, services and secrets, boots by the dozen; a table of what went wrong."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from svctl.build import mpy
from svctl.errors import ToolError, run_main
from svctl.link import source
from tools.measure import size, soakboots

DEVICE = Path(__file__).resolve().parent / "soaks"
SHIM = source.DEVICE / "shim.py"
BACK = SHIM.with_name("back.py")
KEPT = ("settings", "state", "ran")
# A switch from one set of files to the next; back; what boot.py does with one on trial that does not last;
# the end of one that did; and the first two with an older manager, and with a flash that is full by then.
SWITCHES = ("put", "undo", "boots", "settle")
LIVES = 20  # of a board, in one run
ROUNDS = 30  # of services that misbehave, in one run
PASSES = 60  # of the loop, behind the first of two words
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
    """How much of each is tried, at most; the time may end it before."""

    stride: int = 1  # of the cuts in a save after a cut save, each so manieth
    switches: int = 1  # the same of a switch of files
    settings: int = sys.maxsize
    mpy: int = sys.maxsize
    py: int = sys.maxsize
    env: int = sys.maxsize
    boots: int = 60
    cycles: int = 5000
    trials: int = sys.maxsize  # lives of a board, of 12 steps each
    words: int = sys.maxsize  # rounds; all pairs of words to one service are said after 60
    naughty: int = sys.maxsize  # rounds of 40 words to services that misbehave
    pairs: int = PASSES  # of these pairs, each so manieth in a round


SAMPLE = Amounts(stride=6, switches=120, settings=16, mpy=12, py=8, env=8, boots=4, cycles=10, trials=6,
                 words=1, pairs=5 * PASSES, naughty=3)
# Parts in their order, and the share of the time that each may take. What one leaves is the others', so those
# that have an end come first.
PLAN = {"growth of the heap": 4, "boots and resets": 4, "power cuts in a save": 8,
        "power cuts in a switch": 16, "trials of a deploy": 10, "words to services": 9,
        "services that misbehave": 9, "damaged .env files": 6, "damaged .py files": 6,
        "damaged .mpy files": 8, "damaged services.config": 20}
MINUTES = 15


class Budget:
    """The time that a run may take, and what is left of it; None: no limit. `say` is told of each part."""

    def __init__(self, seconds: Optional[float], say: Callable[[str], None], clock=time.monotonic):
        self._clock, self._say = clock, say
        self._begun = self._part = clock()
        self._ends = None if seconds is None else self._begun + seconds
        self._until = self._ends
        self._left = dict(PLAN)

    def plan(self) -> list[str]:
        """What each part may take."""
        part = (self._ends - self._begun) / sum(PLAN.values())
        return [f"{minutes(share * part):>8}  {name}" for name, share in PLAN.items()]

    def begin(self, name: str) -> None:
        """A part begins."""
        self._part = self._clock()
        if self._ends is not None:
            self._until = self._part + (self._ends - self._part) * self._left[name] / sum(self._left.values())
        del self._left[name]

    def more(self) -> bool:
        """Whether the part has time for more."""
        return self._until is None or self._clock() < self._until

    def end(self, name: str, rows: list) -> list:
        """A part has come to its end; returns its rows."""
        faults = sum(row.faults for row in rows)
        told = f"{minutes(self._clock() - self._part):>8}  {name}: {sum(row.tried for row in rows)} tried"
        self._say(told + (f", {faults} faults" if faults else ""))
        return rows


def minutes(seconds: float) -> str:
    """Like 1:05, or 2:00:00."""
    whole = max(0, int(seconds + 0.5))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


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


def switches(root: Path, stride: int, seed: int, more: Callable[[], bool]) -> list[Row]:
    """Power cuts while one set of files takes the place of another, on each file system."""
    bench = switch_bench(root)
    cases = [(what, disk, True) for what in SWITCHES for disk in DISKS]
    cases += [("full", disk, True) for disk in (DISKS[0], DISKS[2])]
    cases += [(what, DISKS[0], False) for what in ("put", "undo")]  # what FAT cannot promise: docs/deploy.md
    shares = max(1, 12 // stride)  # none takes longer than a run may
    sums = [[0, 0, 0] for _ in cases]
    for number in range(shares):  # a part of each, then the next of each
        share = (number + seed) % shares
        for total, (what, (disk, fat, torn), manager) in zip(sums, cases):
            if number and not more():
                continue
            call = f"{what!r}, {fat}, {torn}, {stride}, {seed}, 'parts', {manager}, {share}, {shares}"
            found = bench.run(f"import switches; switches.run({call})", heap="8m")
            # A share may begin behind the last step.
            if found is None or found["tried"] < 1 and share <= found["steps"]:
                raise ToolError(f"cuts of a switch ({what}) on {disk} gave no figures")
            total[:] = [n + found[word] for n, word in zip(total, ("tried", "lost", "stuck"))]
    texts = [f"power cuts, {what} of a set{'' if manager else ', older manager'}, {disk}, seed {seed}"
             for what, (disk, _, _), manager in cases]
    return [Row(text, tried, torn=lost, harmed=stuck) for text, (tried, lost, stuck) in zip(texts, sums)]


def trials(root: Path, lives: int, seed: int, more: Callable[[], bool]) -> list[Row]:
    """Lives of a board with one deploy after the other, on each file system."""
    bench = switch_bench(root)
    sums = [[0, 0] for _ in DISKS]
    begun = 0
    while begun < lives and (not begun or more()):
        for total, (disk, fat, torn) in zip(sums, DISKS):  # none takes longer than a run may
            call = f"{fat}, {torn}, {seed + begun}, {min(LIVES, lives - begun)}, 'parts'"
            found = bench.run(f"import trials; trials.run({call})", heap="8m")
            if found is None or found["tried"] < 1:
                raise ToolError(f"lives of a trial on {disk} gave no figures")
            total[:] = [total[0] + found["tried"], total[1] + found["lost"]]
        begun += LIVES
    return [Row(f"trials, anything at any time, {disk}, seed {seed}", tried, torn=lost)
            for (disk, _, _), (tried, lost) in zip(DISKS, sums)]


def words(root: Path, rounds: int, stride: int, seed: int, more: Callable[[], bool]) -> list[Row]:
    """What people say to services, at each pass of the loop behind the word before: the last one wins."""
    bench = size.Bench(root)
    bench.services()
    mpy.compile_file(DEVICE / "words.py", root / "lib" / "words.mpy", "lib/words.py")
    sums = [[0, 0] for _ in range(3)]
    done = 0
    while done < rounds and (not done or more()):
        at = seed + done
        gaps = f"range({at % (stride // PASSES)}, {PASSES}, {stride // PASSES})"
        calls = (f"pairs(words.FIRST, {gaps}, False, {stride}, {at % stride})",
                 f"pairs(words.FIRST, {gaps}, True, {9 * stride}, {at % (9 * stride)})",
                 f"chains({at}, {100 * PASSES // stride})")
        for total, call in zip(sums, calls):  # none takes longer than a run may
            found = bench.run(f"import words; words.run(words.{call})", heap="8m")
            if found is None or "tried" not in found:
                raise ToolError(f"words.{call} gave no figures")
            total[:] = [total[0] + found["tried"], total[1] + found["wrong"]]
        done += 1
    texts = ("two words to a service", "words to services that require each other", "many words")
    return [Row(f"{text}, seed {seed}", tried, harmed=wrong) for text, (tried, wrong) in zip(texts, sums)]


def naughty(root: Path, rounds: int, seed: int, more: Callable[[], bool]) -> list[Row]:
    """Services that do at random what they should not, beside healthy ones: the device script says it all."""
    bench = size.Bench(root)
    bench.services()
    mpy.compile_file(DEVICE / "naughty.py", root / "lib" / "naughty.mpy", "lib/naughty.py")
    tried = crashes = harmed = growth = done = 0
    while done < rounds and (not done or more()):
        count = min(ROUNDS, rounds - done)
        found = bench.run(f"import naughty; naughty.run({seed + done}, {count})", heap="512k")
        if found is None:
            raise ToolError("services that misbehave: no memory")
        tried += found.get("rounds", 0)
        crashes += found.get("ended") != 1
        harmed += sum(found.get(name, 0) for name in ("missed", "unclean", "hung"))
        growth += max(0, found.get("growth", 0))
        done += count
    text = f"services that misbehave, seed {seed}"
    return [Row(text, tried, crashes=crashes, harmed=harmed, growth=growth)]


def growth(root: Path, cycles: int) -> list[Row]:
    """The heap over many lives of services."""
    bench = size.Bench(root)
    bench.services(("trivial", "n00"), ("trivial", "n01"), ("fails", "fails"))
    found = bench.measure("growth", cycles)
    return [Row(name.replace("_", "/"), cycles, growth=max(grown, 0)) for name, grown in found.items()]


def measure(amounts: Amounts, seed: int, keep: Optional[Path] = None, jobs: int = 3,
            budget: Optional[Budget] = None) -> list[Row]:
    """All of it, in the time that there is; what a board said that failed is left in `keep`."""
    budget = budget or Budget(None, lambda text: None)
    rows = []
    with tempfile.TemporaryDirectory(prefix="aioservices-soak-") as folder:
        root = Path(folder)
        with soakboots.Boards(root / "boards", jobs, keep) as boards:
            parts = {
                "growth of the heap": lambda: growth(root / "growth", amounts.cycles),
                "boots and resets": lambda: resets(boards, amounts.boots),
                "power cuts in a save": lambda: cuts(root / "cuts", amounts.stride),
                "power cuts in a switch": lambda: switches(root / "switches", amounts.switches, seed,
                                                           budget.more),
                "trials of a deploy": lambda: trials(root / "trials", amounts.trials, seed, budget.more),
                "words to services": lambda: words(root / "words", amounts.words, amounts.pairs, seed,
                                                   budget.more),
            }
            parts["services that misbehave"] = lambda: naughty(root / "naughty", amounts.naughty, seed,
                                                               budget.more)
            for what in ("env", "py", "mpy", "settings"):
                parts[f"damaged {soakboots.TEXTS[what]}"] = partial(
                    fuzz, boards, what, getattr(amounts, what), seed, budget.more)
            for name in PLAN:
                budget.begin(name)
                rows += budget.end(name, parts[name]())
    return rows


def fuzz(boards: soakboots.Boards, what: str, count: int, seed: int, more: Callable[[], bool]) -> list[Row]:
    """Boots with damaged files of a kind."""
    found = boards.fuzz(what, count, random.Random(f"{seed} {what}"), more)
    return [Row(f"damaged {soakboots.TEXTS[what]}, seed {seed}", **found)]


def resets(boards: soakboots.Boards, boots: int) -> list[Row]:
    """Boots that end in resets, and what they write."""
    return [Row(f"{what}, memory: {keeps}", boots, **boards.resets(boots, keeps, crash))
            for keeps in ("rtc", "scratch")
            for what, crash in (("healthy boots", False), ("boots of a crash loop", True))]


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
    parser = argparse.ArgumentParser(prog="python -m tools.measure.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the damage (the time)")
    parser.add_argument("--hours", type=float, help=f"how long, in all ({MINUTES / 60:g})")
    parser.add_argument("--sample", action="store_true", help="a few of each, in a minute or two")
    parser.add_argument("--jobs", type=int, default=3, help="boards at a time (3)")
    parser.add_argument("--keep", type=Path, default=Path("build/soak"), help="where failed cases are left")
    args = parser.parse_args()
    if args.hours is not None and not 0 < args.hours < 1000:
        parser.error("--hours: say more than 0")
    seconds = None if args.sample else args.hours * 3600 if args.hours else MINUTES * 60
    budget = Budget(seconds, partial(print, flush=True))
    if seconds is None:
        print(f"soak: seed {args.seed}; a sample of each", flush=True)
    else:
        print(f"soak: seed {args.seed}; it takes {minutes(seconds)} in all (ARGS=\"--hours 2\" for more):",
              *budget.plan(), "\ndone in:", sep="\n", flush=True)
    rows = measure(SAMPLE if args.sample else Amounts(), args.seed, args.keep, args.jobs, budget)
    print(table(rows))
    faults = sum(row.faults for row in rows)
    if faults:
        print(f"\nsoak: {faults} faults; what those boards had and said is in {args.keep}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(run_main("soak", main))
