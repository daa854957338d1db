"""The async console: Ctrl-C, how it ends, and what it costs. Every key typed through a pty on the real VM."""
from __future__ import annotations

import re
import subprocess

import pytest
from support.harness import BOARD
from support.keys import CTRL_B, CTRL_C, CTRL_D, LEFT, MAIN, PROMPT, UP, attach, ended, run


# -- Ctrl-C --------------------------------------------------------------------


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


# -- the end -------------------------------------------------------------------


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


# -- what it costs -------------------------------------------------------------


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
    costs = int(session.expect(re.compile(r"costs \d+\r")).split()[-1])
    assert costs <= budget
