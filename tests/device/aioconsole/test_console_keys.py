"""Every key of the console, as docs/aioconsole.md lists them; what a person sees on terminals that are
narrower than the line; and whatever comes over a bad wire: SEEDS=200 in the environment tries more of that."""
from __future__ import annotations

import itertools
import os
import random
import re
import time
import unicodedata

import pytest
from support.harness import ROOT
from support.keys import BACKSPACE, DELETE, DOWN, END, HOME, LEFT, MAIN, PROMPT, RIGHT, UP, completed, run
from support.screen import Screen

# (the key's name in the document, lines run before, what is typed, what the line is then)
KEYS = [
    ("Enter", (), "1+1\rab", "ab"),
    ("Ctrl-J", (), "1+1\nab", "ab"),
    ("Left", (), "ac" + LEFT + "b", "abc"),
    ("Left", (), "ac\x1bODb", "abc"),
    ("Ctrl-B", (), "ac\x02b", "abc"),
    ("Right", (), "bc" + HOME + "a" + RIGHT + "x", "abxc"),
    ("Ctrl-F", (), "bc" + HOME + "a\x06x", "abxc"),
    *[("Home", (), "bc" + keys + "a", "abc") for keys in ("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x1b[1;5H")],
    ("Ctrl-A", (), "bc\x01a", "abc"),
    *[("End", (), "ab" + HOME + keys + "c", "abc") for keys in ("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~")],
    ("Ctrl-E", (), "ab" + HOME + "\x05c", "abc"),
    *[(key, (), "ab cd.ef" + keys + keys + "X", "ab Xcd.ef") for key, keys in (
        ("Ctrl-Left", "\x1b[1;5D"), ("Ctrl-Left", "\x1bOd"), ("Ctrl-Left", "\x1b[5D"), ("Alt-Left", "\x1b[1;3D"),
        ("Alt-B", "\x1bb"), ("Alt-B", "\x1bB"))],
    *[(key, (), "ab cd.ef" + HOME + keys + keys + "X", "ab cdX.ef") for key, keys in (
        ("Ctrl-Right", "\x1b[1;5C"), ("Ctrl-Right", "\x1bOc"), ("Ctrl-Right", "\x1b[5C"),
        ("Alt-Right", "\x1b[1;3C"), ("Alt-F", "\x1bf"), ("Alt-F", "\x1bF"))],
    ("Backspace", (), "abX" + BACKSPACE + "c", "abc"),
    ("Backspace", (), "aXb" + LEFT + BACKSPACE, "ab"),
    ("Backspace", (), "      " + BACKSPACE + "x", "    x"),
    ("Ctrl-H", (), "abX\x08c", "abc"),
    ("Delete", (), "aXb" + LEFT * 2 + DELETE, "ab"),
    ("Ctrl-D", (), "aXb" + LEFT * 2 + "\x04", "ab"),
    ("Ctrl-W", (), "ab cd.ef\x17X", "ab X"),
    ("Ctrl-W", (), "ab cd  \x17X", "ab X"),
    ("Alt-Backspace", (), "ab cd.ef\x1b\x7fX", "ab cd.X"),
    ("Alt-Backspace", (), "ab cd.ef\x1b\x08X", "ab cd.X"),
    ("Alt-D", (), "ab cd" + HOME + "\x1bdX", "X cd"),
    ("Ctrl-Delete", (), "ab cd" + HOME + "\x1b[3;5~X", "X cd"),
    ("Alt-Delete", (), "ab cd" + HOME + "\x1b[3;3~X", "X cd"),
    ("Ctrl-U", (), "abc" + LEFT + "\x15X", "Xc"),
    ("Ctrl-K", (), "abc" + LEFT * 2 + "\x0bX", "aX"),
    ("Ctrl-Y", (), "abc\x15X\x19\x19", "Xabcabc"),
    ("Ctrl-Y", (), "cut\x15\r\x19", "cut"),
    ("Ctrl-T", (), "ab\x14c", "bac"),
    ("Ctrl-T", (), "abc" + LEFT + "\x14X", "acbX"),
    ("Ctrl-T", (), "a\x14\u00e9\x14", "\u00e9a"),
    ("Up", ("11", "22"), UP + UP + "5", "115"),
    ("Ctrl-P", ("11", "22"), "\x10\x105", "115"),
    ("Down", ("11", "22"), "9" + UP + UP + DOWN + "5", "225"),
    ("Down", ("11", "22"), "typed" + UP + UP + DOWN + DOWN + "5", "typed5"),
    ("Ctrl-N", ("11", "22"), "\x10\x10\x0e5", "225"),
    ("Ctrl-R", ("123", "456", "234"), "23\x12", "234"),
    ("Ctrl-R", ("123", "456", "234"), "23\x12\x12", "123"),
    ("Ctrl-R", ("123", "456", "234"), "23\x12\x12" + DOWN + DOWN + DOWN, "23"),
    ("Ctrl-R", ("123",), "qq\x12", "qq"),
    ("Tab", (), "asynci\t", "asyncio"),
    ("Ctrl-L", (), "ab\x0cc", "abc"),
    ("Ctrl-C", (), "1/0\x03ab", "ab"),
]
# Sequences of other keys: they do nothing and leave nothing behind.
OTHERS = ["\x1b[2~", "\x1b[5~", "\x1b[6~", "\x1bOP", "\x1b[11~", "\x1b[24~", "\x1b[[A", "\x1b[[E", "\x1b[Z", "\x1b[1;2P",
          "\x1b[200~", "\x1b[201~", "\x1b[I", "\x1b[M", "\x1b[?1;2c", "\x00", *"\x07\x0f\x11\x13\x16\x18\x1a\x1c\x1d\x1e\x1f"]


@pytest.fixture
def console(vm32):
    session = vm32.session(MAIN % "")
    session.expect(PROMPT)
    return session


def test_every_key(console):
    wrong = []
    for key, before, keys, line in KEYS:
        for each in before:
            run(console, each)
        found = completed(console, keys)
        if found != line:
            wrong.append((key, keys, found, line))
    assert wrong == []


def test_all_other_keys_do_nothing(console):
    assert [keys for keys in OTHERS if completed(console, "ab" + keys + "c") != "abc"] == []


def test_the_document_lists_these_keys():
    page = (ROOT / "docs" / "aioconsole.md").read_text()
    table = re.findall(r"^\| ([A-Z].*?) \|", page[page.index("| key |"):], re.M)
    assert {name for row in table for name in row.split(", ")} == {key for key, *_ in KEYS}


# --- blocks ---


def test_blocks_are_indented(console):
    console.send("for i in range(2):\r")
    console.expect("\r\n...     ")
    console.send("if i:  # why:\r")
    console.expect("\r\n...         ")
    console.send("print('odd', i)\r")
    console.expect("\r\n...         ")
    console.send(BACKSPACE + "print('all', i)\r")
    console.expect("i)\r\n...     ")
    console.send("\r")
    console.expect("all 0\r\nodd 1\r\nall 1\r\n" + PROMPT)


def test_who_indents_himself_is_left_alone(console):
    for lines in ("if n:\r  if n:\r    x = 1\r  y = 2\r\r", "if n:\r\tx = 1\r\ty = 2\r\r",
                  "if n:\r\n x = 1\r\n y = 2\r\n\r\n", "if n:\rx = 1\ry = 2\r\r"):
        run(console, "x = y = 0")
        console.send(lines)
        console.expect(PROMPT)
        assert run(console, "'is', x, y").endswith("('is', 1, 2)"), lines


def test_no_indentation_inside_texts_and_after_a_backslash(console):
    console.send("if n: t = '''a:\r  b:\rc'''\r\r")
    console.expect(PROMPT)
    assert run(console, "'is', t").endswith("('is', 'a:\\n  b:\\nc')")
    console.send("if n:\r    u = 1 + \\\r2\r\r")
    console.expect(PROMPT)
    assert run(console, "'is', u").endswith("('is', 3)")


# --- the screen ---


def shown(screen):
    return "\n".join(screen.text()).rstrip()


class Typist:
    """Types at a console behind a screen, and waits until that shows a line with the cursor in its place."""

    def __init__(self, session, width, answers=True):
        self.session, self.screen, self.answers = session, Screen(width), answers
        session.send("\r")
        session.expect("\r\n" + PROMPT)
        self.screen.take(PROMPT)
        self.top = 0  # the row of the prompt

    def type(self, keys, before, after=""):
        """`before` and `after` are the line's text on both sides of the cursor."""
        self.session.send(keys)
        width = self.screen.width
        wanted = Screen(width)
        wanted.take("\n" * self.top + PROMPT + before)
        place = self._place(wanted)
        wanted.take(after)
        self.wait(lambda: shown(self.screen) == shown(wanted) and self._place(self.screen) == place,
                  lambda: (shown(wanted), place))

    def wait(self, right, wanted):
        until = time.monotonic() + 5
        while not right() or self.screen.answers and self.answers:
            if self.screen.answers and self.answers:
                self.session.send(self.screen.answers.pop(0))
            if time.monotonic() > until:
                raise AssertionError(("seen", shown(self.screen), self._place(self.screen), "wanted", *wanted()))
            try:
                self.screen.take(self.session.expect(re.compile(r"[^\0]+"), 0.1))
            except AssertionError:
                continue

    def _place(self, screen):
        full = screen.column == screen.width
        return (screen.row + full, 0 if full else screen.column)


LONG = "'0123456789 abc def \u4e2d\u6587\u5b57 ghi \u00e9\u00e8 e\u0301 \U0001f600 xyz 0123456789 end'"


def boundaries(text):
    """Where a cursor may stand; a combining accent is a character of its own here."""
    return range(len(text) + 1)


@pytest.mark.parametrize("width", [17, 20, 40, 79])
def test_lines_longer_than_the_terminal(console, width):
    typist = Typist(console, width)
    typist.type(LONG, LONG)
    for at in reversed(boundaries(LONG)[:-1]):
        typist.type(LEFT, LONG[:at], LONG[at:])
    typist.type("XY", "XY", LONG)
    typist.type(BACKSPACE + BACKSPACE, "", LONG)
    typist.type(END, LONG)
    for cut in range(1, 31):
        typist.type(BACKSPACE, LONG[:-cut])
    for more in range(30):
        typist.type("x", LONG[:-30] + "x" * (more + 1))
    line = LONG[:-30] + "x" * 30
    typist.type(HOME + DELETE * 2, "", line[2:])
    typist.type("\x0b", "")
    typist.type("\x19", line[2:])
    typist.type(HOME, "", line[2:])
    console.send("\x03")
    rows = sum(unicodedata.east_asian_width(c) in "WF" for c in line) + len(line) > 0
    typist.wait(lambda: typist.screen.text()[-1] == "-->" and typist.screen.row == len(typist.screen.rows) - 1, str)
    assert rows and len([row for row in typist.screen.text() if row.startswith("-->")]) == 2


def test_history_of_long_and_short_lines(console):
    run(console, "'" + "long " * 20 + "'")
    run(console, "7")
    typist = Typist(console, 30)
    long = "'" + "long " * 20 + "'"
    for keys, text in ((UP, "7"), (UP, long), (DOWN, "7"), (UP, long), (DOWN + DOWN, "")):
        typist.type(keys, text)


def test_the_screen_is_cleared_and_the_line_stays(console):
    typist = Typist(console, 30)
    typist.type("1234567890" * 4 + LEFT, "1234567890" * 3 + "123456789", "0")
    typist.screen.take("a service says something\r\n")
    typist.type("\x0c", "1234567890" * 3 + "123456789", "0")


def test_a_terminal_that_does_not_answer_has_80_columns(console):
    typist = Typist(console, 80, answers=False)
    typist.type("x" * 100 + LEFT, "x" * 99, "x")
    typist.type(HOME, "", "x" * 100)


# --- a bad wire ---

PIECES = ["\x1b", "\x1b[", "\x1b[1", "\x1b[1;5", "\x1bO", "\x1b[3", "\x1b[200~", "\x1b]0;title\x07", UP, DOWN, LEFT, RIGHT,
          HOME, END, DELETE, "\x1b[1;5C", "\x1b[1;5D", "\x1bb", "\x1bd", "\x1b[24;80R", "\x1b[1;0R", "\x1b[;R", "\x1b[9999999;9999999R",
          "\r", "\n", "\r\n", "\t", "(\r", "'''", "if 1:\r", "x = 1\r", "await asyncio.sleep(0)\r", "\u00e9", "\u4e2d", "\U0001f600",
          "\x05A\x01", "\x01", "\x02", "\x03", "\x04", "\x05"]
# Whatever state the bytes left behind.
MARKS = itertools.count(10000)
RECOVER = "\x03\x03\x02\r\x03"
# After Ctrl-D there is another console.
AGAIN = """
import asyncio, aioconsole
async def main():
    while await aioconsole.task(on_exit=lambda: None) == "exit":
        pass
asyncio.run(main())
"""


def noise(rng):
    """Bytes as they come from a bad wire, a wrong baud rate, or a binary file that was pasted."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 200))
    if kind == 1:
        return bytes(rng.randrange(32) for _ in range(rng.randrange(1, 40)))
    if kind == 2:
        whole = "".join(rng.choice("\u00e9\u4e2d\U0001f600a") for _ in range(rng.randrange(1, 50))).encode()
        return whole[rng.randrange(3):len(whole) - rng.randrange(3)]
    if kind == 3:
        return b"x" * rng.randrange(1, 5000)
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 20))).encode()


def flood(console, seed, count):
    """Types noise; the prompt has to work every now and then, and at the end. Returns the heap in use."""
    rng = random.Random(seed)
    for i in range(count):
        console.send(noise(rng))
        if i % 10 == 9 or i == count - 1:
            mark = f"{seed} {next(MARKS)}"  # noise may repeat a line of the history
            console.send(RECOVER + f"'alive' + ' {mark}'\r")
            console.expect(f"'alive {mark}'\r\n" + PROMPT, 30)
    for _ in range(12):  # the same history each time
        run(console, "_ = 0")
        run(console, "_ = 1")
    console.send("cut\x15\r")
    console.expect("\r\n" + PROMPT)
    run(console, "import gc; gc.collect(); await asyncio.sleep(0)")
    least = []
    for _ in range(4):
        run(console, "gc.collect()")
        least.append(int(run(console, "gc.mem_alloc()")))
    return min(least)


@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("SEEDS", "2"))))
def test_noise_never_breaks_it(vm32, seed):
    """The same noise thrice: what it leaves the first time are names, which MicroPython keeps for good."""
    console = vm32.session(AGAIN)
    console.expect(PROMPT)
    run(console, "import asyncio")
    heaps = [flood(console, seed, 30) for _ in range(3)]
    assert min(heaps[2] - heaps[1], heaps[1] - heaps[0]) <= 64, (seed, heaps)
