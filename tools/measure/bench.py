"""`make bench`: times on micropython32 as ratios to a bare asyncio loop that does the same in the
same run, how they grow, and the budgets beside them: docs/benchmarks.md and docs/benchmarks.svg."""
from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from svctl.build import mpy
from svctl.errors import ToolError, run_main
from svctl.setup import unixport
from svctl.setup.place import CODE as ROOT
from tools.measure import benchplot, benchtable, size, working

DEVICE = ROOT / "tools" / "measure" / "benches"
DOCS = ROOT / "docs"
RESULTS = ROOT / "build" / "bench.json"


class Case(NamedTuple):
    """One figure to take: what it is about, what it grows with, and the statements that measure it.

    Each statement runs in a fresh interpreter, one after the other, so that managed and bare
    times of a run are taken side by side. They print `managed` and `bare`, and what else there is.
    """

    topic: str
    size: int
    services: int
    statements: tuple[str, ...]


def _calls(script: str, *calls: str) -> tuple[str, ...]:
    return tuple(f"from benches import {script}; {script}.{call}" for call in calls)


CASES = (
    *(Case("boot", n, n, _calls("boot", "managed()", "bare()", "bare(True)")) for n in (1, 10, 20, 40, 80)),
    *(Case("status", n, n, _calls("status", "run(4)")) for n in (1, 10, 20, 40, 80)),
    Case("write", 0, 0, _calls("journal", "write()")),
    *(Case("search", n, 0, _calls("journal", f"search({n})")) for n in (1000, 2000, 4000, 8000)),
    Case("save", 20, 20, _calls("settings", "run()")),
    Case("restart", 20, 20, _calls("restart", "run()")),
    Case("turns", 10, 0, _calls("loop", "turns()")),
    Case("events", 10000, 0, _calls("loop", "events()")),
    *(Case("timers", n, 0, _calls("timers", f"managed({n}, 10, 20)", f"bare({n}, 10, 20)"))
      for n in (25, 50, 100, 200)),
)
# These sleep nearly all of the time: one run, side by side. (periods, ms of a period)
DRIFTS = ((10, 2000), (1000, 20))


class Board(size.Bench):
    """A board tree with the benchmarks in it, as the package lib/benches."""

    def __init__(self, root: Path):
        super().__init__(root)
        for path in [*DEVICE.glob("*.py"), size.DEVICE / "common.py"]:
            name = f"lib/benches/{path.name}"
            mpy.compile_file(path, (root / name).with_suffix(".mpy"), name)

    def case(self, case: Case) -> dict:
        """The figures of one run of a case, by name."""
        found: dict = {}
        for statement in case.statements:
            figures = self.run(statement)
            if not figures:
                raise ToolError(f"`{statement}` gave no figures: not enough memory?")
            found.update(figures)
        if found.get("up", case.services) != case.services:
            raise ToolError(f"only {found['up']} of {case.services} services came up")
        return found


def key(topic: str, number: int) -> str:
    return f"{topic} {number}"


def take(board: Board, runs: int, cases: tuple[Case, ...] = CASES) -> dict[str, list[dict]]:
    """{"boot 20": [figures of each run]} of all cases; runs of all are spread over the whole time."""
    found: dict[str, list[dict]] = {key(case.topic, case.size): [] for case in cases}
    for services in sorted({case.services for case in cases}):
        board.trivial(services)
        here = [case for case in cases if case.services == services]
        for case in here * runs:  # the runs of one case lie apart, so that a disturbance meets few
            found[key(case.topic, case.size)].append(board.case(case))
    return found


def drifts(board: Board, wanted: tuple[tuple[int, int], ...] = DRIFTS) -> dict[str, list[dict]]:
    """How late the last of many periods is, in ms: {"drift 10": [{"managed": 0, "bare": 25, …}]}."""
    board.services()
    asked = [(periods, f"from benches import drift; drift.{kind}({periods}, {period})")
             for periods, period in wanted for kind in ("managed", "bare")]
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda one: board.run(one[1]), asked))
    found: dict[str, list[dict]] = {}
    for (periods, _), figures in zip(asked, answers):
        found.setdefault(key("drift", periods), [{}])[0].update(figures or {})
    return found


def measure(runs: int, cycles: int) -> dict:
    """All that is shown, ready for JSON."""
    with tempfile.TemporaryDirectory(prefix="aioservices-bench-") as folder:
        board, rom = Board(Path(folder) / "flash"), size.Bench(Path(folder) / "board", rom=True)
        found = {"runs": runs, "vm": unixport.ask(board.vm).text, "cycles": cycles}
        print(f"bench: {runs} runs of {len(CASES)} cases …", flush=True)
        found["times"] = take(board, runs)
        print("bench: drift, 22 s …", flush=True)
        found["times"].update(drifts(board))
        print(f"bench: sizes, with {cycles} cycles of each kind …", flush=True)
        found["rows"] = [list(row) for row in working.ROWS]
        found["working"] = {timing: working.table(figures, timing)
                            for timing, figures in working.measure(Path(folder)).items()}
        found["modules"] = [list(row) for row in size.module_rows(board, rom)]
        found["sizes"] = [list(line) for line in size.budget_lines(board, cycles)]
    return found


def prepare(dest: Path, services: int) -> None:
    """A tree for a real board: lib/ with the benchmarks, and that many services."""
    if dest.exists() and any(dest.iterdir()):
        raise ToolError(f"{dest} is not empty: name a new folder")
    board = Board(dest)
    board.trivial(services)
    for name in ("boot.py", "main.py"):  # with these the board would start its services first
        (dest / name).unlink()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.measure.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="of each case (15)")
    parser.add_argument("--cycles", type=int, default=1000, help="of each kind, for heap growth (1000)")
    parser.add_argument("--again", action="store_true", help="write the documents from the last figures")
    parser.add_argument("--tree", type=Path, metavar="DIR", help="only make a tree for a real board")
    parser.add_argument("--services", type=int, default=20, help="in that tree (20)")
    args = parser.parse_args()
    if args.tree:
        prepare(args.tree, args.services)
        return 0
    if args.again:
        if not RESULTS.exists():
            raise ToolError("there are no figures yet: run make bench")
        found = json.loads(RESULTS.read_text())
    else:
        found = measure(args.runs, args.cycles)
        RESULTS.write_text(json.dumps(found))
    tables = benchtable.sections(found)
    benchtable.put(DOCS / "benchmarks.md", tables)
    title = f"{found['vm']}; medians of {found['runs']} runs, bands from the lower to the upper quartile"
    benchplot.draw(benchplot.panels(found), DOCS / "benchmarks.svg", title)
    print("\n\n".join(tables.values()))
    print("\nbench: wrote docs/benchmarks.md and docs/benchmarks.svg")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("bench", main))
