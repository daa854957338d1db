"""What stands between a host tool and a board in tests: a cable that can be pulled, and ports with something
else, or nothing, behind them."""
from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import tty
from typing import Callable, Optional

HOLD = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
if sys.argv[2] == "lock":
    fcntl.flock(fd, fcntl.LOCK_EX)
print(flush=True)
sys.stdin.read()
"""


class Port:
    """A pty whose far end a thread serves: `answer(data) -> bytes` gets what the host sends.

    `name` is a link that goes with it: the system gives the pty's own name to the next one, of another test,
    and who tries this port again must not come to that.
    """

    def __init__(self, answer: Callable[[bytes], bytes] = lambda data: b"", also: int = -1):
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._folder = tempfile.mkdtemp()
        os.chmod(self._folder, 0o755)  # some tests are another user
        self.name = os.path.join(self._folder, "port")
        os.symlink(os.ttyname(self._slave), self.name)
        self.sent = 0  # bytes that came from the host
        self._answer, self._also = answer, also
        self._open = True
        self._wake, self._end = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Port:
        return self

    def __exit__(self, *_) -> None:
        os.write(self._end, b"x")
        self._thread.join()
        self.pull()
        os.close(self._wake)
        os.close(self._end)

    def pull(self) -> None:
        """As when a cable is pulled: the port is gone."""
        if self._open:
            self._open = False
            shutil.rmtree(self._folder)
            os.close(self.master)
            os.close(self._slave)

    def _serve(self) -> None:
        while self._open:
            ready = select.select([fd for fd in (self.master, self._also, self._wake) if fd >= 0], [], [])[0]
            if self._wake in ready:
                return
            if self._also in ready:
                os.write(self.master, os.read(self._also, 4096))
            if self.master in ready:
                data = os.read(self.master, 4096)
                self.sent += len(data)
                answer = self._answer(data)
                if self._open and answer:
                    os.write(self.master, answer)


class Cable(Port):
    """A port that leads to another one, and is gone when `cut` bytes went to the board; `on_cut()` is called
    then. `marks`: after how many bytes each write of the host ended."""

    def __init__(self, tty_name: str, cut: Optional[int] = None, on_cut: Callable[[], None] = lambda: None):
        self._board = os.open(tty_name, os.O_RDWR | os.O_NOCTTY)
        self._cut, self._on_cut = cut, on_cut
        self.marks: list = []
        super().__init__(self._forward, self._board)

    def cut(self) -> None:
        """Pull it with the next byte that goes to the board."""
        self._cut = self.sent

    def _forward(self, data: bytes) -> bytes:
        self.marks.append(self.sent)
        over = 0 if self._cut is None else self.sent - self._cut
        data = data[:len(data) - over] if over > 0 else data
        while data:
            data = data[os.write(self._board, data):]
        if over >= 0 and self._cut is not None:
            self._on_cut()
            self.pull()
        return b""

    def __exit__(self, *args) -> None:
        super().__exit__(*args)
        os.close(self._board)


def board_that_says(facts: str) -> Callable[[bytes], bytes]:
    """What answers like a MicroPython of another version: no raw paste, and `facts` to whoever asks."""
    text = bytearray()

    def answer(data: bytes) -> bytes:
        out = b""
        for i in range(len(data)):
            byte = data[i:i + 1]
            if byte == b"\x03":
                text.clear()
            elif byte == b"\x01" and text.endswith(b"\x05A"):
                text.clear()
                out += b"R\x00"
            elif byte == b"\x01":
                text.clear()
                out += b"raw REPL; CTRL-B to exit\r\n>"
            elif byte == b"\x04":
                said = f"{facts}\r\ndone\r\n".encode() if b".go(" in text else b""
                text.clear()
                out += b"OK" + said + b"\x04\x04>"
            else:
                text.extend(byte)
        return out

    return answer


def held_by_another(name: str, lock: bool) -> subprocess.Popen:
    """A program that has a port open, or for itself; it lets go when its input is closed."""
    process = subprocess.Popen([sys.executable, "-S", "-c", HOLD, name, "lock" if lock else ""], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    return process
