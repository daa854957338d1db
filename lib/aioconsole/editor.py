# The console's line editor: cursor keys, Delete, history, automatic indentation. Loaded by the first
# such key in a line and forgotten with the line; words, kills and search are in rarekeys.py.

import asyncio

_QUEUE = const(16)  # bytes of an escape sequence, at most
_PLAIN = const(39)  # columns that fit on any terminal
_PATIENCE = const(20)  # times 10 ms for a terminal's answer
# Escape sequences are _ESC plus their last letter, those with Ctrl or Alt _MOD more; an Alt-key
# is _ALT plus its letter. Numbered ones have a letter's code too.
_ESC = const(256)
_MOD = const(256)
_ALT = const(768)
_NUMBERED = b"\0H\0XF\0\0HF"  # 1 and 7 Home, 4 and 8 End, 3 Delete
_UP = const(321)
_DOWN = const(322)
_RIGHT = const(323)
_LEFT = const(324)
_END = const(326)
_HOME = const(328)
_ANSWER = const(338)  # the letter of a cursor position report
_DELETE = const(344)
_KEYS = b"\x01\x02\x04\x05\x06\x0e\x10"  # Ctrl-A B D E F N P, and what they are:
_SAME = b"HDXFCBA"
_ENDS = (-1, 3, 10, 13)  # these end a line
_WORDS = (11, 12, 18, 20, 21, 23, 25)  # Ctrl-K L R T U W Y
_WIDE = (0x1100, 0x115F, 0x2E80, 0xA4CF, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE30, 0xFE6F, 0xFF00, 0xFF60,
         0xFFE0, 0xFFE6, 0x1F300, 0x1F64F, 0x1F680, 0x1F6FF, 0x1F900, 0x1F9FF, 0x20000, 0x3FFFD)  # fmt: skip


def _columns(code):
    # How many columns a character takes on a terminal.
    if 0x300 <= code < 0x370 or 0x200B <= code < 0x2010 or 0xFE00 <= code < 0xFE10:
        return 0  # joins the one before
    for i in range(0, len(_WIDE), 2):
        if _WIDE[i] <= code <= _WIDE[i + 1]:
            return 2
    return 1


class Editor:
    """The cursor in the line of a `console`, and its place in the history."""

    def __init__(self, console):
        self.console = console
        self.at = len(console.line)
        self.back = 0  # how many lines ago
        self.typed = b""  # the line that was left for the history
        self.last = 0  # the key before
        self.fresh = False  # all there is is an indentation that nobody typed
        self.asked = False
        self.width = getattr(console, "width", 80)
        self.row = self.end_row()  # the cursor's, below the prompt's

    # --- keys ---

    async def key(self, c):
        """Does what key `c` does to the line; returns 0, or `c` if it is none of an editor's."""
        while c == 27:
            c = await self.escape()
        if self.fresh and c != 10:
            self.fresh = False
            if c == 32 or c == 9:  # who types or pastes the indentation needs no other
                self.console.auto = False
                self.cut(0, self.at)
                self.redraw()
        if self.asked or not (c < 32 or c == 127 or c >= _ESC) or c in _ENDS:
            return self.act(c)
        then = await self.measure()
        c = self.act(c)
        if then:
            self.console.type(c)
            return self.act(then)
        return c

    def act(self, c):
        # Does it, as far as it can be done without waiting.
        line = self.console.line
        same = _KEYS.find(bytes((c,))) if 0 < c < 32 and (line or c > 5) else -1
        key = _ESC + _SAME[same] if same >= 0 else c
        at = self.at
        if key == 8 or key == 127:
            blank = not line[:at].strip()
            self.cut((at - 1) // 4 * 4 if blank and at else self.edge(at, -1), at)
        elif key == _DELETE:
            self.cut(at, self.edge(at, 1))
        elif key == _LEFT:
            self.at = self.edge(at, -1)
        elif key == _RIGHT:
            self.at = self.edge(at, 1)
        elif key == _HOME:
            self.at = 0
        elif key == _END:
            self.at = len(line)
        elif key == _UP or key == _DOWN:
            self.recall(1 if key == _UP else -1)
        elif key >= _ESC or key in _WORDS:
            from aioconsole import _rare

            _rare("rarekeys").act(self, key)
        else:
            if key in _ENDS:  # what comes now is below the line
                self.at = len(line)
                if at != self.at:
                    self.redraw()
            return c
        self.last = key
        self.redraw()
        return 0

    async def escape(self):
        # The key whose sequence has begun, 0 if unknown. A byte that cannot be part of one ends
        # it and counts as typed.
        key = self.console.key
        c = await key()
        if c != 0x5B and c != 0x4F:
            return _ALT + c if c > 0 and chr(c) in "bBfFdD\x7f\x08" else c
        first = n = 0
        for i in range(_QUEUE):
            c = await key()
            if 0x30 <= c <= 0x39:
                n = min(n * 10 + c - 0x30, 9999)
            elif c == 0x3B:
                first, n = first or n, 0
            elif c == 0x7E:
                c = _NUMBERED[first or n] if (first or n) < len(_NUMBERED) else 0
                return _ESC + c + (_MOD if first == 3 and n > 2 else 0) if c else 0
            elif c == 0x5B and not i:  # F1 to F5 of a Linux console
                c = await key()
                return 0 if 0x40 <= c < 0x7F else c
            elif 0x40 <= c < 0x7E:
                if _ESC + c == _ANSWER and first:
                    self.resize(n)
                    return 0
                return _ESC + c + (_MOD if n > 2 and c in b"CD" else 0)
            elif not 0x20 <= c < 0x40:
                return c
        return 0

    # --- the line ---

    def edge(self, at, step):
        """The next place from `at` on, backwards or forwards, where the cursor may stand."""
        line = self.console.line
        at += step
        while 0 < at < len(line) and line[at] & 0xC0 == 0x80:
            at += step
        return min(max(at, 0), len(line))

    def cut(self, start, end):
        """Takes line[start:end] away; the cursor stands there then. Returns it."""
        line = self.console.line
        text = bytes(line[start:end])
        line[start:end] = b""
        self.at = start
        return text

    def put(self, text):
        """Another line, with the cursor at its end."""
        self.console.line[:] = text
        self.at = len(text)

    def recall(self, step):
        # Another line of the history; after the last the one that was being typed.
        history = self.console.history
        back = self.back + step
        if 0 <= back <= len(history):
            if not self.back:
                self.typed = bytes(self.console.line)
            self.back = back
            self.put(history[-back].encode() if back else self.typed)

    def insert(self, text):
        """Puts `text` (bytes) at the cursor."""
        line = self.console.line
        line[self.at : self.at] = text
        self.at += len(text)
        if self.at == len(line):
            self.console.write(text)
            self.row = self.end_row()
        else:
            self.redraw()

    def indent(self):
        """Begins a line in a block with as much indentation as it will need."""
        from aioconsole import _rare

        source = self.console.source
        last = source.split("\n")[-2]
        n = len(last) - len(last.lstrip())
        if last.split("#")[0].rstrip()[-1:] == ":":
            n += 4
        if n and last.rstrip()[-1:] != "\\" and not _rare("assist").is_open(source):
            self.console.insert(b" " * n)
            self.fresh = True

    # --- the screen ---

    def place(self, end):
        """(row, column) on the screen, below the prompt's row, where line[end] stands."""
        line = self.console.line
        row = i = 0
        column = len("... " if self.console.source else self.console.prompt)
        while i < end:
            code = line[i]
            stop = min(i + 4, len(line))
            i += 1
            if code >= 0xC0:
                code &= 0x1F >> (code >= 0xE0) >> (code >= 0xF0)
                while i < stop and line[i] & 0xC0 == 0x80:
                    code = code << 6 | line[i] & 0x3F
                    i += 1
            n = _columns(code) if code > 127 else 1
            column += n
            if column > self.width:  # does not fit there any more
                row += 1
                column = n
        if column == self.width:
            return row + 1, 0
        return row, column

    def end_row(self):
        # The row of a cursor behind the line. After a row's last column a terminal stays there
        # until one more character comes.
        row, column = self.place(len(self.console.line))
        return row - (row > 0 and not column)

    def redraw(self):
        """Shows the prompt, the line and the cursor anew, from the row of the prompt on."""
        console = self.console
        if self.row:
            console.write("\x1b[%dA" % self.row)
        console.write("\r")
        console.show()
        console.write(console.line)
        row, column = self.place(len(console.line))
        if row and not column:
            console.write("\n")
        console.write("\x1b[J")
        self.row = row
        if self.at < len(console.line):
            self.row, column = self.place(self.at)
            if row > self.row:
                console.write("\x1b[%dA" % (row - self.row))
            console.write("\r")
            if column:
                console.write("\x1b[%dC" % column)

    def below(self, text):
        """Prints something below the line, and the line once more below that."""
        rows = self.place(len(self.console.line))[0] - self.row
        console = self.console
        console.write("\n" * (rows + 1) + text + "\n")
        console.show()
        console.write(console.line)
        self.row = self.end_row()
        if self.at < len(console.line):
            self.redraw()

    async def measure(self):
        # Asks the terminal for its width where that matters, once a line: a host answers nothing.
        # Returns a key that came instead.
        console = self.console
        row, column = self.place(len(console.line))
        if not row and column <= _PLAIN:
            return 0
        self.asked = True
        console.write("\x1b7\x1b[999C\x1b[6n\x1b8")
        for _ in range(_PATIENCE):
            if console.head < console.tail or console.poll.poll(0):
                c = await console.key()
                while c == 27:
                    c = await self.escape()
                return c
            await asyncio.sleep_ms(10)
        return 0

    def resize(self, width):
        # The terminal has told its width.
        if 9 < width != self.width:
            self.console.width = self.width = width
            row, column = self.place(self.at)
            self.row = row - (row > 0 and not column and self.at == len(self.console.line))
            self.redraw()
