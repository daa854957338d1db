# What is told of an error, and what is kept of it: whatever it says, however long that is. Loaded with the
# first one; short of memory aiobase does without.

import io
import sys

import aiobase
from aiobase import is_interrupt

_LONGEST = const(200)  # characters
_BYTES = const(800)  # of so many characters at most
_LARGE = const(1 << 30)  # no errno is
_FRAMES = const(16)  # of a deeper one the two ends are kept
_OUTER = const(4)  # how many of them are those of the outer end


class _Text(io.IOBase):
    """A stream that takes so many characters and then raises: what is cut anyway is never made whole.

    "?" stands for what a terminal obeys, and where it is no UTF-8.
    """

    def __init__(self, left):
        self._left = left  # characters to come; below 0: there was one more
        self._data = bytearray()

    def write(self, buf):
        data = self._data
        for byte in buf.encode() if isinstance(buf, str) else buf:  # str: CPython's print()
            if byte & 192 != 128 or len(data) > _BYTES:
                self._left -= 1
                if self._left < 0:
                    raise EOFError
                if byte < 9 or 10 < byte < 32:
                    byte = 63
            data.append(byte)
        return len(buf)

    def text(self):
        data = self._data
        try:
            text = str(data, "utf8")
        except UnicodeError:
            for i in range(len(data)):
                if data[i] > 126:
                    data[i] = 63
            text = str(data, "utf8")
        return text if self._left >= 0 else text + "…"


def said(*values):
    """What print() shows of these, one behind the other: 200 characters at most, then "…".

    "" where there is no memory; of a value that cannot be shown what came before that.
    """
    stream = _Text(_LONGEST)
    try:
        for value in values:
            print(value, end="", file=stream)
    except BaseException as e:  # there was more, or an author's __str__()
        if is_interrupt(e):
            raise
    return stream.text()


def describe(error, name):
    """An error in one text, behind the name of its class."""
    text = "" if isinstance(error, type) else said(error)
    if not text:  # there is none, or its __str__() raises
        value = _value(error)
        text = "" if value in ((), None) else said(value)
    return said(name, ": ", text) if text else said(name)


class _Frames(io.IOBase):
    """A stream that takes the frames of a traceback, and raises where its message begins."""

    def __init__(self):
        self._line = self.last = b""
        self.found = []  # those outside of the manager
        self.more = 0

    def write(self, buf):
        line = self._line = self._line + bytes(buf[:_LONGEST])
        if not (line.startswith(b"  File ") or b"Traceback (".startswith(line[:11])):
            raise EOFError
        if line.endswith(b"\n"):
            self._line = b""
            if b"lib/aio" in line:
                self.last = line
            elif line[0] == 32:
                self.found.append(line)
                if len(self.found) > _FRAMES:
                    self.found.pop(_OUTER)
                    self.more += 1
        return len(buf)


def frames(error):
    """The lines of its traceback that say where it was raised, as bytes; of a deep one both ends."""
    stream = _Frames()
    try:
        sys.print_exception(error, stream)
    except BaseException as e:  # its message begins
        if is_interrupt(e) and e is not error:
            raise
    found = stream.found
    if stream.more:
        found.insert(_OUTER, b"  \xe2\x80\xa6 %d more\n" % stream.more)
    return b"".join(found) or stream.last


def _value(error):
    """What an error of its class is made of anew: errno, text, () for nothing; None: what describe() says."""
    try:
        args = tuple(error.args)
        value = args[0] if args else ()
        if type(value) is int and abs(value) < _LARGE and (len(args) == 1 or isinstance(error, OSError)):
            return value
        if not args or type(value) is str and len(args) == 1 and len(value) < _LONGEST:
            return value
    except BaseException as e:  # an author's own class
        if is_interrupt(e):
            raise
    return None


def kept_of(error, service):
    """(class, describe(), argument, uptime, frames) of an error; errors.anew() makes one of that."""
    for name in ("error", "first") if service is not None else ():
        try:
            delattr(service, name)  # what somebody has set there would hide it
        except AttributeError:
            pass
    cls = type(error)
    return cls, describe(error, cls.__name__), _value(error), aiobase.uptime(), frames(error)
