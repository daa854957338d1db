"""The simulated board, tools/board: power on, reset, watchdog."""
from __future__ import annotations

import subprocess

import pytest
from support.harness import BOARD


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
