# A traceback as whoever typed the code wants it: without the console's own frames, and with the
# line numbers of what was typed. Loaded for one error.
import io
import sys

_FILE = b"  File "
_TYPED = b'  File "<stdin>", line '


class _Frames(io.IOBase):
    # Takes a traceback in pieces, hands it on line by line: a deep one must not fill the heap.

    def __init__(self, shift):
        self.shift = shift  # lines that the console put before those typed
        self.line = b""

    def write(self, piece):
        first, *more = (self.line + bytes(piece)).split(b"\n")
        for line in more:
            self.put(first)
            first = line
        self.line = first
        return len(piece)

    def ioctl(self, request, arg):
        return 0

    def put(self, line):
        if self.shift >= 0 and line.startswith(_FILE) and b"aioconsole" in line:
            return
        if self.shift > 0 and line.startswith(_TYPED):
            number, comma, name = line[len(_TYPED) :].partition(b", in ")
            if not comma or name == b"_typed":
                line = _TYPED + str(max(1, int(number) - self.shift)).encode()
                line += b", in <module>" if comma else b""
        sys.stdout.write(line + b"\n")


def show(error, shift=0):
    """Prints the traceback of an error; `shift` lines of the code were the console's; -1: all of them."""
    if shift < 0 and isinstance(error, UnicodeError):
        sys.stdout.write("UnicodeError: what was typed is no UTF-8\n")
        return
    stream = _Frames(shift)
    sys.print_exception(error, stream)
    sys.stdout.write(stream.line)
