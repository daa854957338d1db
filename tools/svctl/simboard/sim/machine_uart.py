# The simulated board's `machine.UART`: what comes in is "uart" of simulation.json or sim.send(); what a
# program wrote has sim.sent(). A stream for asyncio, too.
import io
from time import sleep_ms, ticks_diff, ticks_ms

import sim_world

_KEPT = const(256)  # bytes of the receive buffer: what comes then is lost, as on a board
_POLL = const(3)  # ioctl
_READ = const(1)
_WRITE = const(4)

lines = {}  # id -> _Line


class _Line:
    """One UART of the board, however many objects there are for it."""

    def __init__(self, id):
        self.entry = sim_world.script().get("uart", {}).get(str(id), {})
        self.came = b""
        self.sent = b""
        self.asked = b""  # written, and not answered yet
        self.next = 0

    def receive(self, data):
        self.came = (self.came + data)[:_KEPT]

    def look(self):
        """What has come until now."""
        steps = self.entry.get("sends", ())
        while self.next < len(steps) and steps[self.next][0] <= sim_world.now():
            self.receive(steps[self.next][1].encode())
            self.next += 1
        return self.came

    def take(self, n):
        data = self.look()[:n]
        self.came = self.came[len(data) :]
        return data

    def send(self, data):
        self.sent = (self.sent + data)[-_KEPT:]
        self.asked = (self.asked + data)[-_KEPT:]
        for question, answer in self.entry.get("answers", {}).items():
            if self.asked.endswith(question.encode()):
                self.asked = b""
                self.receive(answer.encode())
                break


def line(id):
    id = getattr(id, "id", id)
    if id not in lines:
        lines[id] = _Line(id)
    return lines[id]


class UART(io.IOBase):
    def __init__(self, id, baudrate=115200, bits=8, parity=None, stop=1, *, timeout=0, **options):
        if id not in (0, 1, 2):
            raise ValueError("UART(%s) doesn't exist" % id)
        self.id = id
        self._line = line(id)
        self._timeout = timeout

    def init(self, baudrate=115200, bits=8, parity=None, stop=1, *, timeout=None, **options):
        if timeout is not None:
            self._timeout = timeout

    def deinit(self):
        pass

    close = deinit

    def any(self):
        return len(self._line.look())

    def _wait(self):
        begun = ticks_ms()
        while not self._line.look() and ticks_diff(ticks_ms(), begun) < self._timeout:
            sleep_ms(1)

    def read(self, n=-1):
        self._wait()
        return self._line.take(n if n >= 0 else _KEPT) or None

    def readinto(self, buf, n=-1):
        data = self.read(len(buf) if n < 0 else min(n, len(buf)))
        if data is None:
            return None
        buf[: len(data)] = data
        return len(data)

    def readline(self):
        self._wait()
        came = self._line.look()
        end = came.find(b"\n")
        return self._line.take(end + 1 if end >= 0 else len(came)) or None

    def write(self, buf):
        data = buf.encode() if isinstance(buf, str) else bytes(buf)
        self._line.send(data)
        return len(data)

    def flush(self):
        pass

    def txdone(self):
        return True

    def ioctl(self, request, flags):
        if request != _POLL:
            return 0
        return flags & (_WRITE | (_READ if self._line.look() else 0))

    def __repr__(self):
        return "UART(%d)" % self.id
