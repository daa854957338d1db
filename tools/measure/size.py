"""`make size`: .mpy bytes and heap of each module, and the heap lines of the budget table, on
micropython32, from flash and from ROM. The figures are bytes in use after a collection, so they are exact."""
from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from svctl.errors import ToolError, run_main
from tools.measure import working
from tools.measure.vm import DEVICE, SERVICES, Bench  # noqa: F401 - DEVICE: of what measures, too

# Bytes: what counts is a working board; the lines of an empty one stay as information, with this much room.
ROOM = 2500
# In the order in which a board comes to load them.
MODULES = ("aiobase", "aioschedule", "aiolog", "aioctl", "aioclass", "aioservice", "aioservice.manager",
           "aioservice.starting", "aioservice.verbs", "aioservice.order", "aioservice.settingsfile",
           "aioservice.settings", "aioservice.discovery", "aioservice.applying", "aioservice.startup",
           "aioclass.asyncmd", "aioclass.scheduled", "aioschedule.timer", "aioschedule.rule",
           "aioschedule.calendar", "aioschedule.alarm", "aioschedule.start", "aioclass.calendar",
           "aioschedule.lastruns", "aioschedule.add", "aioclass.watch", "aioclass.authors",
           "aioclass.options", "aioclass.callers", "aiobase.errors", "aioclass.heal", "aiobase.fault",
           "aioclass.arguments", "aioclass.record", "aiolog.logger", "aioctl.jobs", "aioctl.decorated",
           "aioctl.verbs", "aiolog.tagged", "aioservice.control", "aioservice.configure",
           "aioservice.change", "aioservice.checking", "aioservice.findings", "aioservice.spelling",
           "aioservice.graph", "aioservice.heap", "aioservice.report", "aioservice.details",
           "aioservice.bringup", "aioservice.runner", "aioservice.anew", "aioservice.callbacks",
           "aioctl.report", "aiobase.trace", "aiobase.named", "aiobase.strays", "aiobase.foreign",
           "aioctl.others", "aiolog.show", "aioctl.journals", "aiolog.lines", "aioschedule.format",
           "aioctl.env", "aioctl.utf8", "aioctl.profiler", "aioctl.figures", "aiologging", "aiolog.asyncmd",
           "aioconsole", "aioboot.watchdog", "aioboot.rom", "aioboot", "aioboot.guard", "aioboot.kept",
           "aioservice.safemode", "aioservice.masks", "aioboot.damage", "aioswitch", "aioboot.trial",
           "aioctl.core")


class Line(NamedTuple):
    """One line of the budget table: a figure that must not exceed (or fall below) its budget."""

    text: str
    figure: int
    budget: int
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.budget if self.at_least else self.figure <= self.budget


def _booted(bench: Bench) -> int:
    found = bench.measure("booted")
    if found is None or found["up"] != found["known"]:
        raise ToolError(f"not all services came up: {found}")
    return found["booted"]


def _bare(bench: Bench) -> int:
    return bench.measure("bare", "/rom/" * bench.rom + SERVICES)["bare"]


def resident_lines(bench: Bench) -> list[Line]:
    """The lines of what stays in the heap, which differ between flash and ROM."""
    bench.services()
    lines = [Line("heap after booting an empty tree", _booted(bench), 18000 + ROOM)]
    bench.services(("core", "core"), ("required", "required"), ("timed", "timed"))
    lines.append(Line("resident with core, required and scheduled services, without them",
                      _booted(bench) - _bare(bench), 20000 + ROOM))
    lines.append(Line("the console, at its prompt", bench.measure("console")["console"], 6000))
    heaps = []
    for count in (10, 40):
        bench.trivial(count)
        heaps.append(_booted(bench))
    slope = (heaps[1] - heaps[0]) // 30
    lines.append(Line(f"heap per further service (bare: {_bare(bench) // 40})", slope, 900))
    for heap, least in (("64k", 34), ("128k", 105), ("192k", 175)):
        found = bench.capacity(heap, least + (80 if bench.rom else 24))
        lines.append(Line(f"trivial services that fit in {heap}", found, least, True))
    return lines


def budget_lines(bench: Bench, cycles: int) -> list[Line]:
    """The heap lines of the budget table, measured."""
    lines = resident_lines(bench)
    bench.trivial(20)
    found = bench.measure("garbage")
    lines.append(Line("garbage of status(), 20 services", found["status"], 1000))
    lines.append(Line("garbage of self.log.info(), 60 bytes", found["log"], 0))
    bench.services(("trivial", "n00"), ("trivial", "n01"), ("fails", "fails"))
    for name, growth in bench.measure("growth", cycles).items():
        lines.append(Line(f"heap growth over {cycles} {name.replace('_', '/')}", growth, 0))
    return lines


def module_rows(bench: Bench, rom: Bench) -> list[tuple[str, int, int, int]]:
    """(module, .mpy bytes, heap of its import, that from ROM) of each module of the project."""
    heap, rom_heap = bench.measure("modules", *MODULES), rom.measure("modules", *MODULES)
    rows = []
    for name in MODULES:
        path = bench.root / "lib" / name.replace(".", "/")
        file = path.with_suffix(".mpy") if path.with_suffix(".mpy").exists() else path / "__init__.mpy"
        rows.append((name, file.stat().st_size, heap[name], rom_heap[name]))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.measure.size", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000, help="of each kind, for heap growth")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aioservices-size-") as folder:
        boards = working.measure(Path(folder))
        bench, rom = Bench(Path(folder) / "flash"), Bench(Path(folder) / "board", rom=True)
        print(f"{'module':22} {'.mpy':>6} {'heap':>6} {'in ROM':>7}   (bytes; imported in this order)")
        rows = module_rows(bench, rom)
        for name, *figures in rows + [("all", *map(sum, zip(*[row[1:] for row in rows])))]:
            print(f"{name:22} {figures[0]:6} {figures[1]:6} {figures[2]:7}")
        print(f"\n{'':68} {'figure':>7}  {'budget':>8}   {'in ROM':>7}")
        lines = budget_lines(bench, args.cycles)
        in_rom = [f"   {line.figure:7}" for line in resident_lines(rom)]
    for line, more in zip_longest(lines, in_rom, fillvalue=""):
        sign = "≥" if line.at_least else "≤"
        verdict = "" if line.met else "  not met"
        print(f"{line.text:68} {line.figure:7}  {sign} {line.budget:6}{more}{verdict}")
    title = "the working board, one service of it at times"
    print(f"\n{title:46} " + "".join(f"{name:>11}" for name in boards))
    for name, what in working.ROWS:
        print(f"{what:46} " + "".join(f"{getattr(found, name):11}" for found in boards.values()))
    missed = "" if all(found.ours <= working.BUDGET[name] for name, found in boards.items()) else "  not met"
    print(f"{'its budget':46} " + "".join(f"{working.BUDGET[name]:11}" for name in boards) + missed)
    print("\nHeap is counted above a bare asyncio program, after a collection, on micropython32; in ROM:\n"
          "with the project and the services in an image at /rom (make romfs).")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("size", main))
