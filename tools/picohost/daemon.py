"""The process of one running board: it holds the board's pty and control socket, and passes bytes between
them and the emulator, which dies with it. tools/picohost/boards.py starts it and talks to it."""
from __future__ import annotations

import errno
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Optional

from svctl.simboard.console import make_raw
from svctl.simboard.supervisor import die_with

EMULATOR = Path(__file__).resolve().parent / "emulator" / "main.mjs"
CHUNK = 4096
MOST = 65536  # bytes that may wait for a host that has the port open
LOOK = 0.02  # s between looks whether a host has opened the port
ASKS = 20  # s until somebody who connected has said what is asked


class Ended(Exception):
    """The board is to end, or the emulator has."""


class Daemon:
    """Passes bytes between pty and emulator, and commands between socket and emulator."""

    def __init__(self, node: str, package: Path, image: int, control: socket.socket, off: bool):
        self._selector = selectors.DefaultSelector()
        self._pty, slave = os.openpty()
        make_raw(slave)
        self.tty = os.ttyname(slave)
        os.close(slave)  # so that it can be seen whether a host has it open
        os.set_blocking(self._pty, False)
        self._watched = False
        self._to_board = self._to_host = b""
        self._serial, serial = socket.socketpair()
        self._wire, wire = socket.socketpair()
        self._emulator = _spawn(node, package, (serial.fileno(), wire.fileno(), image), off)
        for end in (serial, wire):
            end.close()
        for end in (self._serial, self._wire):
            end.setblocking(False)
        self._answers = b""
        self._asked: dict[int, socket.socket] = {}
        self._next = 0
        self._control = control
        self._selector.register(self._serial, selectors.EVENT_READ, self._from_board)
        self._selector.register(self._wire, selectors.EVENT_READ, self._answered)
        self._selector.register(control, selectors.EVENT_READ, self._called)

    def run(self) -> None:
        """Until a stop, or the emulator's end."""
        try:
            while True:
                self._look()
                for key, mask in self._selector.select(LOOK if not self._watched else None):
                    key.data(mask)
        except Ended:
            pass
        finally:
            self._emulator.kill()
            self._emulator.wait()

    # The serial port.

    def _look(self) -> None:
        """Watch the pty while a host has it open; what the board prints otherwise is lost."""
        if self._watched:
            return
        self._watch(self._open())
        if not self._watched:
            self._to_host = b""
            self._from_host(0)  # a host that has gone already may have left something

    def _open(self) -> bool:
        poll = select.poll()
        poll.register(self._pty, select.POLLIN)
        return not any(events & select.POLLHUP for _, events in poll.poll(0))

    def _watch(self, watched: bool) -> None:
        if watched and not self._watched:
            self._selector.register(self._pty, selectors.EVENT_READ, self._ready)
        elif self._watched and not watched:
            self._selector.unregister(self._pty)
        self._watched = watched

    def _ready(self, mask: int) -> None:
        if mask & selectors.EVENT_READ:
            self._from_host(mask)
        if mask & selectors.EVENT_WRITE:
            self._write_host()

    def _from_host(self, _mask: int) -> None:
        try:
            self._to_board += os.read(self._pty, CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno == errno.EIO:
                self._watch(False)
            return
        self._write_board()

    def _write_board(self) -> None:
        try:
            self._to_board = self._to_board[self._serial.send(self._to_board):] if self._to_board else b""
        except BlockingIOError:
            pass
        except OSError as error:
            raise Ended from error
        self._modify()

    def _from_board(self, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._write_board()
        if mask & selectors.EVENT_READ:
            try:
                data = self._serial.recv(CHUNK)
            except BlockingIOError:
                return
            if not data:
                raise Ended
            self._to_host = (self._to_host + data)[-MOST:] if self._watched else b""
            self._write_host()

    def _write_host(self) -> None:
        if self._to_host:
            try:
                self._to_host = self._to_host[os.write(self._pty, self._to_host):]
            except BlockingIOError:
                pass
            except OSError:
                self._to_host = b""
        self._modify()

    def _modify(self) -> None:
        """Have the selector tell when something that waits can be written; read no more than can wait."""
        read, write = selectors.EVENT_READ, selectors.EVENT_WRITE
        self._selector.modify(self._serial, read | (write if self._to_board else 0), self._from_board)
        if self._watched:
            wanted = (read if len(self._to_board) < MOST else 0) | (write if self._to_host else 0)
            self._selector.modify(self._pty, wanted or write, self._ready)

    # Commands.

    def _called(self, _mask: int) -> None:
        self._look()  # a host that opened the port before it asked misses nothing
        client, _ = self._control.accept()
        client.settimeout(ASKS)
        try:
            request = json.loads(client.makefile().readline())
        except (OSError, ValueError):
            client.close()
            return
        if request["command"] == "stop":
            client.sendall(b'{"state": "stopped"}\n')
            client.close()
            raise Ended
        self._next += 1
        self._asked[self._next] = client
        self._wire.sendall(json.dumps({**request, "id": self._next}).encode() + b"\n")

    def _answered(self, _mask: int) -> None:
        data = self._wire.recv(CHUNK)
        if not data:
            raise Ended
        *lines, self._answers = (self._answers + data).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            client = self._asked.pop(answer.pop("id"))
            try:
                client.sendall(json.dumps({**answer, "tty": self.tty, "pid": os.getpid()}).encode() + b"\n")
            except OSError:
                pass  # it did not wait
            client.close()


def _spawn(node: str, package: Path, files: tuple[int, int, int], off: bool) -> subprocess.Popen:
    """Start the emulator with its files: serial port, commands, flash image."""
    parent = os.getpid()
    command = [node, str(EMULATOR), *map(str, files), *(["off"] if off else [])]
    return subprocess.Popen(command, pass_fds=files, start_new_session=True, stdin=subprocess.DEVNULL,
                            env={**os.environ, "RP2040JS": str(package)}, preexec_fn=lambda: die_with(parent))


def serve(node: str, package: Path, image: int, control: Path, ready: Optional[int], off: bool) -> None:
    """Run a board until it is stopped; write the name of its tty to `ready` when it is there."""
    listener = socket.socket(socket.AF_UNIX)
    control.unlink(missing_ok=True)
    listener.bind(str(control))
    listener.listen(8)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _end)
    daemon = Daemon(node, package, image, listener, off)
    if ready is not None:
        os.write(ready, json.dumps({"tty": daemon.tty}).encode() + b"\n")
        os.close(ready)
    try:
        daemon.run()
    finally:
        control.unlink(missing_ok=True)


def _end(_number: int, _frame) -> None:
    raise Ended


if __name__ == "__main__":
    node, package, image, control, ready, parent, *off = sys.argv[1:]
    if int(parent):
        die_with(int(parent))
    serve(node, Path(package), int(image), Path(control), int(ready), bool(off))
