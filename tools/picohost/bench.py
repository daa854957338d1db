"""`make bench-pico`: what the project costs on an emulated Pico with real firmware, into the section `pico`
of docs/benchmarks.md. All times are board time, as the firmware's own clock has it."""
from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from svctl.build import mpy, tree
from svctl.errors import PicoError, run_main
from svctl.setup.place import CACHE
from tools.measure import bench, benchtable, size, working
from tools.picohost import filesystem
from tools.picohost.boards import Board

SERVICES = "aioservices/services"
NUMBERS = (0, 1, 10, 20, 40)
PATIENCE = 1800  # s of the computer, which may have other things to do: a guard against hangs
LASTS = 32  # s of board time behind which a boot has lasted, and the guard has given back its memory
CALM = 3  # s of board time without output: it is up
RESULTS = CACHE / "bench-pico.json"
# What stands in the document for hardware, with as much as that bears.
CALLS = (
    ("boot of 20 services", "boot", "managed()", "bare(True)", 1),
    ("a line of log, 60 bytes", "journal", "write(500)", None, 1000),
    ("restart of a service", "restart", "run(20)", None, 1),
    ("a step of a task, of ten that take turns", "loop", "turns(200)", None, 2000),
    ("an event from one task to another", "loop", "events(1000)", None, 1000),
)
HEAP = "import gc; gc.collect(); print('free', gc.mem_free()); print('used', gc.mem_alloc())"
UP = ("from aiobase import group; "
      "print('up', len([1 for s in group().services.values() if s.is_up()]))")
SAVE = ("import aioservice, time; t = time.ticks_us(); aioservice.config('n00', True, %d); "
        "print('took', time.ticks_diff(time.ticks_us(), t))")
STATUS = ("import aioservice, time; aioservice.status(); t = time.ticks_us(); aioservice.status(); "
          "print('took', time.ticks_diff(time.ticks_us(), t))")


class Bench:
    """An emulated board whose flash is made from a folder, as often as one likes."""

    def __init__(self, folder: Path):
        self.board = Board("bench", folder / "boards")
        self.root = folder / "tree"
        self.tty = ""

    def load(self, root: Path) -> None:
        """Power it on with that on its filesystem."""
        self.close()
        filesystem.fill(self.board.flash, root)
        self.tty = self.board.start(bound=True)

    def close(self) -> None:
        if self.board.running():
            self.board.stop()

    def run(self, code: str, resume: bool = True) -> dict[str, int]:
        """Have a piece of code executed; the figures it prints, by name."""
        command = [str(Path(sys.executable).parent / "mpremote"), "connect", self.tty,
                   *(["resume"] if resume else []), "exec", code]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, errors="replace")
        except subprocess.TimeoutExpired:
            raise PicoError(f"`{code}` did not end within {PATIENCE} s") from None
        if done.returncode:
            raise PicoError(f"`{code}` failed:\n{done.stdout}{done.stderr}")
        rows = [line.split() for line in done.stdout.splitlines()]
        return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].lstrip("-").isdigit()}

    def booted(self) -> float:
        """Wait until the board prints nothing more; s of board time from its start to its last output."""
        def calm(now: dict) -> bool:
            return now["printed"] and now["seconds"] > now["printed"] + CALM

        return self.board.wait(calm, PATIENCE)["printed"]


def project(root: Path, services: int) -> None:
    """A board tree as it is deployed, with that many trivial services and the console."""
    shutil.rmtree(root, ignore_errors=True)
    tree.build(root)
    folder = root / SERVICES
    for path in folder.glob("*"):
        if not path.stem.startswith("repl_"):
            path.unlink()
    (root / "services.config").unlink()
    text = (size.DEVICE / "trivial_service.py").read_text()
    for i in range(services):
        name = f"{SERVICES}/n{i:02d}_service"
        source = root / "service.tmp"
        source.write_text(text.replace("NAME", f"n{i:02d}"))
        mpy.compile_file(source, (root / name).with_suffix(".mpy"), f"{name}.py")
        source.unlink()


def boots(pico: Bench) -> list[dict]:
    """Heap and boot time with different numbers of services."""
    found = []
    for number in NUMBERS:
        project(pico.root, number)
        pico.load(pico.root)
        seconds = pico.booted()
        row = {"services": number, "seconds": seconds, **pico.run(HEAP)}
        row["up"] = pico.run(UP)["up"]
        if row["up"] != number + 1:
            raise PicoError(f"{row['up']} services are up, not {number} and the console")
        if number == 20:
            found_20 = row
            row["status"] = pico.run(STATUS)["took"]
            row["saves"] = [saved(pico, i) for i in range(4)]
        found.append(row)
    (pico.root / "main.py").unlink()
    pico.load(pico.root)
    found_20["free before"] = pico.run(HEAP, resume=False)["free"]
    return found


def working_board(pico: Bench) -> list[dict]:
    """Heap and boot of the working board, for each timing. Its firmware has no network: a stand-in does."""
    found = []
    for timing in working.TIMINGS:
        shutil.rmtree(pico.root, ignore_errors=True)
        working.build(pico.root, timing)
        working.instruments(pico.root, "network", "ntptime")
        pico.load(pico.root)
        row = {"timing": timing, "seconds": pico.booted()}
        pico.board.ask("pass", seconds=LASTS, timeout=PATIENCE)
        row.update(pico.run(HEAP))
        row["up"] = pico.run(UP)["up"]
        if row["up"] != working.OWN + len(working.SHIPPED):
            raise PicoError(f"{row['up']} services of the working board are up")
        for name in tree.STARTED:
            (pico.root / name).unlink()
        pico.load(pico.root)
        for name in ("boot", "bare"):
            row.update(pico.run(f"import working; working.{name}()", resume=False))
        found.append(row)
    return found


def saved(pico: Bench, value: int) -> dict:
    """What one config() of a running board does to the flash, and how long it takes."""
    before = pico.board.ask("status")
    took = pico.run(SAVE % value)["took"]
    after = pico.board.ask("status")
    return {"took": took, **{name: after[name] - before[name] for name in ("erases", "programs")}}


def capacity(pico: Bench, rows: list[dict]) -> tuple[int, int]:
    """(services that were run beside the console, services for which the heap has room by their slope)."""
    few, many = rows[-3], rows[-1]
    slope = (few["free"] - many["free"]) / (many["services"] - few["services"])
    room = many["services"] + int(many["free"] / slope)
    for share in (0.9, 0.8, 0.7):  # a boot needs more than what it leaves
        number = int(room * share)
        project(pico.root, number)
        pico.load(pico.root)
        try:
            pico.booted()
            if pico.run(UP)["up"] == number + 1:
                return number, room
        except PicoError:  # no memory left to answer a host with
            pass
    raise PicoError(f"not even {number} services come up")


def calls(pico: Bench, folder: Path) -> list[dict]:
    """The device benchmarks, managed and bare, each after a soft reset."""
    bench.prepare(folder, 20)
    pico.load(folder)
    found = []
    for text, script, managed, bare, unit in CALLS:
        figures = pico.run(f"from benches import {script}; {script}.{managed}", resume=False)
        if bare:
            figures["bare"] = pico.run(f"from benches import {script}; {script}.{bare}", resume=False)["own"]
        found.append({"text": text, "managed": figures["managed"] / unit, "bare": figures["bare"] / unit})
    return found


def section(found: dict) -> str:
    """The part of docs/benchmarks.md."""
    rows, time_text = found["boots"], benchtable.time_text
    lines = [f"Firmware: {found['firmware']}.", "",
             "| services | boot, board time | heap free | heap in use |", "|---:|---:|---:|---:|"]
    lines += [f"| {row['services']} | {row['seconds']:.2f} s | {row['free']:,} B | {row['used']:,} B |"
              for row in rows]
    twenty = next(row for row in rows if row["services"] == 20)
    lines += ["", f"Before, with `boot.py` run and nothing started, {twenty['free before']:,} B are free. "
              f"Together {found['fit']} trivial services and the console were up; by the slope the heap has "
              f"room for {found['room']}, but a boot needs more than it leaves.", "",
              "| what, with 20 services | figure |", "|---|---:|",
              f"| a `status()` of all, printed over USB, keeps the loop from running for | "
              f"{time_text(twenty['status'])} |"]
    last = twenty["saves"][-1]
    lines += [f"| a save of settings takes | {time_text(last['took'])} |",
              f"| and of the flash | {last['erases']} erases, {last['programs']} page programs |",
              "", "| what | managed | bare loop | ratio |", "|---|---:|---:|---:|"]
    lines += [f"| {row['text']} | {time_text(row['managed'])} | {time_text(row['bare'])} | "
              f"{row['managed'] / row['bare']:.2f}× |" for row in found["calls"]]
    return "\n".join(lines)


def measure() -> dict:
    with tempfile.TemporaryDirectory(prefix="aioservices-pico-") as folder:
        pico = Bench(Path(folder))
        try:
            print("bench-pico: benchmarks …", flush=True)
            found = {"calls": calls(pico, Path(folder) / "benches")}
            _say(found["calls"])
            print(f"bench-pico: boots of {', '.join(map(str, NUMBERS))} services …", flush=True)
            found["boots"] = boots(pico)
            _say(found["boots"])
            found["firmware"] = firmware_name(pico)
            print("bench-pico: the working board …", flush=True)
            found["working"] = working_board(pico)
            _say(found["working"])
            print("bench-pico: how many fit …", flush=True)
            found["fit"], found["room"] = capacity(pico, found["boots"])
        finally:
            pico.close()
    return found


def _say(rows: list[dict]) -> None:
    for row in rows:
        print(f"bench-pico:   {row}", flush=True)


def firmware_name(pico: Bench) -> str:
    """What the firmware says it is."""
    code = "import os; print(os.uname().release, os.uname().machine)"
    command = [str(Path(sys.executable).parent / "mpremote"), "connect", pico.tty, "exec", code]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.split()
    return f"MicroPython {text[0]}, {' '.join(text[1:])}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-pico", description=__doc__)
    parser.add_argument("--again", action="store_true", help="write the document from the last figures")
    args = parser.parse_args()
    if not args.again:
        RESULTS.write_text(json.dumps(measure()))
    if not RESULTS.exists():
        raise PicoError("there are no figures yet: run make bench-pico")
    text = section(json.loads(RESULTS.read_text()))
    benchtable.put(bench.DOCS / "benchmarks.md", {"pico": text})
    print(f"{text}\n\nbench-pico: wrote docs/benchmarks.md")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("bench-pico", main))
