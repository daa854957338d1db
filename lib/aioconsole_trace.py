# A traceback as whoever typed the code wants it: without the console's own frames, and with the
# line numbers of what was typed. An error of the manager, like an unknown name, is one line, unless it came
# from within a function that was typed; so is a loop in the loop. Loaded for one error.
import io
import sys

_FILE = b"  File "
_TYPED = b'  File "<stdin>", line '
_ALONE = _TYPED + b"1, in <module>"
_OURS = (b"lib/aio", b"/repl_service.", b'"asyncio/')


class _Frames(io.IOBase):
    # Takes a traceback in pieces, hands it on line by line: a deep one must not fill the heap.

    def __init__(self, shift):
        self.shift = shift  # lines that the console put before those typed
        self.kept = None  # of an error of the manager: the lines, without its own frames
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
        if self.kept is None:
            sys.stdout.write(line + b"\n")
        elif not line.startswith(_FILE) or not any([path in line for path in _OURS]):
            self.kept.append(line)


def _is_told(error):
    # Whether it is one of the manager's, which says all that there is to say.
    errors = sys.modules.get("aioclass_errors")
    if isinstance(error, RuntimeError):
        return error.args == ("the loop runs already; await it instead",)
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
    sys.print_exception(error, stream)
    kept = stream.kept
    if kept:
        if kept[1] == _ALONE and not kept[2].startswith(_FILE):
            del kept[:2]
        for line in kept:
            sys.stdout.write(line + b"\n")
    sys.stdout.write(stream.line)
    if isinstance(error, NameError) and str(error).split("'")[1:2] in (["exit"], ["quit"]):
        sys.stdout.write("Ctrl-D on an empty line ends everything; Ctrl-] leaves mpremote and `make repl`\n")
