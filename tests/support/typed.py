"""mypy as an author runs it, without settings, with nothing but the wheel installed and what mypy needs itself."""
from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

# MicroPython's own, of which CPython's types know nothing; other packages have types for that.
FOREIGN = re.compile(
    r'Name "const" is not defined'
    r'|Module (?:"(?:time|asyncio)" )?has no attribute "(?:ticks_\w+|sleep_ms|core|mem_free|mem_alloc|ThreadSafeFlag)"'
    r'|note: Did you mean "asyncio"'
    r'|library stub for module named "(?:uasyncio|machine|network|ntptime|aiobase|aioboot[.\w]*|aiologging)"')
# An author's own attribute that is None in the class and something else later, or has its name by `require`.
OWN = re.compile(r'error: Item "None" of |"Lamp" has no attribute "relay"')


def mypy(python: Path, folder: Path, *options: str) -> list[str]:
    """`file.py:1: error: …`: what mypy says of the files of a folder, but of what is MicroPython's own."""
    files = sorted(path.name for path in folder.glob("*.py"))
    done = subprocess.run([python, "-m", "mypy", *options, *files], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")}, timeout=300)
    assert done.returncode in (0, 1) and not done.stderr, done.stdout + done.stderr
    said = re.findall(r"^\S+:\d+: (?:error|note): .*", done.stdout, re.M)
    return [line for line in said if not FOREIGN.search(line) and "running_mypy.html" not in line]
