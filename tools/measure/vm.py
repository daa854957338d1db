"""A board tree on micropython32 on which device scripts run, from flash or from ROM. The figures that they
print are bytes in use after a collection, so they are exact."""
from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Optional

from svctl.build import mpy, romfs, tree
from svctl.errors import ToolError
from svctl.setup import unixport

DEVICE = Path(__file__).resolve().parent / "sizes"
SERVICES = "aioservices/services"
TIMEOUT = 120


def figures(text: str) -> dict[str, int]:
    """The figures that a device script printed, by name: lines "name value"."""
    rows = [line.split() for line in text.splitlines() if len(line.split()) == 2]
    return {name: int(value) for name, value in rows if value.lstrip("-").isdigit()}


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
        try:
            return figures(self.output(statement, heap))
        except MemoryError:
            return None

    def output(self, statement: str, heap: str = "192k", patience: float = TIMEOUT) -> str:
        """What a statement prints in a fresh interpreter; MemoryError if the heap was too small for it."""
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
                                  capture_output=True, text=True, timeout=patience, stdin=stdin)
        finally:
            os.close(stdin)
            os.close(silent)
        if "MemoryError" in done.stderr + done.stdout:
            raise MemoryError(statement)
        if done.returncode:
            raise ToolError(f"`{statement}` failed on the device:\n{done.stdout}{done.stderr}")
        return done.stdout

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
