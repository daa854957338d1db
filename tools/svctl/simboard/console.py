"""The wire between a simulated board's console and a person's terminal or a host's pty: an inner
pty as the board's UART, bytes relayed as they are, Ctrl-C as a board takes it."""
from __future__ import annotations

import fcntl
import os
import select
import selectors
import signal
import struct
import sys
import termios
import time
import tty
from pathlib import Path
from typing import Callable, Optional

from svctl.errors import BoardError
from svctl.simboard.supervisor import Ended
from svctl.simboard.uart import Uart

CTRL_C, CTRL_BACKSLASH = 0x03, 0x1C
CHUNK = 1024
QUEUE = 65536
# The unix port ends when a SIGINT comes before the last one was handled; a board does not.
REST = 0.2
# A UART does not wait for a listener: after so long without one, what is printed is lost.
PATIENCE = 2


def make_raw(fd: int) -> None:
    """Raw input without echo, and raw output."""
    mode = termios.tcgetattr(fd)
    mode[0] = 0
    mode[1] = 0
    mode[2] = mode[2] & ~(termios.CSIZE | termios.PARENB) | termios.CS8 | termios.CREAD | termios.CLOCAL
    mode[3] = 0
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    termios.tcsetattr(fd, termios.TCSANOW, mode)


class Console:
    """Relays between the VM's pty and a host side, given as file descriptors to read and write."""

    def __init__(self) -> None:
        self._in = self._out = -1  # the host side
        self._inbox = bytearray()  # read from the host, Ctrl-C not yet looked for
        self._to_vm = bytearray()
        self._to_host = bytearray()
        self._lives = 0
        self._rest_until = 0.0
        self._waiting_since: Optional[float] = None  # since when the host side takes nothing

    # What differs between a terminal and a pty for hosts.

    def _open_host(self) -> None:
        raise NotImplementedError

    def _close_host(self) -> None:
        raise NotImplementedError

    def sigint(self) -> None:
        raise NotImplementedError

    def resized(self) -> None:
        pass

    def _ends(self, byte: int) -> bool:
        return False

    def _gone(self) -> None:
        """The host side cannot be read or written any more."""
        raise Ended(signal.SIGHUP)

    def _lost(self) -> bool:
        """May output be thrown away now, as nobody takes it?"""
        return False

    # What the supervisor calls.

    def open(self, selector: selectors.BaseSelector, interrupt: Callable[[], bool]) -> None:
        self._selector, self._interrupt = selector, interrupt
        self._master, self._slave = os.openpty()
        os.set_blocking(self._master, False)
        self._open_host()
        self._events = {}
        self._watch()

    def power_on(self) -> int:
        """The fd of the new VM's standard streams; what was typed to the last one is gone."""
        make_raw(self._slave)
        self._uart = Uart()
        if self._lives:
            termios.tcflush(self._slave, termios.TCIFLUSH)
            self._to_vm.clear()
        self._lives += 1
        self.resized()
        return self._slave

    def due(self) -> Optional[float]:
        """When `work` has to be called next at the latest."""
        times = []
        if self._inbox:
            times.append(self._rest_until)
        if self._waiting_since is not None and not self._lost():
            times.append(self._waiting_since + PATIENCE)
        return min(times) if times else None

    def work(self) -> None:
        """Move on what was read."""
        self._sort()
        if self._to_host and self._waiting_since is None:
            self._waiting_since = time.monotonic()
        if self._lost():
            self._to_host.clear()
        self._watch()

    def drain(self, last: bool) -> None:
        """Relay what the VM printed before its end; `last`: no life follows."""
        while True:
            try:
                data = os.read(self._master, CHUNK)
            except OSError:
                break
            self._to_host += self._uart.take(data)
        until = time.monotonic() + PATIENCE
        while self._to_host and not self._lost() and time.monotonic() < until:
            with selectors.DefaultSelector() as selector:
                selector.register(self._out, selectors.EVENT_WRITE)
                if selector.select(0.05):
                    self._write_host()

    def close(self) -> None:
        if self._in >= 0:
            self._close_host()
            os.close(self._master)
            os.close(self._slave)

    # The relay.

    def _watch(self) -> None:
        """Tell the selector what may be read and written now."""
        wanted: dict[int, int] = {}
        read, write = selectors.EVENT_READ, selectors.EVENT_WRITE
        if len(self._to_vm) + len(self._inbox) < QUEUE:
            wanted[self._in] = read
        if self._to_host:
            wanted[self._out] = wanted.get(self._out, 0) | write
        else:
            wanted[self._master] = read
        if self._to_vm:
            wanted[self._master] = wanted.get(self._master, 0) | write
        for fd in {*wanted, *self._events}:
            mask = wanted.get(fd, 0)
            if mask == self._events.get(fd, 0):
                continue
            if not mask:
                self._selector.unregister(fd)
            elif self._events.get(fd):
                self._selector.modify(fd, mask, lambda ready, fd=fd: self._ready(fd, ready))
            else:
                self._selector.register(fd, mask, lambda ready, fd=fd: self._ready(fd, ready))
            self._events[fd] = mask

    def _ready(self, fd: int, ready: int) -> None:
        if fd == self._master:
            if ready & selectors.EVENT_WRITE:
                self._write_vm()
            if ready & selectors.EVENT_READ:
                self._to_host += self._uart.take(self._read(fd))
        if fd == self._out and ready & selectors.EVENT_WRITE:
            self._write_host()
        if fd == self._in and ready & selectors.EVENT_READ:
            data = self._read(fd)
            if not data:
                self._gone()
            self._inbox += data

    @staticmethod
    def _read(fd: int) -> bytes:
        try:
            return os.read(fd, CHUNK)
        except OSError:
            return b""

    def _write_vm(self) -> None:
        try:
            del self._to_vm[:os.write(self._master, self._to_vm)]
        except OSError:
            pass

    def _write_host(self) -> None:
        try:
            sent = os.write(self._out, self._to_host[:CHUNK])
        except BlockingIOError:
            return
        except OSError:
            self._to_host.clear()
            self._gone()
            return
        if sent:
            self._waiting_since = None
            del self._to_host[:sent]

    def _sort(self) -> None:
        """Hand the host's bytes on, a Ctrl-C as a signal if the VM listens to it."""
        while self._inbox:
            at = next((i for i, byte in enumerate(self._inbox) if byte == CTRL_C or self._ends(byte)), None)
            self._to_vm += self._inbox[:at]
            del self._inbox[:len(self._inbox) if at is None else at]
            if at is None:
                return
            if self._ends(self._inbox[0]):
                raise Ended(signal.SIGQUIT)
            if time.monotonic() < self._rest_until:
                return
            if self._interrupt():
                self._rest_until = time.monotonic() + REST
            else:
                self._to_vm.append(CTRL_C)
            del self._inbox[0]


class Terminal(Console):
    """The console is the person's own terminal: raw while the board runs, restored at its end."""

    def _open_host(self) -> None:
        self._in, self._out = sys.stdin.fileno(), sys.stdout.fileno()
        self._mode = termios.tcgetattr(self._in)
        tty.setraw(self._in, termios.TCSANOW)

    def _close_host(self) -> None:
        try:
            termios.tcsetattr(self._in, termios.TCSANOW, self._mode)
        except termios.error:
            pass  # the terminal is gone

    def resized(self) -> None:
        try:
            size = fcntl.ioctl(self._in, termios.TIOCGWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
            fcntl.ioctl(self._slave, termios.TIOCSWINSZ, size)
        except OSError:
            pass

    def sigint(self) -> None:
        self._inbox.append(CTRL_C)

    def _ends(self, byte: int) -> bool:
        return byte == CTRL_BACKSLASH


class Port(Console):
    """The console is a pty that hosts attach to by a link: a board's serial port."""

    def __init__(self, link: Path) -> None:
        super().__init__()
        self._link = link

    def _open_host(self) -> None:
        # The slave stays open here: the port is there whether a host is attached or not.
        self._in, self._keep = os.openpty()
        self._out = self._in
        os.set_blocking(self._in, False)
        make_raw(self._keep)
        name = os.ttyname(self._keep)
        try:
            if self._link.is_symlink() and not self._link.exists():
                self._link.unlink()
            self._link.symlink_to(name)
        except FileExistsError:
            raise BoardError(f"{self._link} exists: another board's console? "
                             "Name another path, or remove it") from None
        except OSError as error:
            raise BoardError(f"{self._link}: {error.strerror}") from error
        self._linked = name
        print(f"board: console at {self._link} -> {name}", file=sys.stderr, flush=True)

    def _close_host(self) -> None:
        linked = getattr(self, "_linked", None)
        if linked and self._link.is_symlink() and os.readlink(self._link) == linked:
            self._link.unlink()
        os.close(self._in)
        os.close(self._keep)

    def drain(self, last: bool) -> None:
        super().drain(last)
        # A port that closes takes along what its host has not read yet: give it a moment.
        until, left, calm = time.monotonic() + PATIENCE, -1, 0
        while last and calm < 2 and time.monotonic() < until:
            select.select([self._keep], [], [], 0)  # only a poll has what is still on its way counted
            now = struct.unpack("i", fcntl.ioctl(self._keep, termios.FIONREAD, bytes(4)))[0]
            if now != left:
                until, left = time.monotonic() + PATIENCE, now
            calm = calm + 1 if now == 0 else 0
            time.sleep(0.003)

    def sigint(self) -> None:
        raise Ended(signal.SIGINT)

    def _gone(self) -> None:
        pass  # hosts come and go

    def _lost(self) -> bool:
        return self._waiting_since is not None and time.monotonic() - self._waiting_since > PATIENCE
