"""The device under test: a fresh board folder, run as a simulated board in a fresh process with a hard
time limit and a capped heap. plugin.py makes fixtures of it and documents them."""
from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Union

from mpremote.main import main as mpremote_main

from svctl.build import mpy, romfs
from svctl.setup import place
from svctl.simboard import cli
from svctl.simboard.supervisor import die_with
from svctl.testing.forked import popen
from svctl.testing.needed import Needed

__tracebackhide__ = True  # a failed test shows its own lines

# In a clone nothing that is installed is needed, and it starts quicker without.
BOARD = ([sys.executable, "-S", str(place.CODE / "tools" / "board")] if place.IS_CLONE else
         [sys.executable, "-m", "svctl.simboard"])
SERVICE = re.compile(r"aioservices/services/(\w+)_service\.m?py")
HEAPS = {32: "192k", 64: "384k"}  # objects are twice as large with 64 bits


class Result(NamedTuple):
    """What a finished run printed, and its exit code."""

    out: str
    err: str
    code: int


class Timeout(AssertionError):
    """A run that did not end in time, or output that did not come; holds what came so far."""


class Vm:
    """One board folder, and the ways to run it."""

    def __init__(self, root: Path, bits: int, tree: Path, compiled: bool = True,
                 needed: Optional[Needed] = None):
        self.root, self.bits, self.compiled = root, bits, compiled
        self._needed = needed
        self.heap = HEAPS[bits]
        self.rom: Optional[Path] = None
        self._tree = tree
        self._runs: list = []
        root.mkdir(parents=True)
        if (tree / "lib").is_dir():
            shutil.copytree(tree / "lib", root / "lib")

    def ship(self, *names: str) -> None:
        """Put the project's own boot.py, main.py, services.config, aioservices (default: all) there,
        or single ones, like "aioservices/services/hello_service.mpy"; what that requires comes along."""
        for name in self._with_required(names) or ("boot.py", "main.py", "services.config", "aioservices"):
            source, target = self._tree / name, self.root / name
            if not source.exists() and source.suffix == ".mpy":
                source, target = source.with_suffix(".py"), target.with_suffix(".py")
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, target)

    def _with_required(self, names: tuple) -> list:
        """Files of services, with those of the services that they require."""
        found = list(names)
        asked = {match[1]: match[0] for match in (SERVICE.fullmatch(name) for name in names) if match}
        for name in sorted(self._needed.of(asked) - set(asked)) if self._needed and asked else ():
            path = f"aioservices/services/{name}_service.mpy"
            if not any((self.root / path).with_suffix(suffix).exists() for suffix in (".py", ".mpy")):
                found.append(path)  # else a test has its own
        return found

    def put(self, path: str, text: Union[str, bytes], compile: Optional[bool] = None) -> Path:
        """Write a file of the board. Python below lib/ or aioservices/ becomes an .mpy there, and
        the other form of it is removed; `compile=False` leaves the source, True compiles anything."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            target.write_bytes(text)
        else:
            target.write_text(text, encoding="utf-8")
        if target.suffix != ".py" or path.split("/")[0] not in ("lib", "aioservices"):
            return target
        binary = target.with_suffix(".mpy")
        if not (self.compiled if compile is None else compile):
            binary.unlink(missing_ok=True)
            return target
        try:
            mpy.compile_file(target, binary, path)
        finally:
            target.unlink()
        return binary

    def burn(self, files: Optional[dict] = None, tree: Optional[Path] = None) -> None:
        """Have an image at /rom from the next run on: files by their path in it, Python compiled, over
        those of `tree`."""
        folder = self.root.parent / "rom"
        shutil.rmtree(folder, ignore_errors=True)
        if tree is None:
            folder.mkdir()
        else:
            shutil.copytree(tree, folder)
        for path, text in (files or {}).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else text.encode())
            if self.compiled and target.suffix == ".py" and not isinstance(text, bytes):
                mpy.compile_file(target, target.with_suffix(".mpy"), path, rom=True)
                target.unlink()
        self.rom = self.root.parent / "rom.img"
        romfs.pack(folder, self.rom)

    def run(self, what: Union[str, Path, None] = None, timeout: float = 20, heap: Optional[str] = None,
            expect_code: Optional[int] = 0, stdin: str = "", env: Optional[dict] = None) -> Result:
        """Run code (a text), a script (a path inside the root, ending in .py on one line) or, with
        None, a power-on; fail when it takes too long or ends with another exit code."""
        command = self._command(what, heap, [])
        process = _board(command, env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._runs.append(process)
        try:
            out, err = process.communicate(stdin.encode(), timeout=timeout)
        except subprocess.TimeoutExpired:
            end(process)
            out, err = process.communicate()
            raise Timeout(f"not ended after {timeout} s\n{_shown(out, err)}") from None
        result = Result(out.decode(errors="replace"), err.decode(errors="replace"), process.returncode)
        if expect_code is not None and result.code != expect_code:
            raise AssertionError(f"exit code {result.code}, not {expect_code}\n{_shown(out, err)}")
        return result

    def session(self, what: Union[str, Path, None] = None, heap: Optional[str] = None,
                env: Optional[dict] = None) -> Session:
        """Start the same with its console on a pty, and talk to it."""
        link = self.root.parent / f"tty{len(self._runs)}"
        session = Session(self._command(what, heap, ["--pty", str(link)]), link, env)
        self._runs.append(session.process)
        return session

    def close(self) -> None:
        """End whatever still runs."""
        for process in self._runs:
            end(process)

    def _command(self, what, heap: Optional[str], options: list) -> list:
        options += ["--rom", str(self.rom)] if self.rom else []
        command = [*BOARD, "--bits", str(self.bits), "--heap", heap or self.heap, *options, str(self.root)]
        if what is None:
            return command
        text = str(what)
        if isinstance(what, Path) or re.fullmatch(r"[\w./-]+\.py", text):
            return [*command, os.path.relpath(self.root / text, self.root)]
        return [*command, "-c", text]


class Terminal:
    """A person's end of a board's serial port, the pty in `_fd`. Output is read only inside `expect`, so that
    meanwhile `mpremote` (or another host) has the port for itself."""

    patience = 10.0  # s that `expect` waits, unless told

    def __init__(self) -> None:
        self._fd = -1
        self.seen = ""  # all that was read, ever
        self._rest = ""  # read and not yet expected

    def expect(self, what: Union[str, re.Pattern], timeout: Optional[float] = None) -> str:
        """Read until `what` (a text, or a compiled pattern) came; return all up to its end."""
        timeout = self.patience if timeout is None else timeout
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
                state = "ended" if self._ended() else f"silent, {timeout} s are over"
                raise Timeout(f"{wanted!r} did not come (the board is {state}); came:\n{self._rest}")

    def _read(self, until: float) -> bool:
        """Read more; False when the time is over, or the board ended and all is read."""
        while True:
            left = until - time.monotonic()
            ended = self._ended()  # before the look: what it wrote last may come between the two
            try:
                ready = select.select([self._fd], [], [], max(0, min(left, 0.05)))[0]
                data = os.read(self._fd, 65536) if ready else b""
            except OSError:
                data = b""
            if data:
                text = data.decode(errors="replace")
                self.seen += text
                self._rest = self._kept(self._rest + text)
                return True
            if left <= 0 or ended:
                return False

    def _ended(self) -> bool:
        """Whether nothing can come any more."""
        raise NotImplementedError

    @staticmethod
    def _kept(text: str) -> str:
        """What came, as `expect` is to see it."""
        return text

    def send(self, text: Union[str, bytes]) -> None:
        """Type something; a line ends in "\\r"."""
        data = text.encode() if isinstance(text, str) else text
        while data:
            select.select([], [self._fd], [], 10)
            try:
                data = data[os.write(self._fd, data):]
            except BlockingIOError:
                continue
            except OSError:
                raise AssertionError(f"the board has ended; it had printed:\n{self._rest}") from None

    def ctrl(self, letter: str) -> None:
        """Type Ctrl-letter."""
        self.send(bytes([ord(letter.upper()) - 64]))


class Session(Terminal):
    """A running board's console."""

    def __init__(self, command: list, link: Path, env: Optional[dict]):
        super().__init__()
        self.link = link
        self.process = _board(command, env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        line = self.process.stderr.readline().decode()
        if " -> " not in line:
            raise AssertionError(f"tools/board: {line}{self.process.stderr.read().decode()}")
        self.tty = line.rsplit(" -> ", 1)[1].strip()
        self._fd = os.open(self.tty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def _ended(self) -> bool:
        return self.process.poll() is not None

    def line(self, text: str, prompt: str = "--> ", timeout: float = 10) -> str:
        """Type a line at the console's prompt; return what it printed up to the next prompt."""
        self.send(text + "\r")
        self.expect("\r\n", timeout)  # the echo
        return self.expect(prompt, timeout)[:-len(prompt)].replace("\r\n", "\n")

    def wait(self, timeout: float = 10) -> int:
        """Wait for the board's end; its exit code."""
        until = time.monotonic() + timeout
        while self.process.poll() is None:
            # Go on reading: a full port would hold it up.
            if not self._read(until) and self.process.poll() is None:
                raise Timeout(f"the board has not ended after {timeout} s; came:\n{self._rest}")
        self._read(time.monotonic())
        return self.process.returncode

    def close(self) -> None:
        """End the board, whatever it is doing."""
        end(self.process)
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def mpremote(session: Session, *args: str, timeout: float = 30, resume: bool = True,
             expect_code: Optional[int] = 0) -> Result:
    """Run the pinned mpremote against a session's board: `mpremote(s, "exec", "print(1)")`."""
    command = [sys.executable, "-m", "mpremote", "connect", session.tty, *(["resume"] if resume else [])]
    command += args
    # In the order in which they come: what it says itself, and what the board says.
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = popen(command, mpremote_main, 3, env, _dies_with_us(), stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        end(process)
        raise Timeout(f"mpremote not ended after {timeout} s\n{_shown(*process.communicate())}") from None
    if expect_code is not None and process.returncode != expect_code:
        raise AssertionError(f"mpremote: exit code {process.returncode}\n{_shown(out, err)}")
    return Result(out.decode(errors="replace"), err.decode(errors="replace"), process.returncode)


def _board(command: list, env: Optional[dict], **streams) -> subprocess.Popen:
    """A simulated board with arguments, or what else starts one."""
    if command[:len(BOARD)] != BOARD:
        return subprocess.Popen(command, env={**os.environ, **(env or {})}, preexec_fn=_dies_with_us(),
                                start_new_session=True, **streams)
    return popen(command, cli.run, len(BOARD), {**os.environ, **(env or {})}, _dies_with_us(),
                 start_new_session=True, **streams)


def _dies_with_us() -> Callable[[], None]:
    """For preexec_fn: a killed pytest leaves no board behind either."""
    parent = os.getpid()
    return lambda: die_with(parent)


def end(process: subprocess.Popen) -> None:
    """End a process kindly, then surely; tools/board takes its VM with it either way."""
    for signum, patience in ((signal.SIGTERM, 2), (signal.SIGKILL, 10)):
        if process.poll() is not None:
            break
        process.send_signal(signum)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    if process.stderr and process.stdin is None:
        process.stderr.close()


def _shown(out: bytes, err: bytes) -> str:
    parts = [("out", out), ("err", err)]
    return "\n".join(f"--- {name}\n{text.decode(errors='replace')}" for name, text in parts)
