# The journal: a ring of bytes, allocated once, that keeps the newest lines of text. Writing one allocates
# nothing. Logger, level and streamlog are attributes of this room, too; their files are loaded on use.

import io
from struct import pack_into

from aiobase import lookup

# A line in the ring is a header, the name and the text, one after the other. The header:
#   bytes of the line (2 bytes), of its name (1), level (1, bit 7: something was cut),
#   stamp (4, seconds of the clock). lines.py reads it.
_HEAD = const(8)
_CUT = const(128)
# The longest line that fits the header.
_MOST = const(65535)
# Bytes of the stream that are looked at together.
_PIECE = const(256)
# Bytes behind the ring in which the length of a text is measured.
_SPARE = const(32)


class Journal(io.IOBase):
    """Keeps the newest lines in `size` bytes; also a stream for print and print_exception.

    `clock` returns the stamp of a line, in whole seconds. Lines are numbered from 0:
    `first` is the oldest one kept, `next` the one to come. Of a line that is longer than
    the ring the head is kept. An unfinished line of the stream ends where put() is called.
    """

    def __init__(self, size=2000, clock=int):
        self.size = size
        self.clock = clock
        # What lines get that are written to the stream.
        self.source = ""
        self.level = 20
        # An asyncio.Event that a follower puts here; each new line sets it.
        self.event = None
        # Positions count modulo twice the size: so a full ring differs from an empty one,
        # and a line comes or goes with one store, wherever a Ctrl-C interrupts the code.
        self.first = self.next = self._start = self._end = 0
        # The line being written behind `_end`: its bytes so far, those up to its text (0: there
        # is no such line), its flag.
        self._open = self._name = self._cut = 0
        # A header is never split: the ring's last one may reach behind its end.
        self.ring = io.BytesIO(size + _HEAD + _SPARE)
        self._head = bytearray(_HEAD)

    def put(self, level, name, text):
        """Writes one line; `name` and `text` are str or bytes."""
        if self._name:
            self._close(self.level)
        self._add(name, text, _MOST)
        self._close(level)

    def write(self, buf):
        """Stream: text up to a newline becomes a line, however many writes it takes."""
        data = buf.encode() if isinstance(buf, str) else buf
        for at in range(0, len(data), _PIECE):  # a long text is not made whole a second time
            lines = bytes(data[at : at + _PIECE]).split(b"\n")
            rest = lines.pop()
            for line in lines:
                self._add(self.source, line, _MOST)
                self._close(self.level)
            if rest:
                self._add(self.source, rest, _MOST)
        return len(buf)

    def ioctl(self, *_):
        """Stream: nothing to flush or close."""
        return 0

    def lines(self, since=0):
        """Yields (number, stamp, level, name, text), see lines.py."""
        from .lines import lines

        return lines(self, since)

    def _add(self, name, text, most):
        # Adds a text to the open line, or opens one under that name.
        size = self.size
        if not self._name and most == _MOST:
            self._open = _HEAD
            self._cut = 0
            self._add(name, name, min(size >> 2, 255))
            self._name = self._open
        ring = self.ring
        # len() counts the characters of a str, write() the bytes that lie behind them.
        n = len(text)
        more = _SPARE
        while more == _SPARE:
            ring.seek(size + _HEAD)
            more = ring.write(text, n, _SPARE)
            n += more
        most = min(most, min(size, _MOST) - self._open)
        if n > most:
            n = most
            self._cut = _CUT
        while (self._end - self._start) % (2 * size) + self._open + n > size:
            ring.seek(self._start % size)
            ring.readinto(self._head)
            self._start = (self._start + self._head[0] + (self._head[1] << 8)) % (2 * size)
            self.first += 1
        pos = (self._end + self._open) % size
        ring.seek(pos)
        done = ring.write(text, 0, min(n, size - pos))
        if done < n:
            ring.seek(0)
            ring.write(text, done, n - done)
        self._open += n

    def _close(self, level):
        level = level & 127 | self._cut
        pack_into("<HBBI", self._head, 0, self._open, self._name - _HEAD, level, self.clock())
        self.ring.seek(self._end % self.size)
        self.ring.write(self._head)
        self._end = (self._end + self._open) % (2 * self.size)
        self._name = 0
        self.next += 1
        if self.event is not None:
            self.event.set()


def __getattr__(name):
    return lookup(__name__, {"logger": "Logger level", "asyncmd": "streamlog"}, name)
