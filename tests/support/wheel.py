"""The wheel, built once for all processes of a run, and environments with nothing but it."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

from support.harness import ROOT
from support.once import once

# What the package takes is that of this environment; svctl itself is not, as no .pth counts there.
TAKES = sysconfig.get_path("purelib")
_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


class Wheel(NamedTuple):
    """What `pip wheel` makes of a clone, and the Python of an empty environment into which pip has put it."""

    path: Path
    clone: Path
    python: Path


def built(tmp_path_factory) -> Wheel:
    """The wheel of this clone; nobody writes into what it is installed in."""
    return Wheel(*map(Path, once(tmp_path_factory, "wheel", lambda: _build(tmp_path_factory)).split("\n")))


def _build(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("wheel")
    clone = folder / "clone"
    beside = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT, clone, ignore=lambda at, names: {*beside(at, names), *(
        {"build", ".git", "tests"} if at == str(ROOT) else ())})
    done = subprocess.run([*_PIP, "wheel", "--quiet", "--no-deps", "-w", folder / "wheels", clone],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    path = next((folder / "wheels").glob("aioservices-*.whl"))
    return "\n".join(map(str, (path, clone, installed(path, folder / "empty"))))


def installed(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment with a wheel in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
    python = folder / "bin/python"
    put(wheel, python)
    return python


def put(wheel: Path, python: Path) -> None:
    """Install a wheel, in the place of one before."""
    subprocess.run([*_PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index", "--no-compile",
                    "--force-reinstall", wheel], check=True, timeout=120)


def run(python, *args, cwd, timeout=300, **env):
    """(exit code, what it printed, on stderr) of a Python that knows nothing of this clone."""
    done = subprocess.run([python, *args], cwd=cwd, capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "", **env})
    return done.returncode, done.stdout, done.stderr
