"""`make size`: .mpy bytes and heap of each module, and the heap lines of the budget table, on
micropython32, from flash and from ROM. The figures are bytes in use after a collection, so they are exact."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, Optional

from tools import mpy, romfs, tree, unixport
from tools.errors import ToolError, run_main

DEVICE = Path(__file__).resolve().parent / "sizes"
SERVICES = "aioservices/services"
TIMEOUT = 120
# Bytes: what counts is a working board; the lines of an empty one stay as information, with this much room.
ROOM = 2500
# In the order in which a board comes to load them.
MODULES = ("aioschedule", "aiolog", "aioctl", "aioctl.core", "aioclass", "aioservice", "aioservice.manager",
           "aioservice.starting", "aioservice.verbs", "aioservice.order", "aioservice.settings",
           "aioservice.discovery", "aioservice.startup", "aioclass_asyncmd", "aioclass_timed", "aiotimers",
           "aiocalendar_rule", "aiocalendar_time", "aiotimers_alarm", "aiotimers_start", "aioclass_calendar",
           "aiocalendar_kept",
           "aiotimers_add", "aioclass_watch", "aioclass_api", "aioclass_people", "aioclass_errors",
           "aioclass_special", "aioclass_record", "aiologger", "aiolograte", "aioctl.jobs", "aioctl.verbs",
           "aioctl.tagged", "aioservice.operation", "aioservice.control", "aioservice.configure",
           "aioservice.change", "aioservice.checking", "aioservice.findings", "aioservice.near",
           "aioservice.graph", "aioservice.heap", "aioservice.report", "aioservice.bringup",
           "aioservice.runner", "aioservice.anew", "aioctl.report", "aioctl.trace", "aioctl.strays",
           "aioctl.logs", "aiolines", "aiocalendar", "aioctl.env", "aioctl.utf8", "aioctl.profiler",
           "aioctl.figures", "aiologging", "aiolog_streamlog", "aioconsole",
           "aiowatchdog", "aioservice_rom", "aioguard", "aioservice.kept", "aioservice.safemode",
           "aioservice.masks", "aioservice.damage", "aioswitch", "aioswitch_trial")


class Line(NamedTuple):
    """One line of the budget table: a figure that must not exceed (or fall below) its budget."""

    text: str
    figure: int
    budget: int
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.figure >= self.budget if self.at_least else self.figure <= self.budget


class Bench:
    """A board tree with lib/ and services of one's choice, on which device scripts run; with `rom` all
    of it but these scripts is in an image at /rom."""

    def __init__(self, root: Path, rom: bool = False):
        self.root, self.rom = root, rom
        self.vm = unixport.interpreter(32)
        self.code = root / "rom" if rom else root  # the project's own
        self.image = root / "rom.img"
        tree.build(self.code, rom=rom)
        scripts = [path for path in DEVICE.glob("*.py") if not path.stem.endswith("_service")]
        for path in [*scripts, mpy.SIM / "romfs.py"]:
            mpy.compile_file(path, root / "lib" / f"{path.stem}.mpy", f"lib/{path.name}")
        if rom:
            romfs.pack(self.code, self.image)

    def services(self, *chosen: tuple[str, str]) -> None:
        """Fill the services folder with (template, name) pairs and nothing else."""
        folder = self.code / SERVICES
        for path in folder.glob("*"):
            path.unlink()
        (self.code / "services.config").unlink(missing_ok=True)
        for template, name in chosen:
            source = self.root / "service.tmp"
            source.write_text((DEVICE / f"{template}_service.py").read_text().replace("NAME", name))
            file = f"{SERVICES}/{name}_service"
            mpy.compile_file(source, self.code / f"{file}.mpy", f"{file}.py", rom=self.rom)
            source.unlink()
        if self.rom:
            romfs.pack(self.code, self.image)

    def trivial(self, count: int) -> None:
        self.services(*[("trivial", f"n{i:02d}") for i in range(count)])

    def measure(self, script: str, *args: object, heap: str = "192k") -> Optional[dict]:
        """Run a device script; its figures by name, or None if the heap was too small for it."""
        return self.run(f"sys.argv[1:] = {[str(a) for a in args]!r}; import {script}", heap)

    def run(self, statement: str, heap: str = "192k") -> Optional[dict]:
        """Run a statement in a fresh interpreter; see measure()."""
        # Mounted, so that modules have the very paths that they have on a board.
        start = (f"import sys, vfs; vfs.mount(vfs.VfsPosix('{self.root}/lib'), '/lib'); "
                 "sys.path[:] = ['', '.frozen', '/lib']; ")
        if self.rom:
            start += (f"import romfs; romfs.mount({str(self.image)!r}); sys.modules.pop('romfs'); "
                      "sys.path[:] = ['', '.frozen', '/lib', '/rom', '/rom/lib']; ")
        start += statement
        stdin, silent = os.pipe()  # an open input on which nothing is typed
        try:
            done = subprocess.run([str(self.vm), "-X", f"heapsize={heap}", "-c", start], cwd=self.root,
                                  capture_output=True, text=True, timeout=TIMEOUT, stdin=stdin)
        finally:
            os.close(stdin)
            os.close(silent)
        if "MemoryError" in done.stderr + done.stdout:
            return None
        if done.returncode:
            raise ToolError(f"`{statement}` failed on the device:\n{done.stdout}{done.stderr}")
        rows = [line.split() for line in done.stdout.splitlines() if len(line.split()) == 2]
        return {name: int(value) for name, value in rows if value.lstrip("-").isdigit()}

    def fits(self, count: int, heap: str) -> bool:
        """Whether that many trivial services run within a heap."""
        self.trivial(count)
        found = self.measure("fits", heap=heap)
        return found == {"up": count}

    def capacity(self, heap: str, highest: int) -> int:
        """How many trivial services run within a heap; looked for up to `highest`."""
        low, high = 0, highest + 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.fits(middle, heap):
                low = middle
            else:
                high = middle
        return low


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
    for heap, least in (("64k", 36), ("128k", 105), ("192k", 175)):
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
    parser = argparse.ArgumentParser(prog="tools/size.py", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000, help="of each kind, for heap growth")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aioservices-size-") as folder:
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
    print("\nHeap is counted above a bare asyncio program, after a collection, on micropython32; in ROM:\n"
          "with the project and the services in an image at /rom (make romfs).")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("size", main))
