"""The simulated board, tools/board: power on, reset, watchdog, console, and its ends."""
from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time

import pytest
from support.harness import BOARD, Timeout, mpremote

KEYS = """
import micropython, sys
greeted = False
while True:
    try:
        if not greeted:  # in here: from the greeting on, a Ctrl-C is caught
            greeted = True
            print("up")
        key = sys.stdin.read(1)
        if key in "kK":
            micropython.kbd_intr(-1 if key == "k" else 3)
        print("key", repr(key))
        if key == "q":
            sys.exit(5)
    except KeyboardInterrupt:
        print("interrupted")
"""


def children(pid: int) -> list[int]:
    path = f"/proc/{pid}/task/{pid}/children"
    return [int(word) for word in open(path).read().split()]


def gone(pid: int, timeout: float = 5) -> bool:
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        try:
            if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


# Paths, scripts, exit codes


def test_paths_and_names_are_a_boards(vm):
    code = "import os, sys\nprint(sys.path[:3], sys.path[4:], sys.argv, sorted(globals()), os.getcwd())"
    path = ["", ".frozen", str(vm.root / "lib")]
    assert vm.run(code).out == f"{path} [] [] ['__name__', 'os', 'sys'] {vm.root}\n"


def test_machine_is_the_simulated_one(vm):
    out = vm.run("import machine, network\nprint(machine, network)").out
    assert out.count("build/sim/") == 2


def test_script_inside_the_folder(vm):
    vm.put("sub/x.py", "import sys\nprint(__name__, sys.argv)\nsys.exit(3)\n")
    assert vm.run("sub/x.py", expect_code=3).out == "__main__ []\n"


def test_exception_of_a_script_looks_as_on_a_board(vm):
    vm.put("x.py", "def f():\n    1/0\nf()\n")
    assert vm.run("x.py", expect_code=1).err == (
        'Traceback (most recent call last):\n  File "x.py", line 3, in <module>\n'
        '  File "x.py", line 2, in f\nZeroDivisionError: divide by zero\n')


def test_long_code(vm):
    assert vm.run("x = 1\n" * 1000 + "print(x)").out == "1\n"


def test_heap_is_capped(vm):
    code = "import gc\nprint(gc.mem_free() + gc.mem_alloc())"
    small, large = (int(vm.run(code, heap=heap).out) for heap in ("64k", "192k"))
    assert 60_000 < small <= 65536 and 180_000 < large <= 196608


@pytest.mark.parametrize("args, message", [
    (["/nowhere"], "/nowhere is not a folder"),
    (["--heap", "much", "."], "--heap much: give a size like 192k"),
    ([".", "nowhere.py"], "nowhere.py: no such file in ."),
    ([".", "x.py", "-c", "1"], "give a script or -c CODE, not both"),
    (["--pty", "/proc/x", "."], "/proc/x: "),
])
def test_wrong_use_is_one_line(args, message, tmp_path):
    done = subprocess.run([*BOARD, *args], cwd=tmp_path, capture_output=True, text=True, timeout=10)
    assert done.returncode == 1
    assert done.stderr.startswith(f"board: {message}") and done.stderr.count("\n") == 1


# Power on and reset


def test_power_on_runs_boot_then_main_in_one_namespace(vm):
    vm.put("boot.py", "x = 1\nprint('boot', __name__)\n")
    vm.put("main.py", "print('main', __name__, x)\n")
    assert vm.run().out == "boot __main__\nmain __main__ 1\n"


def test_power_on_of_an_empty_folder(vm):
    assert vm.run() == ("", "", 0)


def test_failing_boot_does_not_keep_main_from_running(vm):
    vm.put("boot.py", "import nothing\n")
    vm.put("main.py", "print('main')\nraise ValueError(2)\n")
    result = vm.run()
    assert result.out == "main\n"
    assert result.err == (
        "Traceback (most recent call last):\n  File \"boot.py\", line 1, in <module>\n"
        "ImportError: no module named 'nothing'\n"
        "Traceback (most recent call last):\n  File \"main.py\", line 2, in <module>\nValueError: 2\n")


def lives(vm, *steps: str) -> list[str]:
    """Run steps[n] in the n-th life; what each life printed about its reset cause."""
    vm.put("boot.py", "import machine\nprint(machine.reset_cause())\n")
    for n, step in enumerate(steps):
        vm.put(f"step{n}.py", step)
    vm.put("main.py", """
import os
n = int(open("n").read()) if "n" in os.listdir() else 0
with open("n", "w") as f:
    f.write(str(n + 1))
try:
    if f"step{n}.py" in os.listdir():
        execfile(f"step{n}.py")
finally:
    print("went on")
""")
    return vm.run().out.split("\n")


def test_every_reset_is_a_new_power_on_with_its_cause(vm):
    out = lives(vm, "machine.reset()", "machine.soft_reset()", "machine.deepsleep(20)",
                "machine.WDT(timeout=100)\nwhile True: pass")
    assert out == ["1", "2", "5", "4", "3", "went on", ""]


def test_nothing_runs_after_reset(vm):
    # Not even what catches everything, while Ctrl-C comes in between.
    out = lives(vm, "while True:\n    try:\n        machine.reset()\n    except BaseException:\n"
                    "        print('no')\n    finally:\n        print('no')")
    assert out == ["1", "2", "went on", ""]


def test_memory_is_lost_in_a_reset_and_files_are_not(vm):
    vm.put("main.py", "import os, sys, machine\nif 'f' in os.listdir():\n"
                      "    print(hasattr(sys, 'x'), 'here' in globals())\n    sys.exit(4)\n"
                      "here = 1\nopen('f', 'w').close()\nmachine.reset()\n")
    assert vm.run(expect_code=4).out == "False False\n"


def test_fed_watchdog_lets_the_board_live(vm):
    out = vm.run("import machine, time\nw = machine.WDT(timeout=300)\n"
                 "for _ in range(12):\n    time.sleep_ms(50)\n    w.feed()\nprint(machine.reset_cause())").out
    assert out == "1\n"


def test_unfed_watchdog_resets_a_sleeping_board(vm):
    assert lives(vm, "machine.WDT(timeout=100)\nimport time\ntime.sleep(10)") == ["1", "3", "went on", ""]


def test_soft_reset_does_not_stop_the_watchdog(vm):
    out = lives(vm, "machine.WDT(timeout=300)\nmachine.soft_reset()", "while True: pass")
    assert out == ["1", "5", "3", "went on", ""]


@pytest.mark.parametrize("args", ["timeout=8389", "timeout=0", "1"])
def test_watchdog_refuses_what_the_chip_cannot(vm, args):
    code = f"import machine\ntry:\n    machine.WDT({args})\nexcept ValueError as e:\n    print('no')"
    assert vm.run(code).out == "no\n"


@pytest.mark.parametrize("longest, out", [
    ("16777", "16777 timeout exceeds 16777\n"),
    ("0", "'module' object has no attribute 'WDT'\n"),
], ids=["rp2350", "none"])
def test_watchdog_of_another_chip(vm, longest, out):
    code = """
import machine
try:
    machine.WDT(timeout=16777)
    print(16777, end=" ")
    machine.WDT(timeout=16778)
except (AttributeError, ValueError) as e:
    print(e)
"""
    assert vm.run(code, env={"BOARD_WDT": longest}).out == out


def test_watchdog_armed_anew_has_its_new_timeout(vm):
    out = vm.run("import machine, time\nmachine.WDT(timeout=200)\nmachine.WDT(timeout=5000)\n"
                 "time.sleep_ms(500)\nprint(machine.reset_cause())").out
    assert out == "1\n"


def test_pins_and_identity(vm):
    out = vm.run("""
from machine import Pin, Signal, unique_id
led = Pin("LED", Pin.OUT, value=1)
led.toggle()
print(led(), Pin(4, Pin.IN, Pin.PULL_UP).value())
led.on()
print(Pin("LED").value(), Signal(led, invert=True).value(), len(unique_id()))
""").out
    assert out == "0 1\n1 0 8\n"


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


# A person's own terminal


class Person:
    """tools/board on a terminal of its own."""

    def __init__(self, vm, code: str):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(BOARD[0], [*BOARD, "--bits", str(vm.bits), str(vm.root), "-c", code])
        self.text = ""

    def until(self, text: str, timeout: float = 10) -> None:
        end = time.monotonic() + timeout
        while text not in self.text and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 4096).decode()
                except OSError:
                    break
        assert text in self.text, self.text

    def code(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def person(vm):
    people = []

    def start(code: str) -> Person:
        people.append(Person(vm, code))
        return people[-1]

    yield start
    for who in people:
        try:
            os.kill(who.pid, signal.SIGKILL)
            os.waitpid(who.pid, 0)
        except OSError:
            pass
        os.close(who.fd)


def test_terminal_is_relayed(person):
    who = person(KEYS)
    who.until("up\r\n")
    os.write(who.fd, b"a\x03")
    who.until("interrupted\r\n")
    os.write(who.fd, b"q")
    assert who.code() == 5


@pytest.mark.parametrize("how, code", [("key", 131), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                                       (signal.SIGKILL, -9)], ids=["ctrl-backslash", "term", "hup", "kill"])
def test_no_vm_is_left_behind(person, how, code):
    who = person("import micropython\nmicropython.kbd_intr(-1)\nprint('up')\nwhile True: pass")
    who.until("up")
    (vm_pid,) = children(who.pid)
    if how == "key":
        os.write(who.fd, b"\x1c")
    else:
        os.kill(who.pid, how)
    assert who.code() == code
    assert gone(vm_pid)


def test_closed_terminal_ends_the_board(vm):
    who = Person(vm, "print('up')\nwhile True: pass")
    who.until("up")
    (vm_pid,) = children(who.pid)
    os.close(who.fd)
    assert who.code() == 129
    assert gone(vm_pid)


def test_terminal_is_restored(vm):
    """The terminal of a shell-like parent is as before, after an end and after a signal."""
    import termios

    for how in ("q", signal.SIGTERM):
        master, slave = os.openpty()
        before = termios.tcgetattr(slave)
        process = subprocess.Popen([*BOARD, "--bits", str(vm.bits), str(vm.root), "-c", KEYS], stdin=slave,
                                   stdout=slave, stderr=slave)
        text = b""
        while b"up" not in text:
            text += os.read(master, 1024)
        assert termios.tcgetattr(slave) != before
        if how == "q":
            os.write(master, b"q")
        else:
            process.send_signal(how)
        process.wait(10)
        assert termios.tcgetattr(slave) == before
        os.close(master)
        os.close(slave)


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
