"""The async console: lines, statements of several lines, completion and help. Every key typed through a pty on
the real VM."""
from __future__ import annotations

import pytest
from support.keys import (
    BACKSPACE, CTRL_C, CTRL_D, CTRL_E, DELETE, DOWN, HOME, LEFT, MAIN, PROMPT, RIGHT, UP, completed, run, text_of,
)


# -- lines ---------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_enter(console, end):
    console.send("1+1" + end + "2+2" + end)
    console.send("n and 3\r")
    assert console.expect("3\r\n" + PROMPT).endswith("1+1\r\n2\r\n--> 2+2\r\n4\r\n--> n and 3\r\n3\r\n--> ")


@pytest.mark.parametrize(
    "keys, text",
    [
        ("ac" + LEFT + "b", "abc"),
        ("bc" + HOME + RIGHT + "a", "abc"),
        ("bc\x1b[1~" + RIGHT + "a", "abc"),
        ("bc\x1bOH" + RIGHT + "a", "abc"),
        ("ab" + HOME + RIGHT + DELETE + DELETE + "xy", "xy"),
        ("abX" + BACKSPACE + "c", "abc"),
        ("abX\x08c", "abc"),
        ("abXc" + LEFT + BACKSPACE, "abc"),
        ("ab" + BACKSPACE * 2 + "c", "c"),
        ("aXb" + LEFT + LEFT + CTRL_D, "ab"),
        ("a\u00e9\u2192" + BACKSPACE, "a\u00e9"),
        ("\u00e9\u2192" + LEFT + LEFT + "a" + RIGHT + "b", "a\u00e9b\u2192"),
        ("\u00e9\u2192\U0001f600" + LEFT + BACKSPACE, "\u00e9\U0001f600"),
        ("\u00e9" + LEFT + DELETE + "b", "b"),
        ("ab" + LEFT + CTRL_E + "c", "abc"),
        ("ab" + LEFT + "\x1b[8~c", "abc"),
    ],
)
def test_editing(console, keys, text):
    assert text_of(console, keys) == text


def test_cursor_stops_at_the_ends(console):
    console.send(LEFT * 3 + BACKSPACE + DELETE + RIGHT * 3 + "1+1" + RIGHT * 3 + DELETE + LEFT * 9 + "4\r")
    console.expect("42\r\n" + PROMPT)


def test_history(console):
    run(console, "1+1")
    run(console, "2+2")
    console.send(UP + UP + "0\r")
    console.expect("11\r\n" + PROMPT)
    console.send(UP + UP + UP + DOWN + DOWN + "\r")
    console.expect("11\r\n" + PROMPT)
    console.send(UP + DOWN + "5\r")
    console.expect("5\r\n" + PROMPT)


def test_history_is_bounded(console):
    for i in range(12):
        run(console, "%d+100" % i)
    run(console, "'%s'" % ("x" * 200))
    console.send(UP * 20 + "\r")
    console.expect("102\r\n" + PROMPT)


def test_a_repeated_line_is_kept_once(console):
    for line in ("1+1", "2+2", "2+2"):
        run(console, line)
    console.send(UP * 2 + "\r")
    console.expect("2\r\n" + PROMPT)


@pytest.mark.parametrize(
    "keys",
    [
        "\x1b", "\x1b\x1b", "\x1b\x1b[A", "\x1b[", "\x1bO", "\x1b[Z", "\x1b[99~", "\x1b[12345678901",
        "\x1b[1;5", "\x1b[1;5C", "\x1b[?25h", "\x1b[;;;~", "\x1b[~", "\x1b[200~", "\x1bOP", "\x1b[3", "\x00",
        "\x1c\x1d\x1e\x1f",
        "\x06\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a", "\x1b[\x7f",
    ],
)  # fmt: skip
def test_wrong_and_cut_sequences(console, keys):
    console.send(keys + CTRL_C)
    console.expect("\r\n" + PROMPT)
    console.send(keys + "\r")
    console.expect("\r\n" + PROMPT)
    assert run(console, "1+1") == "2"


def test_binary_never_breaks_it(console):
    keys = bytes(set(range(256)) - {1, 4, 5, 9}) * 5
    for i in range(0, len(keys), 100):
        console.send(keys[i : i + 100])
    console.send(b"\xff\xfe\xc3\r")
    console.expect("\r\nUnicodeError: what was typed is no UTF-8\r\n" + PROMPT)
    console.send(CTRL_C)
    console.expect(PROMPT)
    assert run(console, "1+1") == "2"


def test_line_is_bounded(console):
    text = "x" * (4096 - len("len('')"))
    console.send("len('" + text + "')")
    console.expect("')")
    console.send("z")
    console.expect("\a")
    console.send("\r")
    console.expect("%d\r\n" % len(text) + PROMPT)
    console.send("y" * 10000 + CTRL_C)
    console.expect("\a")
    console.expect(PROMPT)
    assert run(console, "1+1") == "2"


# -- statements of several lines -----------------------------------------------


def test_block_ends_with_an_empty_line(console):
    console.send("for i in range(2):\r")
    console.expect("\r\n... ")
    console.send(" if i:  # yes:\r")
    console.expect("\r\n... ")
    console.send("  print('i', i)\r")
    console.expect("\r\n... ")
    console.send("\r")
    console.expect("i 1\r\n" + PROMPT)


@pytest.mark.parametrize(
    "lines, value",
    [
        (("(1,", "2)"), "(1, 2)"),
        (("[1,", "", "2]"), "[1, 2]"),
        (("{'a':", "{2:", "3}}"), "{'a': {2: 3}}"),
        (("len('(',", ")"), "1"),
        (("\'\'\'a", "", "(b\'\'\'"), "'a\\n\\n(b'"),
        (("1 + \\", "2"), "3"),
        (("(1,  # )", "2)"), "(1, 2)"),
    ],
)
def test_open_brackets_and_quotes_go_on(console, lines, value):
    for line in lines[:-1]:
        console.send(line + "\r")
        console.expect(line + "\r\n... ")
    assert run(console, lines[-1]).endswith(value)


@pytest.mark.parametrize(
    "line, value",
    [("'('", "'('"), ('"[\\"{"', "'[\"{'"), ("len('#:')", "2"), ("5  # (", "5")],
)
def test_what_is_not_open(console, line, value):
    assert run(console, line) == value


def test_decorated_function(console):
    run(console, "@staticmethod\rdef f(): return 4\r")
    assert run(console, "f") != ""


def test_ctrl_c_drops_a_statement(console):
    console.send("for i in range(2):\r")
    console.expect("... ")
    console.send(" 1/0" + CTRL_C)
    console.expect("\r\n" + PROMPT)
    assert run(console, "1+1") == "2"


def test_paste_mode(console):
    console.send(CTRL_E)
    console.expect("paste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
    console.send("def f():\r\n    return 5\r\n\r\nq = f()\nprint(q)\r")
    console.expect("print(q)\r\n=== ")
    console.send(CTRL_D)
    console.expect("5\r\n" + PROMPT)


def test_paste_mode_awaits(console):
    console.send(CTRL_E + "await asyncio.sleep(0)\rv = 3\r" + CTRL_D)
    console.expect("v = 3")
    console.expect(PROMPT)
    assert run(console, "v") == "3"


def test_paste_mode_cancelled(console):
    console.send(CTRL_E + "1/0\r" + CTRL_C)
    console.expect("=== \r\n" + PROMPT)
    assert run(console, "1+1") == "2"


# -- completion and help -------------------------------------------------------

LAZY = """
_TABLE = {"alpha_one": "file", "alpha_two": "file"}
_HELP = {"alpha_one": "alpha_one(x): does it"}
def __getattr__(name):
    if name in _TABLE:
        return len
    raise AttributeError(name)
"""


@pytest.mark.parametrize(
    "keys, line",
    [
        ("asyncio.new_e\t", "asyncio.new_event_loop"),
        ("asyn\t", "asyncio"),
        ("len(asyncio.core.cur_t\t", "len(asyncio.core.cur_task"),
        ("lazy.al\t", "lazy.alpha_"),
        ("lazy.alpha_t\t", "lazy.alpha_two"),
        ("texts.gam\t", "texts.gamma"),
        ("memoryv\t", "memoryview"),
        ("(lazy.alpha_o)" + LEFT + "\t", "(lazy.alpha_one)"),
        ("nothing.at.a\t", "nothing.at.a"),
        ("1/0.\t", "1/0."),
        ("\u00e9\xff\t", "\u00e9\xff"),
    ],
)
def test_completion(board, keys, line):
    console = board(MAIN % "", lazy=LAZY, texts='_TABLE = " =file gamma delta "')
    run(console, "import lazy, texts")
    assert completed(console, keys) == line


def test_completion_lists_candidates(board):
    console = board(MAIN % "", lazy=LAZY)
    run(console, "import lazy")
    console.send("lazy.alpha_\t")
    console.expect("\r\nalpha_one  alpha_two\r\n" + PROMPT + "lazy.alpha_")
    console.send("one\r")
    console.expect("<function>\r\n" + PROMPT)


def test_tab_indents(console):
    run(console, "if 1:\r\tt = 5\r")
    assert run(console, "t") == "5"


def test_help(board):
    console = board(MAIN % "", lazy=LAZY)
    run(console, "import lazy")
    assert "alpha_one(x): does it" in run(console, "?lazy")
    assert run(console, "?lazy.alpha_one").endswith("alpha_one(x): does it")
    assert run(console, "?n").endswith("<class 'int'>")
    assert run(console, "?nothing") == "nothing is not known"
    assert "Ctrl-D" in run(console, "?")
