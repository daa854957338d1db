"""The async console: commands, and `await`, typed through a pty on the real VM."""
from __future__ import annotations

import re

import pytest
from support.keys import CTRL_C, MAIN, PROMPT, run


# -- commands ------------------------------------------------------------------


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


# -- await ---------------------------------------------------------------------


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
