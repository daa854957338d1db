"""The boards below build/pico/boards: each is a folder with a flash image, which lasts, and what is known
of its process. Starts them, talks to them."""
from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Optional

from svctl.errors import PicoError
from tools.picohost import firmware, image, npm

ROOT = firmware.BUILD.parent
HOME = firmware.HOME / "boards"
DEFAULT = "pico"
TIMEOUT = 60
GRACE = 5  # s that the process of a board that was killed may hold its flash
STARTS = 60  # s until a process that was started says so


class Board:
    """A board by its name, running or not."""

    def __init__(self, name: str = DEFAULT, home: Optional[Path] = None):
        if not re.fullmatch(r"[\w.-]{1,40}", name) or name.startswith("."):
            raise PicoError(f"{name}: a board's name has letters, digits, '-', '_' and '.' alone")
        self.name = name
        self.folder = (HOME if home is None else home) / name
        self.flash = self.folder / "flash.img"
        self._known = self.folder / "board.json"

    # Its process.

    def start(self, flash: Optional[Path] = None, program: Optional[Path] = None, bound: bool = False,
              off: bool = False) -> str:
        """Start it, with the firmware in `program` if that is not on its flash; the path of its tty.

        `bound`: it ends with this process. `off`: without power, which a power cycle gives. Raises
        PicoError, and leaves the image as it was, where the firmware or the image is none, or something
        runs on it.
        """
        if self.running():
            raise PicoError(f"the board {self.name} runs already, at {self._read()['tty']}")
        data = image.read(program or _built())
        node = npm.node()
        package = firmware.HOME / "node_modules" / "rp2040js"
        if not package.is_dir():
            raise PicoError("the emulator is missing in build/pico: run make pico")
        self.folder.mkdir(parents=True, exist_ok=True)
        held = _hold(flash or self.flash)
        try:
            _put(held, data)
            return self._spawn(node, package, held, bound, off)
        finally:
            os.close(held)

    def _spawn(self, node: str, package: Path, held: int, bound: bool, off: bool) -> str:
        # Not below the folder: a socket's path has room for about 100 bytes.
        control = Path(tempfile.mkdtemp(prefix="aioservices-pico-")) / "control"
        reader, writer = os.pipe()
        log = open(self.folder / "log", "wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "tools.picohost.daemon", node, str(package), str(held), str(control),
             str(writer), str(os.getpid() if bound else 0), *(["off"] if off else [])],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT / "tools")}, pass_fds=(held, writer),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        os.close(writer)
        with os.fdopen(reader) as ready:
            line = ready.readline()
        if not line:
            process.wait(STARTS)
            text = (self.folder / "log").read_text(errors="replace").strip().splitlines()
            raise PicoError(f"the emulator did not start: {(text or ['no reason given'])[-1]}")
        known = {"tty": json.loads(line)["tty"], "pid": process.pid, "control": str(control)}
        self._known.write_text(json.dumps(known))
        self.wait(lambda status: status["usb"] or status["state"].startswith("halted"))
        return known["tty"]

    def stop(self) -> None:
        """End its process; the flash stays."""
        control = Path(self._read().get("control", "/nowhere"))
        try:
            self.ask("stop")
            until = time.monotonic() + TIMEOUT
            while control.exists() and time.monotonic() < until:
                time.sleep(0.005)
        finally:
            self._forget()

    def running(self) -> bool:
        known = self._read()
        if not known:
            return False
        try:
            self._connect().close()
        except OSError:
            self._forget()  # it was killed
            return False
        return True

    def _forget(self) -> None:
        known = self._read()
        self._known.unlink(missing_ok=True)
        if known:
            folder = Path(known["control"]).parent
            Path(known["control"]).unlink(missing_ok=True)
            try:
                folder.rmdir()
            except OSError:
                pass

    # What it is asked.

    def ask(self, command: str, timeout: float = TIMEOUT, **values) -> dict:
        """Have it do something; its status then.

        powercycle, reset, status, stop; pace (pace); pass (seconds); cut-after (operations, torn, and
        stay: without power until a power cycle); record (path of a file that takes each flash operation
        from now on, "" to end it).
        """
        try:
            with self._connect(timeout) as wire:
                wire.sendall(json.dumps({"command": command, **values}).encode() + b"\n")
                line = wire.makefile().readline()
        except socket.timeout:
            raise PicoError(f"the board {self.name} did not {command} within {timeout} s") from None
        except OSError as error:
            raise PicoError(f"the board {self.name} does not run: tools/pico start {self.name}") from error
        if not line:
            raise PicoError(f"the board {self.name} has ended: see {self.folder / 'log'}")
        answer = json.loads(line)
        if "error" in answer:
            raise PicoError(f"the board {self.name}: {answer['error']}")
        return answer

    def wait(self, wanted, timeout: float = STARTS) -> dict:
        """Ask for its status until wanted(status); that status. PicoError after `timeout` seconds."""
        until = time.monotonic() + timeout
        while True:
            status = self.ask("status")
            if wanted(status):
                return status
            if time.monotonic() > until:
                raise PicoError(f"the board {self.name} did not come to that within {timeout} s: {status}")
            time.sleep(0.02)

    def _connect(self, timeout: float = TIMEOUT) -> socket.socket:
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(timeout)
        try:
            wire.connect(self._read().get("control", "/nowhere"))
        except OSError:
            wire.close()
            raise
        return wire

    def _read(self) -> dict:
        try:
            return json.loads(self._known.read_text())
        except (OSError, ValueError):
            return {}


def names(home: Optional[Path] = None) -> list[str]:
    """The names of the boards there are."""
    return sorted(path.name for path in (HOME if home is None else home).glob("*") if path.is_dir())


def _built() -> Path:
    if not firmware.FIRMWARE.is_file():
        raise PicoError("build/pico/firmware.bin is missing: run make pico")
    return firmware.FIRMWARE


def _hold(path: Path) -> int:
    """Open a flash image and lock it, or make an empty one; a file descriptor."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise PicoError(f"{path}: {error.strerror}") from error
    try:
        _lock(file)
        size = os.fstat(file).st_size
        if size == 0:
            os.write(file, b"\xff" * image.FLASH_SIZE)
        elif size != image.FLASH_SIZE:
            raise PicoError(f"{path} has {size:,} bytes: a Pico's flash has {image.FLASH_SIZE:,}")
    except BlockingIOError:
        os.close(file)
        raise PicoError(f"{path} is in use by another board") from None
    except PicoError:
        os.close(file)
        raise
    return file


def _lock(file: int) -> None:
    """Lock a file; BlockingIOError where another board has it, and is not just ending."""
    until = time.monotonic() + GRACE
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
        time.sleep(0.02)


def _put(file: int, data: bytes) -> None:
    """Write a firmware to the start of the flash, if it is not there; the filesystem stays."""
    if os.pread(file, len(data), 0) != data:
        os.pwrite(file, data.ljust(image.ROOM, b"\xff"), 0)
