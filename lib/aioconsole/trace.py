# A traceback as whoever typed the code wants it: without the console's own frames, and with the
# line numbers of what was typed. An error of the manager, like an unknown name, is one line, unless it came
# from within a function that was typed; so is a loop in the loop. Loaded for one error.

import io
import sys

_FILE = b"  File "
_TYPED = b'  File "<stdin>", line '
_ALONE = _TYPED + b"1, in <module>"
_OURS = (b"lib/aio", b"/repl_service.", b'"asyncio/')
_LONGEST = const(200)
_MOST = const(16)  # lines of a message
_PIECE = const(64)


class _Frames(io.IOBase):
    # Takes a traceback in pieces, hands it on line by line: a deep one must not fill the heap.

    def __init__(self, shift):
        self.shift = shift  # lines that the console put before those typed
        self.kept = None  # of an error of the manager: the lines, without its own frames
        self.line = b""
        self.longest = _LONGEST  # bytes of a line
        self.told = 0  # lines of its message

    def write(self, piece):
        for at in range(0, len(piece), _PIECE):
            first, *more = (self.line + bytes(piece[at : at + _PIECE])).split(b"\n")
            for line in more:
                self.put(first)
                first = line
            self.line = first
            if len(first) > self.longest or self.told > _MOST:
                self.line = first[: self.longest] + b"\xe2\x80\xa6\n"
                raise EOFError
        return len(piece)

    def ioctl(self, request, arg):
        return 0

    def put(self, line):
        if self.shift >= 0 and line.startswith(_FILE) and b"aioconsole" in line:
            return
        self.told = 0 if line.startswith(b"  File ") else self.told + 1
        if self.shift > 0 and line.startswith(_TYPED):
            number, comma, name = line[len(_TYPED) :].partition(b", in ")
            if not comma or name == b"_typed":
                line = _TYPED + str(max(1, int(number) - self.shift)).encode()
                line += b", in <module>" if comma else b""
        if self.kept is None:
            sys.stdout.write(_plain(line) + b"\n")
        elif not line.startswith(_FILE) or not any([path in line for path in _OURS]):
            self.kept.append(line)


def _plain(line):
    # Without what a terminal would obey, or a host take for the end.
    return bytes([c if c > 31 or 8 < c < 11 else 63 for c in line])


def _is_told(error):
    # Whether it is one of the manager's, which says all that there is to say.
    errors = sys.modules.get("aiobase.errors")
    if isinstance(error, RuntimeError):
        return error.args == ("the loop runs already; await it instead",)
    return errors is not None and isinstance(error, errors.ServiceError)


def show(error, shift=0):
    """Prints the traceback of an error; `shift` lines of the code were the console's; -1: all of them."""
    if shift < 0 and isinstance(error, UnicodeError):
        sys.stdout.write("UnicodeError: what was typed is no UTF-8\n")
        return
    stream = _Frames(shift)
    if shift >= 0 and _is_told(error):
        stream.kept = []
        stream.longest *= 5  # names that there are
    try:
        sys.print_exception(error, stream)
    except Exception as e:  # there is more of it, or it cannot be shown
        if not isinstance(e, EOFError):
            stream.line += b"\n"
    kept = stream.kept
    if kept:
        if kept[1] == _ALONE and not kept[2].startswith(_FILE):
            del kept[:2]
        for line in kept:
            sys.stdout.write(_plain(line) + b"\n")
    sys.stdout.write(_plain(stream.line))
    if type(error) is NameError and any([name in str(error) for name in ("'exit'", "'quit'")]):
        sys.stdout.write("Ctrl-D on an empty line ends everything; Ctrl-] leaves mpremote and `make repl`\n")
