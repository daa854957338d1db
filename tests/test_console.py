"""The async console: every key typed through a pty on the real VM."""
from __future__ import annotations

import ast
import random
import re
import subprocess

import pytest
from harness import BOARD, mpremote

CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = "\x01", "\x02", "\x03", "\x04", "\x05"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE, BACKSPACE = "\x1b[H", "\x1b[F", "\x1b[3~", "\x7f"
PROMPT = "--> "
RAW = "raw REPL; CTRL-B to exit\r\n>"

# A board with a service that counts, so that a test can see whether services go on.
MAIN = """
import asyncio, aioconsole
n = 0
async def count():
    global n
    while True:
        n += 1
        await asyncio.sleep_ms(5)
async def main():
    asyncio.create_task(count())
    print("console ended:", await aioconsole.task(%s))
    before = n
    await asyncio.sleep_ms(50)
    print("services went on:", n > before)
asyncio.run(main())
"""

# Prints all the time, into a journal if anywhere while a host is attached.
NOISE = MAIN.replace("n += 1", "n += 1; print('noise', n)")
JOURNAL = """
import io, aioctl
class Journal(io.IOBase):
    text = ""
    def write(self, text):
        self.text = (self.text + str(text, "utf8"))[-200:]
        return len(text)
    def ioctl(self, request, arg):
        return 0
aioctl.set_log(Journal())
"""


@pytest.fixture
def board(vm):
    """Starts code with a console on a board that has further modules; waits for the prompt."""

    def start(code, prompt=PROMPT, **modules):
        for name, text in modules.items():
            vm.put("lib/%s.py" % name, text)
        session = vm.session(code)
        session.expect(prompt)
        return session

    return start


@pytest.fixture
def console(board):
    return board(MAIN % "")


def run(console, line, prompt=PROMPT):
    """What a line printed, without the last line end."""
    return console.line(line, prompt).rstrip("\n")


def text_of(console, keys):
    """What `keys` make of an empty line, typed inside quotes."""
    console.send("'" + keys + END + "'\r")
    output = console.expect(re.compile(r"\r\n'.*'\r\n" + PROMPT))
    return ast.literal_eval(output.split("\r\n")[-2])


def completed(console, keys):
    """What `keys` make of an empty line; it is quoted only then, since Tab inside quotes means services."""
    console.send(keys + HOME + "'" + END + "'\r")
    output = console.expect(re.compile(r"\r\n'.*'\r\n" + PROMPT))
    return ast.literal_eval(output.split("\r\n")[-2])


def ended(vm, code, typed):
    """The output of a board whose input is not a terminal and ends."""
    return vm.run(code, stdin=typed).out


def host(console, resume, *args):
    return mpremote(console, *args, resume=resume).out.replace("\r\n", "\n")


def raw_until(console, code, output):
    """Asks in raw mode until the answer is `output`; returns all other answers."""
    others = set()
    for _ in range(2000):
        console.send(code + CTRL_D)
        answer = console.expect("\x04>")
        if answer == "OK" + output + "\r\n\x04\x04>":
            return others
        others.add(answer)
    raise AssertionError("no %r, but %r" % (output, others))


# --- commands ---


def test_value_is_printed_and_kept(console):
    assert run(console, "1+1") == "2"
    assert run(console, "_*3") == "6"
    assert run(console, "None") == ""


def test_assignment_is_global(console):
    run(console, "x = 5")
    assert run(console, "x") == "5"


def test_globals_are_those_of_main(console):
    assert int(run(console, "n")) > 0


def test_given_globals_and_prompt(board):
    console = board(MAIN % "{'here': 7}, 'ready> '", prompt="ready> ")
    assert run(console, "here", "ready> ") == "7"
    assert "NameError" in run(console, "n", "ready> ")


def test_services_go_on_at_the_prompt(console):
    before = int(run(console, "n"))
    while int(run(console, "n")) < before + 10:
        pass


@pytest.mark.parametrize(
    "line, error",
    [
        ("1/0", "ZeroDivisionError: divide by zero"),
        ("1;;", "SyntaxError: invalid syntax"),
        ("raise SystemExit", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise MemoryError", "MemoryError"),
        ("bytearray(10000000)", "MemoryError: memory allocation failed"),
        ("raise asyncio.CancelledError", "CancelledError"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("await nothing", "NameError: name 'nothing' isn't defined"),
        ("await 1 +", "SyntaxError: invalid syntax"),
        ("await 1", "TypeError"),
        ("await asyncio.sleep(0); raise SystemExit", "SystemExit"),
        ("await asyncio.sleep(0); raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("await asyncio.sleep(0); raise asyncio.CancelledError", "CancelledError"),
        ("await asyncio.sleep(0); bytearray(10000000)", "MemoryError: memory allocation failed"),
    ],
)
def test_error_is_a_traceback_and_not_the_end(console, line, error):
    output = run(console, line)
    assert output.startswith("Traceback (most recent call last):")
    assert 'File "<stdin>", line' in output
    assert error in output.splitlines()[-1]
    assert run(console, "1+1") == "2"


@pytest.mark.parametrize(
    "line, output",
    [
        ("1/0", 'File "<stdin>", line 1, in <module>\nZeroDivisionError: divide by zero'),
        ("1 +", 'File "<stdin>", line 1\nSyntaxError: invalid syntax'),
        ("await asyncio.sleep(0) or 1/0", 'File "<stdin>", line 1, in <module>\nZeroDivisionError: divide by zero'),
        ("await 1 +", 'File "<stdin>", line 1\nSyntaxError: invalid syntax'),
        ("def f(): 1/0\r\rf()", 'File "<stdin>", line 1, in <module>\n  File "<stdin>", line 1, in f\n'
         "ZeroDivisionError: divide by zero"),
        ("for i in (1, 2):\r await asyncio.sleep(0)\r 1/0\r",
         'File "<stdin>", line 3, in <module>\nZeroDivisionError: divide by zero'),
    ],
)
def test_a_traceback_is_of_what_was_typed_alone(console, line, output):
    console.send(line + "\r")
    shown = console.expect(re.compile("Error: [a-z ]+\r\n" + PROMPT)).replace("\r\n", "\n")
    assert shown[shown.index("Trace"):] == "Traceback (most recent call last):\n  %s\n%s" % (output, PROMPT)


def test_repr_that_raises(console):
    run(console, "class Bad:\n __repr__ = lambda self: 1/0\n".replace("\n", "\r"))
    assert "ZeroDivisionError" in run(console, "Bad()")
    assert run(console, "1+1") == "2"


# --- await ---


def test_await_value(console):
    run(console, "async def two(): return 2")
    assert run(console, "await two()") == "2"
    assert run(console, "_ + 1") == "3"
    assert run(console, "[1, await two(), (await two()) + 1]") == "[1, 2, 3]"


@pytest.mark.parametrize(
    "line, name, value",
    [
        ("a = await two()", "a", "2"),
        ("a, b = await two(), 7", "b", "7"),
        ("a = b = await two()", "b", "2"),
        ("k = 1; k += await two()", "k", "3"),
        ("d = {}; d['x'] = await two()", "d", "{'x': 2}"),
        ("import os; await two()", "os", "<module 'os'>"),
        ("from os import sep as slash; await two()", "slash", "'/'"),
        ("await two(); import json as j", "j.dumps(1)", "'1'"),
        ("await two()  # a comment", "_", "2"),
        ("(w := await two())", "w", "2"),
        ("async with asyncio.Lock() as lock: z = 3", "z", "3"),
        ("for i in range(await two()): last = i", "last", "1"),
    ],
)
def test_names_of_an_await_line_are_global(console, line, name, value):
    run(console, "async def two(): return 2")
    run(console, line)
    assert run(console, name) == value


def test_await_inside_a_function_or_a_text_is_none_of_the_line(console):
    assert run(console, "'await'") == "'await'"
    run(console, "async def f(): return await asyncio.sleep(0, ) or 5")
    assert run(console, "await f()") == "5"


def test_await_in_a_block(console):
    run(console, "r = []")
    run(console, "for i in range(2):\r await asyncio.sleep(0)\r r.append(i)\r")
    assert run(console, "r") == "[0, 1]"


def test_services_go_on_while_a_command_waits(console):
    output = run(console, "m = n; await asyncio.sleep_ms(100); print(n - m > 5)")
    assert output == "True"


def test_keys_typed_meanwhile_are_kept(console):
    console.send("await asyncio.sleep_ms(200)\r")
    console.expect("200)\r\n")
    console.send("6*7\r")
    console.expect("42\r\n" + PROMPT)


def test_ctrl_c_cancels_the_command(console):
    console.send("await asyncio.sleep(100)\r")
    console.expect("100)\r\n")
    console.send(CTRL_C)
    assert console.expect(PROMPT) == "CancelledError: stopped by Ctrl-C\r\n" + PROMPT
    assert run(console, "1+1") == "2"


def test_ctrl_c_of_a_command_that_then_fails_shows_why(console):
    run(console, "async def bad():\r try: await asyncio.sleep(9)\r finally: 1/0\r")
    console.send("await bad()\r")
    console.expect("bad()\r\n")
    console.send(CTRL_C)
    assert "ZeroDivisionError" in console.expect(PROMPT)


def test_a_second_ctrl_c_leaves_a_command_that_does_not_stop(console):
    run(console,
        "async def stubborn():\r while n:\r  try: await asyncio.sleep(1)\r"
        "  except asyncio.CancelledError: print('no')\r"
    )
    console.send("await stubborn()\r")
    console.expect("stubborn()\r\n")
    console.send(CTRL_C)
    console.expect("no\r\n")
    console.send(CTRL_C)
    console.expect("left running\r\n" + PROMPT)
    console.expect("no\r\n")
    console.send("1+1\r")
    console.expect("2\r\n" + PROMPT)


def test_a_command_left_behind_ends_quietly(console):
    run(console, "event = asyncio.Event()")
    run(console,
        "async def late():\r while not event.is_set():\r  try: await event.wait()\r"
        "  except asyncio.CancelledError: pass\r print('late')\r return 77\r"
    )
    console.send("await late()\r")
    console.expect("late()\r\n")
    console.send(CTRL_C + CTRL_C)
    console.expect("left running\r\n" + PROMPT)
    console.send("event.set()\r")
    console.expect("late\r\n")
    assert "77" not in run(console, "1+1")


# --- Ctrl-C ---


def test_ctrl_c_interrupts_a_synchronous_command(console):
    console.send("exec('print(7)\\nwhile True: pass')\r")
    console.expect("7\r\n")
    console.ctrl("c")
    assert "KeyboardInterrupt" in console.expect(PROMPT)
    assert run(console, "1+1") == "2"


@pytest.mark.parametrize("line", ["print(7); time.sleep(60)", "for c in range(10**9): x = c or print(7)"])
def test_ctrl_c_ends_what_blocks(console, line):
    run(console, "import time")
    console.send(line + "\r")
    console.expect("\r\n7\r\n")
    console.ctrl("c")
    assert "KeyboardInterrupt" in console.expect(PROMPT)
    assert run(console, "1+1") == "2"


def test_ctrl_c_clears_the_line(console):
    console.send("1/0" + CTRL_C)
    console.expect("1/0\r\n" + PROMPT)
    assert run(console, "1+1") == "2"


def test_what_hosts_send_first_stops_nothing(console):
    for _ in range(5):
        console.send("\r" + CTRL_C)
        console.expect(PROMPT + "\r\n" + PROMPT)
    assert run(console, "1+1") == "2"


def test_ctrl_c_between_the_switches_stays_inside(board):
    # The firmware raises a Ctrl-C wherever it arrives: here in each kbd_intr() there is.
    fake = """
import micropython
calls = []
def kbd_intr(char):
    calls.append(char)
    if len(calls) in when and char == -1:
        raise KeyboardInterrupt
    micropython.kbd_intr(char)
when = range(30)
import aioconsole
aioconsole.kbd_intr = kbd_intr
"""
    console = board(fake + MAIN % "")
    assert run(console, "when = (len(calls) + 1, len(calls) + 2); 5") == "5"
    assert run(console, "1+1") == "2"
    assert run(console, "when = (); 6") == "6"
    assert run(console, "1+1") == "2"
    console.send(CTRL_D)
    console.expect("console ended: exit")


def test_keyboard_is_given_back(board):
    spy = """
import micropython, aioconsole
last = 0
def kbd_intr(char):
    global last
    last = char
aioconsole.kbd_intr = kbd_intr
"""
    main = (MAIN % "").replace("services went on:", "keyboard").replace("n > before", "last")
    console = board(spy + main)
    assert run(console, "last") == "3"
    console.send("await asyncio.sleep(0, ) or last\r")
    console.expect("-1\r\n" + PROMPT)
    console.send(CTRL_D)
    console.expect("keyboard 3")


# --- the end ---


def test_ctrl_d_ends_the_console(console):
    console.send(CTRL_D)
    console.expect("\r\nconsole ended: exit")


@pytest.mark.parametrize("way", ["def", "async def"])
def test_ctrl_d_calls_on_exit(board, way):
    console = board(way + " bye(): print('bye')\n" + MAIN % "on_exit=bye")
    console.send(CTRL_D)
    console.expect("bye\r\nconsole ended: exit\r\nservices went on: True")


def test_ctrl_d_without_on_exit_drops_the_loop(board):
    console = board((MAIN % "").replace("asyncio.run(main())", "asyncio.run(main()); print('over')"))
    console.send(CTRL_D)
    console.expect("exit\r\n")
    console.expect("services went on: False\r\nover")


def test_ctrl_d_does_not_end_a_line(console):
    console.send("6" + CTRL_D + "*7\r")
    console.expect("42\r\n" + PROMPT)


def test_ctrl_d_does_not_end_a_statement(console):
    console.send("(6,\r" + CTRL_D + ")\r")
    console.expect("(6,)\r\n" + PROMPT)


@pytest.mark.parametrize("typed, output", [("", ""), ("1+1\n", "2\n"), ("1+", ""), ("(1,\n", "")])
def test_end_of_input_ends_the_console_alone(vm, typed, output):
    text = ended(vm, MAIN % "on_exit=print", typed)
    assert output in text
    assert text.endswith("console ended: eof\nservices went on: True\n")


def test_end_of_input_while_a_command_runs(vm):
    text = ended(vm, MAIN % "", "await asyncio.sleep_ms(50); print('done')\n")
    assert "done\n--> console ended: eof\n" in text


def test_no_input_at_all(vm):
    command = [*BOARD, "--bits", str(vm.bits), str(vm.root), "-c", MAIN % ""]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
    assert done.stdout.endswith(b"console ended: eof\nservices went on: True\n")


def test_cancelled_console_gives_the_keyboard_back_and_ends(board):
    console = board(
        (MAIN % "").replace(
            'print("console ended:", await aioconsole.task())',
            "t = asyncio.create_task(aioconsole.task()); g = globals(); g['t'] = t\n"
            "    try: await t\n    except asyncio.CancelledError: print('cancelled')",
        )
    )
    run(console, "async def stop(): t.cancel()")
    console.send("asyncio.create_task(stop())\r")
    console.expect("cancelled\r\nservices went on: True")


# --- lines ---


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


# --- statements of several lines ---


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


# --- completion and help ---

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


# --- raw REPL ---


@pytest.fixture
def raw(console):
    console.send("\r" + CTRL_C + "\r" + CTRL_A)
    console.expect(RAW)
    return console


def test_raw_output(raw):
    raw.send("print(1)\nprint(2)" + CTRL_D)
    assert raw.expect("\x04>") == "OK1\r\n2\r\n\x04\x04>"


def test_raw_error(raw):
    raw.send("print(1)\n1/0" + CTRL_D)
    output, error, end = raw.expect("\x04>").split("\x04")
    assert output == "OK1\r\n"
    assert error.startswith("Traceback (most recent call last):\r\n")
    assert error == ('Traceback (most recent call last):\r\n  File "<stdin>", line 2, in <module>\r\n'
                     "ZeroDivisionError: divide by zero\r\n")


@pytest.mark.parametrize(
    "code, error",
    [("1;;", "SyntaxError"), ("raise SystemExit", "SystemExit"), ("bytearray(9999999)", "MemoryError")],
)
def test_raw_faults(raw, code, error):
    raw.send(code + CTRL_D)
    assert error in raw.expect("\x04>")


def test_raw_runs_in_the_globals(raw):
    raw.send("x = n > 0" + CTRL_D)
    raw.expect("\x04>")
    raw.send(CTRL_B)
    raw.expect(PROMPT)
    assert run(raw, "x") == "True"


def test_raw_soft_reboot_is_ignored(raw):
    raw.send("x = 5" + CTRL_D)
    raw.expect(">")
    raw.send(CTRL_D)
    raw.expect("OK\r\nIgnored: soft reboot\r\n" + RAW)
    raw.send("print(x)" + CTRL_D)
    raw.expect("OK5\r\n\x04\x04>")


def test_raw_ctrl_a_starts_again(raw):
    raw.send("1/0" + CTRL_A)
    raw.expect(RAW)
    raw.send("print(1)" + CTRL_D)
    raw.expect("OK1\r\n\x04\x04>")


def test_raw_ctrl_c_clears(raw):
    raw.send("1/0" + CTRL_C + "print(1)" + CTRL_D)
    raw.expect("OK1\r\n\x04\x04>")


def test_raw_ctrl_b_leaves(raw):
    raw.send("\r" + CTRL_B)
    assert raw.expect(PROMPT).startswith("\r\nMicroPython v")
    assert run(raw, "1+1") == "2"


def test_raw_ctrl_c_interrupts(raw):
    raw.send("print('on')\nwhile True: pass" + CTRL_D)
    raw.expect("on\r\n")
    raw.ctrl("c")
    output, error, end = raw.expect("\x04>").split("\x04")
    assert error.endswith("KeyboardInterrupt: \r\n")


def test_raw_input_of_the_command_is_its_own(raw):
    raw.send("import sys\nprint(sys.stdin.read(3))" + CTRL_D + "abc")
    raw.expect("OKabc\r\n\x04\x04>")


def test_services_go_on_in_raw_mode(raw):
    raw.send("m = n" + CTRL_D)
    raw.expect("\x04>")
    raw_until(raw, "print(n > m + 10)", "True")


def paste(raw, code, end=CTRL_D):
    """Sends `code` in raw paste mode as a host does; returns all that came back."""
    raw.send("\x05A\x01")
    raw.expect(re.compile("R\x01.\x00\x01"))  # windows of 128 bytes, two of them
    window = 256
    for i in range(0, len(code), 128):
        if window == 0:
            raw.expect("\x01")
            window += 128
        raw.send(code[i : i + 128])
        window -= 128
    raw.send(end)
    return raw.expect("\x04>").lstrip("\x01")


def test_raw_paste(raw):
    assert paste(raw, "print(1)\nprint(2)\n") == "\x041\r\n2\r\n\x04\x04>"


def test_raw_paste_flow_control(raw):
    assert paste(raw, "# %s\nprint(1)" % ("x" * 5000)) == "\x041\r\n\x04\x04>"


def test_raw_paste_ctrl_c(raw):
    assert paste(raw, "print(1)", CTRL_C) == "\x04\x04KeyboardInterrupt: \r\n\x04>"


def test_raw_paste_too_big(raw):
    raw.send("\x05A\x01")
    raw.expect(re.compile("R\x01.\x00\x01"))  # windows of 128 bytes, two of them
    for _ in range(10000):
        raw.send("x" * 128)
        if raw.expect(re.compile("[\x01\x04]")).endswith("\x04"):
            break
    raw.send(CTRL_D)
    output, error, end = raw.expect("\x04>").lstrip("\x01").split("\x04")
    assert "MemoryError" in error
    assert paste(raw, "print(1)") == "\x041\r\n\x04\x04>"


def test_raw_paste_unknown(raw):
    raw.send("\x05B\x01")
    raw.expect("R\x00>")


def test_end_of_input_in_raw_mode(vm):
    assert ended(vm, NOISE % "", "\x01").count("noise") > 2


# --- what services print while a host is attached ---


def attach(console):
    console.send("\r" + CTRL_C + CTRL_A)
    console.expect(RAW)


def test_prints_go_to_the_journal(board):
    console = board(JOURNAL + NOISE % "")
    attach(console)
    console.send("import aioctl; m = n" + CTRL_D)
    assert console.expect("\x04>") == "OK\x04\x04>"
    others = raw_until(console, "print(n > m + 5, 'noise %d\\n' % n in aioctl.journal().text)", "True True")
    assert not any("noise" in answer for answer in others)
    console.send(CTRL_B)
    console.expect(PROMPT)
    console.expect("noise")


def test_prints_are_dropped_without_a_journal(board):
    console = board(NOISE % "")
    attach(console)
    for _ in range(50):
        console.send("print(1)" + CTRL_D)
        assert console.expect("\x04>") == "OK1\r\n\x04\x04>"


def test_a_print_into_a_file_goes_there(board):
    main = (MAIN % "").replace("n += 1", "n += 1; print('noise', file=f); print('e', file=sys.stderr)")
    console = board("import io, sys\nf = io.StringIO()\n" + main.replace("n += 1;", "n += 1; f.seek(0);"))
    attach(console)
    console.send("f.seek(0); f.write('-----'); m = n" + CTRL_D)
    assert console.expect("\x04>") == "OK\x04\x04>"
    raw_until(console, "print(n > m, f.getvalue())", "True noise\r\n")


def test_a_task_that_dies_goes_to_the_journal(board):
    console = board(JOURNAL + MAIN % "")
    attach(console)
    console.send("async def die(): 1/0\nt = asyncio.create_task(die()); import aioctl" + CTRL_D)
    assert console.expect("\x04>") == "OK\x04\x04>"
    raw_until(console, "print('ZeroDivisionError' in aioctl.journal().text)", "True")


# --- mpremote ---


@pytest.fixture
def noisy(board):
    return board(JOURNAL + NOISE % "")


@pytest.mark.parametrize("resume", [True, False])
def test_mpremote_exec(noisy, resume):
    assert host(noisy, resume, "exec", "print(6*7)") == "42\n"
    assert host(noisy, resume, "eval", "n > 0") == "True\n"


@pytest.mark.parametrize("resume", [True, False])
def test_mpremote_copies_100_kb_both_ways(vm, noisy, tmp_path, resume):
    data = random.Random(1).randbytes(100_000)
    (tmp_path / "there").write_bytes(data)
    host(noisy, resume, "cp", str(tmp_path / "there"), ":big")
    assert (vm.root / "big").read_bytes() == data
    host(noisy, resume, "cp", ":big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data


def test_mpremote_ls_and_run_and_folders(noisy, tmp_path):
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    (tmp_path / "folder" / "sub" / "file").write_text("hi")
    host(noisy, True, "fs", "cp", "-r", str(tmp_path / "folder"), ":")
    assert "sub/" in host(noisy, True, "ls")
    assert host(noisy, True, "cat", ":sub/file") == "hi"
    (tmp_path / "script.py").write_text("x = 3\n" * 1000 + "print('ran', x)\n")
    assert host(noisy, True, "run", str(tmp_path / "script.py")) == "ran 3\n"


def test_mpremote_mount(vm, noisy, tmp_path):
    """Bytes that a terminal would change: a request's own numbers are binary, too, 10 among them."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "on_the_host.txt").write_text("x")
    (there / "ten_bytes0").write_bytes(b"\n\r\n\x18\x03\x04\x01\xff\n\n")
    (there / "mod.py").write_text("a = 'imported'\n" * 100)
    data = random.Random(2).randbytes(3000)
    code = (
        "import os; print(sorted(os.listdir())); print(open('ten_bytes0', 'rb').read(10)); import mod; print(mod.a)\n"
        "f = open('back', 'wb'); f.write(open('/data', 'rb').read()); f.close(); f = open('back', 'rb')\n"
        "print(len(f.read()), f.seek(10), f.read(10) == open('/data', 'rb').read()[10:20]); f.close()\n"
        "os.rename('ten_bytes0', 'b\\nc'); os.remove('b\\nc'); os.mkdir('d'); os.rmdir('d')"
    ).replace("/data", str(vm.root / "data"))
    (vm.root / "data").write_bytes(data)
    out = host(noisy, True, "mount", str(there), "exec", code)
    assert out.splitlines()[-4:] == [
        "['mod.py', 'on_the_host.txt', 'ten_bytes0']", str(b"\n\r\n\x18\x03\x04\x01\xff\n\n"), "imported",
        "3000 10 True",
    ]
    assert (there / "back").read_bytes() == data
    assert not (there / "ten_bytes0").exists() and not (there / "d").exists()


def test_mpremote_error(noisy):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        host(noisy, True, "exec", "1/0")
    assert host(noisy, True, "exec", "print(1)") == "1\n"


def test_prompt_is_back_after_mpremote(noisy):
    host(noisy, True, "exec", "print(1)")
    noisy.expect("MicroPython v")
    noisy.expect(PROMPT)
    noisy.send("6*7\r")
    noisy.expect("42\r\n")


# --- what it costs ---


def test_nothing_stays_of_rare_parts(console):
    console.send("asyncio.new_e\t" + LEFT + CTRL_C)
    run(console, "await asyncio.sleep(0)")
    attach(console)
    console.send(CTRL_B)
    console.expect(PROMPT)
    assert run(console, "import sys; [m for m in sys.modules if m[:11] == 'aioconsole.']") == "[]"


def test_heap_does_not_grow(console):
    def used():
        run(console, "await asyncio.sleep(0)")
        run(console, "import gc")
        run(console, "gc.collect()")
        return int(run(console, "gc.mem_alloc()"))

    def use():
        console.send("asyncio.new_e\t" + LEFT + CTRL_C + UP + "\r")
        console.expect(PROMPT)
        console.expect(PROMPT)
        attach(console)
        console.send("pass" + CTRL_D + CTRL_B)
        console.expect("MicroPython")
        console.expect(PROMPT)

    def least():
        """A stale word on the stack keeps a block now and then; what leaks is there each time."""
        found = []
        for _ in range(6):
            use()
            found.append(used())
        return min(found)

    # A name met for the first time, on a path that only a slow host takes, costs once; a leak each time.
    looks = [least() for _ in range(4)]
    assert min([b - a for a, b in zip(looks, looks[1:])]) <= 64, looks


BUDGET = """
import asyncio, gc
async def main():
    await asyncio.sleep_ms(1)
    asyncio.Event
    gc.collect()
    before = gc.mem_alloc()
    import aioconsole
    task = asyncio.create_task(aioconsole.task())
    await asyncio.sleep_ms(20)
    gc.collect()
    print("costs", gc.mem_alloc() - before)
    task.cancel()
asyncio.run(main())
"""


def test_heap_budget(vm):
    """6000 B are for 32 bits and .mpy; objects are twice as large with 64, source code costs more names."""
    session = vm.session(BUDGET)
    budget = 6000 * vm.bits // 32 + (0 if vm.compiled else 4000)
    assert int(session.expect(re.compile(r"costs \d+\r")).split()[-1]) <= budget
