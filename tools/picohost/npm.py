"""Installs the emulator's npm package, pinned by emulator/package-lock.json, into build/pico/node_modules."""
from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from svctl.errors import PicoError

HERE = Path(__file__).resolve().parent / "emulator"
FILES = ("package.json", "package-lock.json")
OLDEST = 18
TIMEOUT = 300


def node() -> str:
    """The program node; PicoError when it is missing or too old."""
    path = shutil.which("node")
    if path is None:
        raise PicoError(f"node is missing: the emulator needs Node.js {OLDEST} or newer (apt install nodejs)")
    try:
        text = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PicoError(f"{path} cannot be run: {error}") from error
    found = re.match(r"v(\d+)\.", text)
    if found is None or int(found.group(1)) < OLDEST:
        raise PicoError(f"{path} is {text.strip() or 'no Node.js'}: the emulator needs {OLDEST} or newer")
    return path


def setup(home: Path) -> None:
    """Install into home/node_modules, unless that was done from the same lock file."""
    node()
    stamp = home / "node_modules" / ".from"
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES)).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    program = shutil.which("npm")
    if program is None:
        raise PicoError("npm is missing: it installs the emulator (apt install npm)")
    print("pico: installing the emulator rp2040js into build/pico …", flush=True)
    home.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(HERE / name, home / name)
    command = [program, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error",
               "--prefix", str(home)]
    try:
        done = subprocess.run(command, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PicoError(f"npm cannot be run: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.lower().startswith("npm err")]
        reason = (lines or ["no reason given"])[0]
        raise PicoError(f"npm could not install the emulator (is there a network?): {reason}")
    stamp.write_text(wanted)
