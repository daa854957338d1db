# The console's line editor: cursor keys, Delete, history. Loaded by the first such key in a
# line and forgotten with the line.
from micropython import const

# Escape sequences are _ESC plus their last letter; numbered ones have a letter's code too.
_ESC = const(256)
_NUMBERED = b"\0H\0XF\0\0HF"  # 1 and 7 Home, 4 and 8 End, 3 Delete
_UP = const(321)
_DOWN = const(322)
_RIGHT = const(323)
_LEFT = const(324)
_END = const(326)
_HOME = const(328)
_DELETE = const(344)


def _edge(line, at, step):
    # The next place in UTF-8 `line` where the cursor may stand.
    at += step
    while 0 < at < len(line) and line[at] & 0xC0 == 0x80:
        at += step
    return min(max(at, 0), len(line))


class Editor:
    """The cursor in the line of a `console`, and its place in the history."""

    def __init__(self, console):
        self.console = console
        self.at = len(console.line)
        self.back = 0  # how many lines ago

    async def key(self, c):
        """Does what key `c` does to the line; returns 0, or `c` if it is none of an editor's."""
        while c == 27:
            c = await self.escape()
        line = self.console.line
        at = self.at
        if c == 8 or c == 127:
            self.at = _edge(line, at, -1)
            line[self.at : at] = b""
        elif c == _DELETE or c == 4 and line:
            line[at : _edge(line, at, 1)] = b""
        elif c == _LEFT:
            self.at = _edge(line, at, -1)
        elif c == _RIGHT:
            self.at = _edge(line, at, 1)
        elif c == _HOME:
            self.at = 0
        elif c == _END or c == 5 and line:
            self.at = len(line)
        elif c == _UP or c == _DOWN:
            self.recall(1 if c == _UP else -1)
        else:
            return c if c < _ESC else 0
        self.redraw()
        return 0

    async def escape(self):
        # The key whose sequence has begun, 0 if unknown. A byte that cannot be part of one ends
        # it and counts as typed.
        key = self.console.key
        c = await key()
        if c != 0x5B and c != 0x4F:
            return c
        n = 0
        for _ in range(8):
            c = await key()
            if 0x30 <= c <= 0x39:
                n = n * 10 + c - 0x30
            elif c == 0x7E:
                return _ESC + _NUMBERED[n] if n < len(_NUMBERED) else 0
            elif 0x40 <= c < 0x7E:
                return _ESC + c
            elif not 0x20 <= c < 0x40:
                return c
        return 0

    def recall(self, step):
        # Another line of the history, or an empty one after the last.
        history = self.console.history
        back = self.back + step
        if 0 <= back <= len(history):
            self.back = back
            self.console.line[:] = history[-back].encode() if back else b""
            self.at = len(self.console.line)

    def insert(self, text):
        """Puts `text` (bytes) at the cursor."""
        line = self.console.line
        line[self.at : self.at] = text
        self.at += len(text)
        if self.at == len(line):
            self.console.write(text)
        else:
            self.redraw()

    def redraw(self):
        """Shows the prompt, the line and the cursor anew, in the row where they are."""
        console = self.console
        console.write("\r")
        console.show()
        console.write(console.line)
        console.write("\x1b[K")
        n = 0
        for i in range(self.at, len(console.line)):
            n += console.line[i] & 0xC0 != 0x80
        if n:
            console.write("\x1b[%dD" % n)
