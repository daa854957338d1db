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
from typing import NamedTuple, Optional, Union

from tools import mpy
from tools.console import make_raw
from tools.picohost.boards import Board

ROOT = Path(__file__).resolve().parent.parent.parent
PROMPT = "--> "
FIRMWARE_PROMPT = ">>> "
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Result(NamedTuple):
    """What mpremote printed, and its exit code."""

    out: str
    err: str
    code: int


class Timeout(AssertionError):
    """Something that did not come in time."""


class Pico:
    """A board that runs, and the ways to talk to it: by its console, or as a host."""

    def __init__(self, home: Path, name: str = "pico", flash: Optional[Path] = None):
        self.board = Board(name, home)
        if flash is not None:
            self.board.folder.mkdir(parents=True)
            shutil.copyfile(flash, self.board.flash)
        self.seen = self._rest = ""
        self._fd = -1
        self._hosted = False  # a host was at the console since somebody typed there
        self.start()

    # Power.

    def start(self) -> None:
        """Power on, with what is on its flash."""
        self.tty = self.board.start(bound=True)
        self._fd = os.open(self.tty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.raw()

    def power(self) -> None:
        """Off and on again; what it printed before is forgotten."""
        self.board.ask("powercycle")
        self._hosted = False
        self.forget()

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

    def expect(self, what: Union[str, re.Pattern], timeout: float = 30) -> str:
        """Read until `what` came; all up to its end, without colours and carriage returns."""
        until = time.monotonic() + timeout
        while True:
            found = what.search(self._rest) if isinstance(what, re.Pattern) else None
            at = found.end() if found else -1
            if isinstance(what, str) and what in self._rest:
                at = self._rest.index(what) + len(what)
            if at >= 0:
                text, self._rest = self._rest[:at], self._rest[at:]
                return text
            if not self._read(until):
                wanted = what if isinstance(what, str) else what.pattern
                raise Timeout(f"{wanted!r} did not come in {timeout} s; came:\n{self._rest}")

    def _read(self, until: float) -> bool:
        ready = select.select([self._fd], [], [], max(0, until - time.monotonic()))[0]
        if not ready:
            return False
        text = os.read(self._fd, 65536).decode(errors="replace")
        self.seen += text
        # Colours and line ends may come in parts.
        self._rest = ESCAPES.sub("", self._rest + text).replace("\r\n", "\n")
        return True

    def peek(self) -> str:
        """What came and was not expected yet."""
        self._read(time.monotonic() + 0.02)
        return self._rest

    def send(self, text: str) -> None:
        """Type something; a line ends in "\\r"."""
        data = text.encode()
        while data:
            select.select([], [self._fd], [], 10)
            try:
                data = data[os.write(self._fd, data):]
            except BlockingIOError:
                pass

    def ctrl(self, letter: str) -> None:
        """Type Ctrl-letter."""
        self.send(chr(ord(letter.upper()) - 64))

    def line(self, text: str, timeout: float = 30, prompt: str = PROMPT) -> str:
        """Type a line at the prompt; what it printed up to the next one."""
        if self._hosted:  # the console greets when a host has gone
            self._hosted = False
            self.send("\r'at ' + 'it'\r")
            self.expect("'at it'\n" + prompt, timeout)
        self.send(text + "\r")
        self.expect("\n", timeout)  # the echo
        return self.expect(prompt, timeout)[:-len(prompt)]

    def up(self, timeout: float = 60) -> str:
        """Wait for the console of a board that starts; what it printed."""
        text = self.expect(PROMPT, timeout)
        return text[:-len(PROMPT)]

    # As a host.

    def mpremote(self, *args: str, resume: bool = True, timeout: float = 60, expect_code: Optional[int] = 0,
                 cwd: Optional[Path] = None) -> Result:
        """Run the pinned mpremote with it; with `resume` without a soft reset."""
        self.forget()
        self._hosted = True
        try:
            done = subprocess.run(self.command(*args, resume=resume), capture_output=True, text=True, errors="replace", timeout=timeout,
                                  cwd=cwd, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as error:
            if expect_code is None:
                return Result("", "timeout", -1)
            raise Timeout(f"mpremote {' '.join(args)} took more than {timeout} s: {error.stdout}") from None
        finally:
            self.raw()
        out = ESCAPES.sub("", done.stdout.replace("\r\n", "\n"))
        result = Result(out, done.stderr, done.returncode)
        if expect_code is not None and result.code != expect_code:
            raise AssertionError(f"mpremote {args}: exit code {result.code}\n{result.out}\n{result.err}")
        return result

    def command(self, *args: str, resume: bool = True) -> list[str]:
        """How mpremote is run with it."""
        program = Path(sys.executable).parent / "mpremote"
        return [str(program), "connect", self.tty, *(["resume"] if resume else []), *args]

    def raw(self) -> None:
        """Set the modes of the port anew: a host has left its own."""
        make_raw(self._fd)

    def run(self, code: str, resume: bool = True, timeout: float = 60) -> str:
        """What a piece of code prints, as a host has it executed."""
        return self.mpremote("exec", code, resume=resume, timeout=timeout).out

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
        return self.board.ask("pass", seconds=seconds, timeout=300)
