"""aioservice: files and services that fail, and exactly what is said of them, on the real VM."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import pytest
from support.services import FOREVER, SERVICE

from svctl.build import mpy


def patched(path, at, value):
    data = bytearray(path.read_bytes())
    data[at] = value
    path.write_bytes(data)


FAILING = {
    "import nosuchmodule": "ImportError: no module named 'nosuchmodule'",
    "import sys\nsys.exit(3)": "SystemExit",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "x = 1": "LoadError: no `service = …('bad')` in it",
    "service = 5": "LoadError: no `service = …('bad')` in it",
    "from aioclass import Service\nservice = Service": "LoadError: no `service = …('bad')` in it",
    "from aioclass import Service\nservice = Service('other')": "LoadError: its service is called 'other', its file says 'bad'",
    "from aioclass import Service\nservice = Service('bad')\nservice.require = 5": "SettingsError: bad.require cannot be 5",
    "from aioclass import Service\nservice = Service('bad')\nservice.start_timeout = '5'": "SettingsError: bad.start_timeout cannot be '5'",
    "x = bytearray(10000000)": "MemoryError",
}


@pytest.mark.parametrize("source", FAILING)
def test_a_file_that_is_no_service(board, source):
    board.service("good").file("bad", source)
    out = board.run("""
print(await boot())
init()
await asyncio.sleep_ms(20)
status()
load("bad")
print("Traceback" in traceback("bad", True), state("good"))
print("aioservices.services.bad_service" in sys.modules)
""")
    bad, good = board.failed("bad", FAILING[source]), board.line("good")
    assert out == bad + "False\n" + good + bad + good + bad + "True running\nFalse\n"


@pytest.mark.parametrize("kind", ['"core"', '"network.service"', '""', "None", "5", '["core.service"]'])
def test_a_type_that_is_none(board, kind):
    board.service("good").service("bad", f"type = {kind}")
    out = board.run("print(await boot(debug=False))\ninit(debug=False)\nawait asyncio.sleep_ms(20)\nstatus()")
    why = f"bad.type cannot be {eval(kind)!r}; it is one of core.service, runtime.service, schedule.service"
    assert out == "False\n" + board.failed("bad", "SettingsError: " + why) + board.line("good")


def test_a_syntax_error(board):
    board.service("good").file("bad", "def x(:\n", compile=False)
    out = board.run("print(await boot())\nload('good')\ntraceback('bad')")
    assert (
        "Service: bad.service from ./aioservices/services/bad_service.py not loaded: Error: SyntaxError"
        in out
    )
    assert out.endswith("SyntaxError: invalid syntax\n") and board.line("good") in out
    assert 'File "aioservices/services/bad_service.py", line 1' in out


def test_source_and_mpy_of_one_service(board):
    board.service("good")
    path = board.file("bad", SERVICE % ("", FOREVER, "bad"), compile=True)
    path.with_suffix(".py").write_text(SERVICE % ("", FOREVER, "bad"))
    out = board.run("await boot()")
    assert out == (
        "[ ERROR ] Service: bad.service from ./aioservices/services/bad_service.py not loaded: "
        "Error: LoadError: bad_service.py and .mpy are both there; remove one\n"
    )


@pytest.mark.parametrize("at, value", [(0, 0), (1, 5), (1, 7)])
def test_an_mpy_for_another_micropython(board, at, value):
    board.service("good")
    path = board.file("bad", SERVICE % ("", FOREVER, "bad"), compile=True)
    patched(path, at, value)
    out = board.run("await up()\nstatus()")
    assert out == (
        "[ ERROR ] Service: bad.service from ./aioservices/services/bad_service.mpy not loaded: "
        "Error: LoadError: it is compiled for another MicroPython; compile it anew with "
        "`make board`\n" + board.line("good")
    )


def test_an_mpy_that_is_cut_short(board):
    """At any byte; the VM itself would read on for ever."""
    board.service("good")
    path = board.file("bad", SERVICE % ("", FOREVER, "bad"), compile=True)
    (board.vm.root / "whole").write_bytes(path.read_bytes())
    size = path.stat().st_size - len(mpy.END)  # what is behind that is not missed
    out = board.run(
        f"""
data = open("whole", "rb").read()
for n in range({size}):
    with open("aioservices/services/bad_service.mpy", "wb") as file: file.write(data[:n])
    load("bad")
with open("aioservices/services/bad_service.mpy", "wb") as file: file.write(data)
load("bad")
""",
        timeout=60,
    )
    lines = out.splitlines()
    assert len(lines) == size + 1 and lines[-1].endswith("loaded") and lines[-1].startswith("[ OK ]")
    assert all("not loaded: Error: LoadError: it is compiled for another" in line for line in lines[:4])
    assert all(line.endswith("LoadError: the file is cut short; copy it anew") for line in lines[4:-1])


def test_traceback_of_load_and_run(board):
    board.file("bad", "from aioclass import Service\ndef f():\n    1/0\nf()")
    board.service("run", "restart = 'no'", "raise ValueError('oh')").service("good")
    out = board.run("""
await up()
traceback("bad")
print("-")
traceback("run")
print("-")
print(traceback("good"), repr(traceback("good", True)))
text = traceback("run.service", rtn=True)
start = "run: Traceback\\nTraceback (most recent call last):\\n"
print(text.startswith(start), text.endswith("ValueError: oh\\n"))
text = traceback("*", True)
print(text.count("bad: Traceback"), text.count("run: Traceback"), text.count("good"))
print(text == traceback("*", True))
""")
    bad, run, rest = out.split("-\n")
    assert bad.startswith("bad: Traceback\nTraceback (most recent call last):\n")
    assert bad.endswith(
        'line 4, in <module>\n  File "aioservices/services/bad_service.mpy", line 3, in f\n'
        "ZeroDivisionError: divide by zero\n"
    )
    assert run.startswith("run: Traceback\n") and run.endswith("in task\nValueError: oh\n")
    assert rest == "None ''\nTrue True\n1 1 0\nTrue\n"
