"""`make size`: .mpy bytes and heap of each module, and the heap lines of the budget table, on
micropython32. The figures are bytes in use after a collection, so they are exact."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple, Optional

from tools import mpy, tree, unixport
from tools.errors import ToolError, run_main

DEVICE = Path(__file__).resolve().parent / "sizes"
SERVICES = "aioservices/services"
TIMEOUT = 120
# In the order in which a board comes to load them.
MODULES = ("aioschedule", "aiolog", "aioctl", "aioctl.core", "aioclass", "aioservice", "aioservice.manager",
           "aioservice.verbs", "aioservice.order", "aioservice.settings", "aioservice.discovery",
           "aioservice.startup", "aioclass_asyncmd", "aioclass_timed", "aiotimers", "aioclass_api",
           "aioclass_people", "aioclass_special", "aioclass_record", "aiologger", "aioctl.jobs",
           "aioctl.verbs", "aioctl.tagged", "aioservice.control", "aioservice.configure",
           "aioservice.change", "aioservice.graph", "aioservice.report", "aioservice.runner",
           "aioctl.report", "aioctl.logs", "aiolines", "aiocalendar", "aioctl.env", "aioconsole")


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
    """A board tree with lib/ and services of one's choice, on which device scripts run."""

    def __init__(self, root: Path):
        self.root = root
        self.vm = unixport.interpreter(32)
        tree.build(root)
        for path in DEVICE.glob("*.py"):
            if not path.stem.endswith("_service"):
                mpy.compile_file(path, root / "lib" / f"{path.stem}.mpy", path.name)

    def services(self, *chosen: tuple[str, str]) -> None:
        """Fill the services folder with (template, name) pairs and nothing else."""
        folder = self.root / SERVICES
        for path in folder.glob("*"):
            path.unlink()
        (self.root / "services.config").unlink(missing_ok=True)
        for template, name in chosen:
            source = self.root / "service.tmp"
            source.write_text((DEVICE / f"{template}_service.py").read_text().replace("NAME", name))
            file = f"{SERVICES}/{name}_service"
            mpy.compile_file(source, self.root / f"{file}.mpy", f"{file}.py")
            source.unlink()

    def trivial(self, count: int) -> None:
        self.services(*[("trivial", f"n{i:02d}") for i in range(count)])

    def measure(self, script: str, *args: object, heap: str = "192k") -> Optional[dict]:
        """Run a device script; its figures by name, or None if the heap was too small for it."""
        start = (f"import sys; sys.path[:] = ['', '.frozen', '{self.root}/lib']; "
                 f"sys.argv[1:] = {[str(a) for a in args]!r}; import {script}")
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
            raise ToolError(f"{script}.py failed on the device:\n{done.stdout}{done.stderr}")
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


def budget_lines(bench: Bench, cycles: int) -> list[Line]:
    """The heap lines of the budget table, measured."""
    bench.services()
    lines = [Line("heap after booting an empty tree", _booted(bench), 18000)]
    kinds = (("core", "core"), ("required", "required"), ("timed", "timed"))
    bench.services(*kinds)
    lines.append(Line("resident with core, required and scheduled services, without them",
                      _booted(bench) - bench.measure("bare")["bare"], 20000))
    lines.append(Line("the console, at its prompt", bench.measure("console")["console"], 6000))
    heaps = []
    for count in (10, 40):
        bench.trivial(count)
        heaps.append(_booted(bench))
    slope = (heaps[1] - heaps[0]) // 30
    bare = bench.measure("bare")["bare"] // 40
    lines.append(Line(f"heap per further service (bare: {bare})", slope, 900))
    for heap, least in (("64k", 36), ("128k", 105), ("192k", 175)):
        found = bench.capacity(heap, least + 24)
        lines.append(Line(f"trivial services that fit in {heap}", found, least, True))
    bench.trivial(20)
    found = bench.measure("garbage")
    lines.append(Line("garbage of status(), 20 services", found["status"], 1000))
    lines.append(Line("garbage of self.log.info(), 60 bytes", found["log"], 0))
    bench.trivial(2)
    for name, growth in bench.measure("growth", cycles).items():
        lines.append(Line(f"heap growth over {cycles} {name.replace('_', '/')}", growth, 0))
    return lines


def module_rows(bench: Bench) -> list[tuple[str, int, int]]:
    """(module, .mpy bytes, heap of its import) of each module of the project."""
    heap = bench.measure("modules", *MODULES)
    rows = []
    for name in MODULES:
        path = bench.root / "lib" / name.replace(".", "/")
        file = path.with_suffix(".mpy") if path.with_suffix(".mpy").exists() else path / "__init__.mpy"
        rows.append((name, file.stat().st_size, heap[name]))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/size.py", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1000, help="of each kind, for heap growth")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aioservices-size-") as folder:
        bench = Bench(Path(folder))
        print(f"{'module':22} {'.mpy':>6} {'heap':>6}   (bytes; imported in this order)")
        for name, size, heap in module_rows(bench):
            print(f"{name:22} {size:6} {heap:6}")
        print(f"\n{'':68} {'figure':>7}  {'budget':>8}")
        lines = budget_lines(bench, args.cycles)
    for line in lines:
        sign = "≥" if line.at_least else "≤"
        verdict = "" if line.met else "  not met"
        print(f"{line.text:68} {line.figure:7}  {sign} {line.budget:6}{verdict}")
    print("\nHeap is counted above a bare asyncio program, after a collection, on micropython32.")
    return 0




if __name__ == "__main__":
    sys.exit(run_main("size", main))
