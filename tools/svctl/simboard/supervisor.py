"""The hardware around a simulated board's VM: power, reset and watchdog. One VM process a life;
a reset ends it and starts the next, and none outlives the supervisor."""
from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

from svctl.errors import BoardError

PWRON, HARD, WDT, DEEPSLEEP, SOFT = 1, 2, 3, 4, 5  # as in sim/machine.py
_PR_SET_PDEATHSIG = 1
# A VM that dies of one of these is a board that crashed. An ESP32 resets then; an RP2040 hangs until its
# watchdog does that.
_CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)
# Buttons, for another terminal: the reset pin, and power that goes and comes back.
RESET, CYCLE = signal.SIGUSR1, signal.SIGUSR2
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_PATIENCE = 0.5  # s, for a Ctrl-C to find a program in a system call


class Ended(BaseException):
    """Raised by a signal that ends the board: SIGTERM, SIGHUP, SIGQUIT."""

    def __init__(self, signum: int):
        super().__init__(signum)
        self.signum = signum


class Vm:
    """One VM process from power-on to its end, and the wire on which `machine` asks for things."""

    def __init__(self, command: list[str], root: Path, env: dict, stdio: Optional[int]):
        self.wire, child = socket.socketpair()
        self.wire.setblocking(False)
        self._text = b""
        self.hung_up = False
        self.code: Optional[int] = None
        env = {**env, "BOARD_WIRE": str(child.fileno())}
        parent = os.getpid()
        try:
            # A session of its own: a terminal's signals come through the supervisor only.
            self._process = subprocess.Popen(
                command, cwd=root, env=env, stdin=stdio, stdout=stdio, stderr=stdio, start_new_session=True,
                pass_fds=(child.fileno(),), preexec_fn=lambda: die_with(parent))
        except OSError as error:
            self.wire.close()
            raise BoardError(f"{command[0]} cannot be started: {error.strerror}") from error
        finally:
            child.close()
        self.pid = self._process.pid

    def lines(self) -> list[str]:
        """The complete lines that came on the wire."""
        try:
            while True:
                data = self.wire.recv(4096)
                if not data:
                    self.hung_up = True
                    break
                self._text += data
        except OSError:
            pass
        *lines, self._text = self._text.split(b"\n")
        return [line.decode() for line in lines]

    def ended(self) -> bool:
        """True when the process is gone; `code` is then its exit code, 128 + n after a signal."""
        if self.code is None:
            code = self._process.poll()
            if code is not None:
                self.code = code if code >= 0 else 128 - code
        return self.code is not None

    def kill(self) -> None:
        """End it and whatever it started, at once."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self._process.wait()
        self.ended()

    def close(self) -> None:
        self.kill()
        self.wire.close()

    def interrupt(self) -> bool:
        """Ctrl-C as on a board: SIGINT if the program listens to it (kbd_intr(3)), else False.

        The process stands still between question and signal, so that it cannot take its
        handler away in between and be killed by it. The unix port raises from the handler, and one
        that comes while its allocator holds a lock leaves that locked for ever: so it comes while
        the process is in a system call, where it holds none, unless it makes none for a while.
        """
        until = time.monotonic() + _PATIENCE
        while not self.ended():
            os.kill(self.pid, signal.SIGSTOP)
            try:
                listens = _catches_sigint(self.pid)
                now = not listens or _in_system_call(self.pid) or time.monotonic() >= until
                if listens and now:
                    os.kill(self.pid, signal.SIGINT)
            finally:
                os.kill(self.pid, signal.SIGCONT)
            if now:
                return listens
            time.sleep(0.0005)
        return False


def die_with(parent: int) -> None:
    """In a new child: be killed when the parent dies, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _catches_sigint(pid: int) -> bool:
    """Wait until a stopped process stands still; does it have a SIGINT handler?"""
    for _ in range(1000):
        try:
            text = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return False  # gone, or a system without /proc: Ctrl-C stays a byte
        fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        state = fields["State"][0]
        if state in "TtZX":
            return state in "Tt" and bool(int(fields["SigCgt"], 16) >> (signal.SIGINT - 1) & 1)
        time.sleep(0.0001)
    return False


def _in_system_call(pid: int) -> bool:
    """Whether a stopped process stands in a system call; True where the system does not tell."""
    try:
        return not Path(f"/proc/{pid}/syscall").read_text().startswith("-1 ")
    except OSError:
        return True


class Supervisor:
    """Runs lives of a board until one ends by itself; `console` may relay its streams. With `boots` a
    crash is followed by another life, as on a board that was powered on; else it is an exit code."""

    def __init__(self, command: list[str], root: Path, env: dict, console=None, boots: bool = False):
        self.command, self.root, self.env, self.console = command, root, env, console
        self.boots = boots
        self.vm: Optional[Vm] = None
        self._selector = selectors.DefaultSelector()
        self._watchdog: Optional[tuple[float, float]] = None  # (deadline, timeout) in seconds
        self._next: Optional[tuple[int, float]] = None  # asked for: (cause, seconds to sleep before)
        self._kept = ""  # in hexadecimal, what RTC memory or scratch registers hold until the power goes
        # Seconds by which its clock is ahead of the PC's, "" for the PC's own: until the power goes.
        self._clock = ""
        self._began = ""  # ms, of power-on
        self._wake, wake = socket.socketpair()
        for end in (self._wake, wake):
            end.setblocking(False)
        self._wake_end = wake

    def run(self) -> int:
        """Power on; return the exit code of the life that ended without a reset."""
        self._signals()
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)
        try:
            if self.console:
                self.console.open(self._selector, self.interrupt)
            cause, pause = PWRON, 0.0
            while True:
                self._next = None
                self._pause(pause)
                self._life(self._next[0] if self._next else cause)
                if self._next is None:
                    return self.vm.code
                cause, pause = self._next
        except Ended as end:
            return 128 + end.signum
        finally:
            self._close()

    def interrupt(self) -> bool:
        return self.vm is not None and self.vm.interrupt()

    def _life(self, cause: int) -> None:
        """One power-on until the VM's end, which sets `_next` when a new one must follow."""
        self._next = None
        if cause == PWRON:
            self._kept, self._clock = "", self.env.get("BOARD_CLOCK", "")
            self._began = str(int(time.clock_gettime(time.CLOCK_MONOTONIC) * 1000))
        stdio = self.console.power_on() if self.console else None
        env = {**self.env, "BOARD_CAUSE": str(cause), "BOARD_KEPT": self._kept, "BOARD_BEGAN": self._began,
               "BOARD_CLOCK": self._clock}
        self.vm = Vm(self.command, self.root, env, stdio)
        self._selector.register(self.vm.wire, selectors.EVENT_READ, self._wired)
        try:
            while not self.vm.ended() and self._next is None:
                self._turn(self._watchdog and self._watchdog[0])
                # The wire has been read: a feed that came in time counts, however late we are.
                if self._watchdog and self._next is None and time.monotonic() >= self._watchdog[0]:
                    self._wired()
                    if time.monotonic() >= self._watchdog[0]:
                        self._next = (WDT, 0.0)
            self._wired()
            if self.boots and self._next is None and self.vm.code - 128 in _CRASHES:
                print(f"board: the VM crashed, {signal.Signals(self.vm.code - 128).name}; it is reset",
                      file=sys.stderr, flush=True)
                self._next = (HARD, 0.0)
        finally:
            if self.vm.wire in self._selector.get_map():
                self._selector.unregister(self.vm.wire)
            self.vm.close()
        if self.console:
            self.console.drain(self._next is None)
        if self._next and self._next[0] != SOFT:
            self._watchdog = None  # only a soft reset leaves the hardware as it is

    def _pause(self, seconds: float) -> None:
        """Deep sleep; below 0 it lasts until somebody ends the board."""
        until = time.monotonic() + seconds if seconds >= 0 else None
        while self._next is None and (until is None or time.monotonic() < until):
            self._turn(until)

    def _turn(self, until: Optional[float]) -> None:
        """Handle what happens next, or return at the time `until`."""
        due = [time_ for time_ in (until, self.console and self.console.due()) if time_]
        timeout = max(0.0, min(due) - time.monotonic()) if due else None
        for key, mask in self._selector.select(timeout):
            key.data(mask)
        if self.console:
            self.console.work()

    def _wired(self, _mask: int = 0) -> None:
        """Do what `machine` asked for."""
        lines = self.vm.lines()
        if self.vm.hung_up and _mask:
            self._selector.unregister(self.vm.wire)  # no more to read: it ends, SIGCHLD will tell
        for line in lines:
            verb, _, value = line.partition(" ")
            if verb == "wdt":
                seconds = int(value) / 1000
                self._watchdog = (time.monotonic() + seconds, seconds)
            elif verb == "feed" and self._watchdog:
                seconds = self._watchdog[1]
                self._watchdog = (time.monotonic() + seconds, seconds)
            elif verb == "keep":
                self._kept = value
            elif verb == "clock":
                self._clock = value
            elif verb == "turned":  # its time, which power-on is that much further behind then
                self._began = str(int(self._began) - int(value))
            elif verb == "reset":
                self._next = (HARD, 0.0)
            elif verb == "soft":
                self._next = (SOFT, 0.0)
            elif verb == "sleep":
                self._next = (DEEPSLEEP, int(value) / 1000)

    def _woken(self, _mask: int) -> None:
        try:
            numbers = self._wake.recv(512)
        except OSError:
            return
        if signal.SIGWINCH in numbers and self.console:
            self.console.resized()
        if signal.SIGINT in numbers:
            self._sigint()
        for signum, cause in ((RESET, HARD), (CYCLE, PWRON)):
            if signum in numbers:
                self._next = (cause, 0.0)

    def _sigint(self) -> None:
        """SIGINT to the supervisor itself: with a console its matter, else the VM's."""
        if self.console:
            self.console.sigint()
        elif self.vm and not self.vm.ended():
            if not self.vm.interrupt() and not self.vm.ended():
                os.kill(self.vm.pid, signal.SIGINT)

    def _signals(self) -> None:
        for signum in _ENDING:
            signal.signal(signum, _end)
        for signum in (signal.SIGCHLD, signal.SIGINT, signal.SIGWINCH, RESET, CYCLE):
            signal.signal(signum, lambda *_: None)  # the wake-up fd tells
        signal.set_wakeup_fd(self._wake_end.fileno(), warn_on_full_buffer=False)

    def _close(self) -> None:
        for signum in (*_ENDING, signal.SIGINT, RESET, CYCLE):
            signal.signal(signum, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        if self.vm:
            self.vm.close()
        if self.console:
            self.console.close()
        self._selector.close()
        self._wake.close()
        self._wake_end.close()


def _end(signum: int, _frame) -> None:
    for again in _ENDING:
        signal.signal(again, signal.SIG_IGN)  # one is enough, and must not disturb the clean-up
    raise Ended(signum)
