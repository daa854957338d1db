"""A Pico on the bench: an emulated board with a flash image of its own, its serial port, and mpremote.
tests/pico/conftest.py makes fixtures of it."""
from __future__ import annotations

import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Optional

from support.harness import ROOT, Result, Terminal, Timeout

from svctl.build import mpy
from svctl.simboard.console import make_raw
from tools.picohost.boards import Board

PROMPT = "--> "
FIRMWARE_PROMPT = ">>> "
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# A guard against hangs: an emulated board is slower than a real one, and a busy machine slower still.
PATIENCE = 600.0
NO_POWER = "halted: no power"
MARK, MARKED = "'at ' + 'it'", "'at it'"  # typed at a prompt, and what that prints


class Pico(Terminal):
    """A board that runs, and the ways to talk to it: by its console, or as a host."""

    patience = PATIENCE

    def __init__(self, home: Path, name: str = "pico", flash: Optional[Path] = None):
        super().__init__()
        self.board = Board(name, home)
        if flash is not None:
            self.board.folder.mkdir(parents=True)
            shutil.copyfile(flash, self.board.flash)
        self._hosted = False  # a host was at the console since somebody typed there
        self.start()

    # Power.

    def start(self) -> None:
        """Power on, with what is on its flash."""
        # Its port is open before it has power: nothing that it prints is lost.
        self.tty = self.board.start(bound=True, off=True)
        self._fd = os.open(self.tty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.raw()
        self._on()

    def power(self) -> None:
        """Off and on again, at a prompt or without power; what it printed before is forgotten."""
        if self.board.ask("status")["state"] != NO_POWER:
            self.send(f"\r{MARK}\r")  # all that comes before a prompt
            self.expect(re.compile(f"{MARKED}\n(?:{PROMPT}|{FIRMWARE_PROMPT})"))
        self.forget()
        self._on()

    def _on(self) -> None:
        self.board.ask("powercycle")
        self._hosted = False
        self.board.wait(lambda status: status["usb"], PATIENCE)

    def close(self) -> None:
        """Off; the flash stays."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self.board.running():
            self.board.stop()

    # Its console.

    def forget(self) -> None:
        """Drop what came and was not expected."""
        self._read(time.monotonic())
        self._rest = ""

    def _ended(self) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))

    @staticmethod
    def _kept(text: str) -> str:
        """Without colours and carriage returns, which may come in parts."""
        return ESCAPES.sub("", text).replace("\r\n", "\n")

    def peek(self) -> str:
        """What came and was not expected yet."""
        self._read(time.monotonic() + 0.02)
        return self._rest

    def line(self, text: str, prompt: str = PROMPT) -> str:
        """Type a line at the prompt; what it printed up to the next one."""
        if self._hosted:  # the console greets when a host has gone
            self._hosted = False
            self.mark(prompt)
        self.send(text + "\r")
        self.expect("\n")  # the echo
        return self.expect(prompt)[:-len(prompt)]

    def mark(self, prompt: str = PROMPT) -> str:
        """Have it come to its prompt, whatever was printed before; that."""
        self.send(f"\r{MARK}\r")
        return self.expect(f"{MARKED}\n{prompt}")

    def up(self) -> str:
        """Wait for the console of a board that starts; what it printed."""
        return self.expect(PROMPT)[:-len(PROMPT)]

    # As a host.

    def mpremote(self, *args: str, resume: bool = True, expect_code: int = 0, cwd: Optional[Path] = None) -> Result:
        """Run the pinned mpremote with it; with `resume` without a soft reset."""
        self.forget()
        self._hosted = True
        try:
            done = subprocess.run(self.command(*args, resume=resume), capture_output=True, text=True, errors="replace",
                                  timeout=PATIENCE, cwd=cwd, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            raise Timeout(f"mpremote {' '.join(args)} took more than {PATIENCE} s: {error.stdout}") from None
        finally:
            self.raw()
        out = ESCAPES.sub("", done.stdout.replace("\r\n", "\n"))
        result = Result(out, done.stderr, done.returncode)
        if result.code != expect_code:
            raise AssertionError(f"mpremote {args}: exit code {result.code}\n{result.out}\n{result.err}")
        return result

    def command(self, *args: str, resume: bool = True) -> list[str]:
        """How mpremote is run with it."""
        program = Path(sys.executable).parent / "mpremote"
        return [str(program), "connect", self.tty, *(["resume"] if resume else []), *args]

    def svctl(self, *args: str) -> subprocess.CompletedProcess:
        """Run svctl with it."""
        self.forget()
        self._hosted = True
        try:
            return subprocess.run(self.svctl_command(*args), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
                                  stdin=subprocess.DEVNULL)
        finally:
            self.raw()

    def svctl_command(self, *args: str) -> list[str]:
        """How svctl is run with it, at the root of the clone."""
        return [sys.executable, "-m", "svctl", "-t", self.tty, *args]

    def raw(self) -> None:
        """Set the modes of the port anew: a host has left its own."""
        make_raw(self._fd)

    def run(self, code: str, resume: bool = True) -> str:
        """What a piece of code prints, as a host has it executed."""
        return self.mpremote("exec", code, resume=resume).out

    def value(self, code: str, resume: bool = True):
        """The value of an expression, which JSON can hold."""
        return json.loads(self.run(f"import json; print(json.dumps({code}))", resume))

    def put(self, folder: Path, files: dict[str, str], resume: bool = True) -> None:
        """Copy files to it, by way of `folder`; Python below lib/ and aioservices/ is compiled first."""
        root = self.compiled(folder, files)
        names = sorted(path.name for path in root.iterdir())
        self.mpremote("fs", "cp", "-r", *names, ":", resume=resume, cwd=root)

    @staticmethod
    def compiled(folder: Path, files: dict[str, str]) -> Path:
        """A folder with these files, as a board has them."""
        root = folder / "put"
        shutil.rmtree(root, ignore_errors=True)
        for path, text in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            if target.suffix == ".py" and path.split("/")[0] in ("lib", "aioservices"):
                mpy.compile_file(target, target.with_suffix(".mpy"), path)
                target.unlink()
        return root

    def passes(self, seconds: float) -> dict:
        """Let board time pass as fast as it goes."""
        return self.board.ask("pass", seconds=seconds, timeout=PATIENCE)

    # Power cuts.

    def arm(self, operations: int, torn: bool) -> None:
        """Have the power go at a flash operation from now on: behind it, or in its middle."""
        self.board.ask("cut-after", operations=operations, torn=torn, stay=True)

    def was_cut(self, finished: Callable[[], bool]) -> bool:
        """Wait until the power is gone, or `finished()`; whether it is gone. power() gives it back."""
        until = time.monotonic() + PATIENCE
        while self.board.ask("status")["state"] != NO_POWER and not finished():
            if time.monotonic() > until:
                raise Timeout(f"neither a power cut nor the end in {PATIENCE} s; came:\n{self.peek()}")
            time.sleep(0.02)
        return self.board.ask("cut-after", operations=0, torn=False)["state"] == NO_POWER

    def cut_off(self, command: list[str], cwd: Path, operations: int, torn: bool) -> bool:
        """Run a program of the host while the power goes at a flash operation; whether it came to that."""
        self.forget()
        self._hosted = True
        self.arm(operations, torn)
        host = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            return self.was_cut(lambda: host.poll() is not None)
        finally:
            host.kill()  # a real port would be gone
            host.wait()
            self.raw()
