"""The simulated board, tools/board: its streams, its port, and Ctrl-C."""
from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from support.harness import BOARD, Timeout, mpremote
from support.processes import KEYS, gone


# Standard streams
def test_streams_pass_straight_through(vm):
    code = "import sys\nsys.stderr.write('e')\nprint(sys.stdin.read())\n"
    assert vm.run(code, stdin="a\x03b\n") == ("a\x03b\n\n", "e", 0)


def test_end_of_input_is_seen(vm):
    assert vm.run("import sys\nprint(repr(sys.stdin.read(1)))").out == "''\n"


def test_console_relays_bytes_and_cooks_output(vm):
    session = vm.session(KEYS)
    session.expect("up\r\n")
    session.send("a\x01\r")
    session.expect("key 'a'\r\nkey '\\x01'\r\nkey '\\r'\r\n")
    session.send("q")
    assert session.wait() == 5
    assert not session.link.is_symlink()


def test_ctrl_c_interrupts_a_program_that_listens(vm):
    session = vm.session(KEYS)
    session.expect("up\r\n")
    session.ctrl("c")
    session.expect("interrupted\r\n")
    session.send("\x03\x03")  # the unix port alone would end
    session.expect("interrupted\r\ninterrupted\r\n")


def test_ctrl_c_is_a_byte_for_a_program_that_reads_keys(vm):
    session = vm.session(KEYS)
    session.expect("up")
    session.send("k")
    session.expect("key 'k'\r\n")
    for _ in range(20):
        session.send("\x03")
        session.expect("key '\\x03'\r\n")
    session.send("q")
    assert session.wait() == 5


def test_ctrl_c_never_kills_a_program_that_switches(vm):
    session = vm.session("""
import micropython, sys
n = -1
while n < 10:
    try:
        if n < 0:
            n = 0
            print("up")
        while True:
            micropython.kbd_intr(-1)
            micropython.kbd_intr(3)
    except KeyboardInterrupt:
        n += 1
        print("n", n)
print("end")
micropython.kbd_intr(-1)
while sys.stdin.read(1) != "q":
    pass
""")
    session.expect("up")
    # A byte that met kbd_intr(-1) is typed in vain: send until all have come.
    until = time.monotonic() + 60
    while "end" not in session.seen and time.monotonic() < until:
        session.ctrl("c")
        try:
            session.expect("\n", timeout=0.05)
        except Timeout:
            pass
    session.send("q")
    assert session.wait() == 0


def test_port_stays_through_a_reset(vm):
    vm.put("main.py", "import machine, sys\nprint('up', machine.reset_cause())\n"
                      "if sys.stdin.read(1) == 'r':\n    machine.reset()\n")
    session = vm.session()
    session.expect("up 1\r\n")
    session.send("r")
    session.expect("up 2\r\n")
    session.send("x")
    assert session.wait() == 0


def test_output_that_nobody_reads_does_not_stop_the_board(vm):
    session = vm.session("for n in range(20000):\n    print('0123456789')\nopen('done', 'w').close()")
    until = time.monotonic() + 15
    while not (vm.root / "done").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert (vm.root / "done").exists()
    session.close()


def test_last_words_reach_the_port(vm):
    session = vm.session("print('x' * 3000)\nraise ValueError('last words')")
    assert session.wait() == 1
    session.expect("ValueError: last words")


def test_pty_path_in_use_is_refused(vm):
    session = vm.session(KEYS)
    session.expect("up")
    done = subprocess.run([*BOARD, "--pty", str(session.link), str(vm.root)], capture_output=True,
                          text=True, timeout=10)
    assert done.returncode == 1 and "exists" in done.stderr and done.stderr.count("\n") == 1
    assert session.link.is_symlink()


def test_stale_link_is_replaced(vm):
    (vm.root.parent / "tty0").symlink_to("/nowhere")
    session = vm.session(KEYS)
    session.expect("up")
    assert os.readlink(session.link) == session.tty


def test_mpremote_reaches_the_port(vm):
    """A raw REPL small enough for a test: mpremote's exec against a script that speaks it."""
    session = vm.session("""
import sys, micropython
micropython.kbd_intr(-1)
while sys.stdin.read(1) != "\\x01":
    pass
print("raw REPL; CTRL-B to exit\\n>", end="")
while True:
    key = sys.stdin.read(1)
    if key == "\\x05":
        sys.stdin.read(2)
        print("R\\x00", end="")
        code = ""
        while not code.endswith("\\x04"):
            code += sys.stdin.read(1)
        print("OK", end="")
        exec(code[:-1])
        print("\\x04\\x04>", end="")
    elif key == "q":
        break
""")
    assert mpremote(session, "exec", "print(6 * 7)").out == "42\r\n"
    session.send("q")
    assert session.wait() == 0


def test_sigint_reaches_the_program_when_streams_pass_through(vm):
    command = [*BOARD, "--bits", str(vm.bits), str(vm.root), "-c", KEYS]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=0)
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    assert process.communicate("q", timeout=10)[0] == "key 'q'\n"
    assert process.returncode == 5


def test_run_over_time_is_ended_with_what_it_printed(vm):
    with pytest.raises(Timeout, match="some output"):
        vm.run("print('some output')\nwhile True: pass", timeout=0.7)
    assert gone(vm._runs[0].pid)


def test_ctrl_c_never_locks_a_program_that_allocates(vm):
    """The unix port would keep its allocator's lock, and stand still, about every tenth time."""
    session = vm.session("""
import time
for i in range(30):
    try:
        print("go", i, "")
        while True:
            keep = [bytearray(100) for _ in range(300)]
            time.sleep_us(20)
    except KeyboardInterrupt:
        print("caught", i, "")
""")
    for i in range(30):
        session.expect(f"go {i} ")
        session.ctrl("c")
        session.expect(f"caught {i} ")
    assert session.wait() == 0
