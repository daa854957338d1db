"""svctl against a running board, over a pty: each subcommand, its exit code, and JSON."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from support.deploying import BARE, still_runs
from support.harness import ROOT, Vm
from support.running import running, until
from support.wire import Cable

from svctl import cli
from svctl.link.cable import Link
from svctl.link.source import DEVICE, source
from svctl.manage.act import verb

sys.path.insert(0, str(ROOT / "lib"))
SVCTL = [sys.executable, "-m", "svctl"]
@pytest.fixture
def board(vm32):
    return running(vm32)


def test_look(board, svctl, compiled):
    code, out, err = svctl(board.tty, "list")
    assert (code, err) == (0, "")
    assert re.sub(r"\d+ s ", "# s ", out) == """\
SERVICE     TYPE      STATE      FOR  DESCRIPTION
fails       runtime   failed     # s  OSError: no sensor
hello       runtime   running    # s  Says hello every few seconds: the template of a service
hello_core  core      done       # s  Prepares something that others need: a core service
repl        runtime   running    # s  The asyncio console
world       schedule  scheduled  # s  Looks at the world now and then: a schedule service
clock       -         held       -    disabled
dofail      -         held       -    disabled
led         -         held       -    disabled
network     -         held       -    disabled
stats       -         held       -    disabled
watcher     -         held       -    disabled
"""
    listed = json.loads(svctl(board.tty, "list", "--json")[1])
    assert [each["state"] for each in listed] == ["failed", "running", "done", "running", "scheduled", *["held"] * 6]
    assert listed[0]["error"] == "OSError: no sensor" and listed[1]["type"] == "runtime" and "line" not in listed[1]
    code, out, err = svctl(board.tty, "status")
    assert code == 0 and out.splitlines()[0] == (
        "[ FAIL ] Service: fails.service from ./aioservices/services/fails_service.%s failed: OSError: no sensor"
        % ("mpy" if compiled else "py"))
    code, out, err = svctl(board.tty, "status", "hello.service")
    assert code == 0 and re.match(r"""\[ OK \] Service: hello\.service from .* loaded
      what: Says hello .*
     state: running, for \d+ s
\d.* \[INFO\] \[hello\.service\] hello 1
""", out)
    assert json.loads(svctl(board.tty, "status", "hello", "--json")[1])[0]["log"][0]["text"] == "hello 1"
    assert [svctl(board.tty, "is-active", name)[:2] for name in ("hello", "world", "fails")] == [
        (0, "active\n"), (0, "active\n"), (3, "failed\n")]
    code, out, err = svctl(board.tty, "status", "fails")
    assert code == 3 and re.search(r"""     error: OSError: no sensor
Traceback \(most recent call last\):
  File "aioservices/services/fails_service.*", line 7, in task
OSError: no sensor
\d.* \[ERROR\] \[fails.service\] OSError: no sensor
$""", out), out
    assert json.loads(svctl(board.tty, "status", "fails", "--json")[1])[0]["traceback"][-1] == "OSError: no sensor"
    assert svctl(board.tty, "status", "led")[:2] == (3, """\
led.service is not loaded: disabled
     state: held
       why: disabled
""")
    assert svctl(board.tty, "is-active", "led")[:2] == (3, "inactive\n")
    for command in ("status", "is-active", "stop"):
        code, out, err = svctl(board.tty, command, "nope")
        assert (code, out) == (4, "") and err == (
            f"{command}: PORT: no service nope; there are: clock, dofail, fails, hello, hello_core, led, network, repl, stats, watcher, world\n")
    code, out, err = svctl(board.tty, "info", "--json")
    found = json.loads(out)
    assert found["manager"] and found["version"] == "1.25.0" and 0 < found["heap_free"] < found["heap"]
    assert "manager: runs, for" in svctl(board.tty, "info")[1]
    still_runs(board)
    # Nothing of it stays: neither names at the prompt nor modules.
    board.expect("--> ")
    assert board.line("[n for n in globals() if 'svctl' in n]") == "[]\n"


def test_logs(board, svctl):
    board.line("log = service('hello').log")
    for n in range(5):
        board.line(f"log.warning('line %d', {n})")
    code, out, err = svctl(board.tty, "logs", "-u", "hello", "-p", "warning", "-n", "2")
    assert [line.split("] ", 1)[1] for line in out.splitlines()] == [
        "[hello.service] line 3", "[hello.service] line 4"] and out.count("[WARNING]") == 2
    assert svctl(board.tty, "logs", "-n", "0") == (0, "", "")
    lines = json.loads(svctl(board.tty, "logs", "--json", "-p", "error")[1])
    assert [(line["level"], line["name"]) for line in lines] == [("error", "fails.service")]
    follow = subprocess.Popen([sys.executable, "-m", "svctl", "-t", board.tty, "logs", "-f", "-u", "hello",
                               "-p", "warning"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert [follow.stdout.readline() for _ in range(5)][-1].endswith("line 4\n")
    follow.send_signal(2)
    assert follow.wait(10) == 130
    still_runs(board)


def test_act(board, svctl):
    assert svctl(board.tty, "stop", "hello", "world")[:2] == (0, "hello.service: stopped\nworld.service: stopped\n")
    assert svctl(board.tty, "is-active", "hello")[:2] == (3, "inactive\n")
    assert svctl(board.tty, "start", "hello")[:2] == (0, "hello.service: running\n")
    assert json.loads(svctl(board.tty, "restart", "hello", "--json")[1])[0]["state"] == "running"
    code, out, err = svctl(board.tty, "start", "fails")
    assert code == 1 and out.startswith("fails.service: failed\n[ FAIL ] Service: fails.service")
    code, out, err = svctl(board.tty, "start", "dofail")
    assert code == 1 and err == ("start: PORT: the board says: ServiceError: dofail.service not loaded: "
                                 "ZeroDivisionError: divide by zero\n")
    assert svctl(board.tty, "disable", "hello")[:2] == (
        0, "hello.service: running; disabled: no boot starts it; now by: svctl stop hello\n")
    assert svctl(board.tty, "reload")[0] == 0
    assert svctl(board.tty, "is-active", "hello")[0] == 3
    assert svctl(board.tty, "enable", "hello")[:2] == (
        0, "hello.service: stopped; enabled: it starts at each boot; now by: svctl start hello\n")
    assert svctl(board.tty, "enable", "led")[:2] == (
        0, "led.service: held; enabled: it starts at each boot; now by: svctl start led\n")
    assert svctl(board.tty, "reload", "hello")[0] == 1  # it was stopped: nothing runs
    assert svctl(board.tty, "mask", "world")[:2] == (
        0, "world.service: masked; held back for good, until svctl unmask world\n")
    assert svctl(board.tty, "unmask", "world")[:2] == (
        0, "world.service: init; no longer masked; now by: svctl start world\n")


def test_console_is_not_ended_by_who_asks_through_it(board, svctl):
    for command in ("stop", "restart", "reload", "mask"):
        assert svctl(board.tty, command, "repl.service") == (
            1, "", f"{command}: PORT: that is the console through which svctl asks: do it at its prompt, or reset the board\n")
    assert "hello.service: stopped" in svctl(board.tty, "stop", "*")[1]  # which leaves it alone
    assert svctl(board.tty, "is-active", "repl")[0] == 0
    still = svctl(board.tty, "start", "hello")
    assert still[0] == 0, still


def test_following_several_boards(board, tmp_path, board_tree, compiled):
    """At the same time; one that is not there stops nobody."""
    other = Vm(tmp_path / "other/board", 32 if compiled else 64, board_tree, compiled)
    try:
        other.ship()
        second = other.session()
        second.expect("--> ")
        follow = subprocess.Popen([*SVCTL, "-t", board.tty, "-t", second.tty, "-t", "/dev/ttyNOT", "logs", "-f"], cwd=ROOT,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for session in (board, second):
            session.send("service('hello').log.warning('told ' + 'now')\r")
        seen = set()
        for line in follow.stdout:
            seen |= {session.tty for session in (board, second) if line.startswith(session.tty) and "told now" in line}
            if len(seen) == 2:
                break
        follow.send_signal(2)
        assert follow.wait(30) == 130
        assert "logs: /dev/ttyNOT is not there: plug the board in\n" in follow.stderr.read()
        for session in (board, second):
            still_runs(session)
    finally:
        other.close()


def test_several_boards_and_none(board, svctl):
    code, out, err = svctl(board.tty, "-t", "/dev/ttyNOT", "is-active", "hello")
    assert (code, out, err) == (1, "PORT: active\n", "is-active: /dev/ttyNOT is not there: plug the board in\n")
    code, out, err = svctl(board.tty, "-t", "/dev/ttyNOT", "is-active", "--json", "hello")
    assert json.loads(out) == {"port": "PORT", "answer": {"hello": "active"}}
    assert svctl(board.tty, "-t", "/dev/ttyNOT", "shell") == (
        1, "", "shell: a console is one board's: name one of PORT, /dev/ttyNOT\n")
    code, out, err = svctl(board.tty, "is-active", "hello", "-t", "/dev/ttyNOT")  # on both sides of the command
    assert (code, out, err) == (1, "PORT: active\n", "is-active: /dev/ttyNOT is not there: plug the board in\n")
    assert svctl(board.tty, "-t", board.tty, "is-active", "hello") == (0, "active\n", "")  # the same one
    assert svctl(None, "list") == (2, "", "svctl: name the board: svctl -t /dev/ttyACM0 …\n")


def test_board_without_a_manager(vm32, board_tree, svctl):
    shutil.rmtree(vm32.root / "lib")
    session = vm32.session(BARE % str(board_tree / "lib"))
    session.expect("--> ")
    for args in (("list",), ("start", "hello")):
        code, out, err = svctl(session.tty, *args)
        assert (code, out) == (1, "") and err == (
            f"{args[0]}: PORT: no manager runs on the board: make deploy PORT=… brings one, and a reset starts it\n")
    code, out, err = svctl(session.tty, "logs")
    assert code == 1 and err.count("\n") == 1
    assert "manager: none runs" in svctl(session.tty, "info")[1]


def test_long_answers_come_in_pages_between_which_services_run(board):
    board.line("import asyncio; n = 0")
    board.send("async def count():\rglobal n\rwhile True:\rn += 1; await asyncio.sleep_ms(0)\r\r".replace(
        "\rglobal", "\r    global").replace("\rwhile", "\r    while").replace("\rn +=", "\r        n +="))
    board.expect("--> ")
    board.line("_ = asyncio.create_task(count())")
    with Link(board.tty) as link:
        link._load("pump")
        link._load("services")
        turns = []
        code = "_svctl_pump.go(_svctl_services.each(None), 0)"
        while True:
            *lines, end = link.run(code).splitlines()
            assert len(lines) <= 1  # one at a time, if there is no more time than that
            turns.append(int(link.run("print(n)")))
            if end == "done":
                break
            code = "_svctl_pump.go(None, 0)"
        assert len(turns) >= 6 and turns == sorted(set(turns))
        assert len(list(link.ask("services", "each", None))) == 11


def test_raw_mode_of_the_projects_console_is_not_left_between_commands(board):
    """As it need not be: services go on in it."""
    with Link(board.tty) as link:
        assert link._holds is False
    still_runs(board)


def test_device_code_makes_one_name_each():
    for path in DEVICE.glob("*.py"):
        if path.stem in ("restart", "shim"):  # sent as they are
            continue
        code = compile(source(path.stem), path.name, "exec")
        assert code.co_names[-1:] == (f"_svctl_{path.stem}",) and code.co_names == (f"_svctl_{path.stem}",)


def test_what_is_asked_often_leaves_nothing_in_the_heap(board, svctl):
    """Names that a board meets for the first time cost it something once; nothing else does. A buffer that
    the collector takes for used may hide in one reading: the best of several counts."""
    service = "hello_core"  # which writes nothing meanwhile
    board.line('_ = stop("hello"); _ = stop("world"); import gc')
    figures = []
    for _ in range(3):
        readings = []
        for args in (["list"], ["status", service], ["logs"], ["info"], ["restart", service]):
            assert svctl(board.tty, *args)[0] == 0
            board.send("gc.collect(); print('free', gc.mem_free())\r")
            readings.append(int(re.search(r"free (\d+)\r", board.expect(re.compile(r"free \d+\r")))[1]))
        figures.append(max(readings))
    assert figures[1] - figures[2] < 200, figures


def test_verbs_are_those_of_the_manager():
    import aioservice

    words = " ".join(aioservice._TABLE.values()).split()
    modules = {name: cli.importlib.import_module(f"svctl.commands.{name}") for name in cli.COMMANDS}
    acting = [name for name in modules if getattr(modules[name], "run", cli.run).__module__ == verb.__module__]
    assert len(acting) == 8 and set(acting) <= set(words)


def test_board_that_is_gone_in_the_middle(board, svctl):
    with Cable(board.tty) as cable:
        assert svctl(cable.name, "list")[0] == 0
        total = cable.sent
    for cut in (20, total // 3, total * 2 // 3):
        with Cable(board.tty, cut) as cable:
            code, out, err = svctl(cable.name, "list")
        assert (code, err) == (1, "list: PORT: the link was lost: the cable, or the board was reset\n")
    board.send("\x03\x02")  # what `make repl` says to type then
    still_runs(board)


RESETS = """
import machine
from aioclass import Service
class Resets(Service):
    def setup(self):
        if self.kwargs["where"] == "setup":
            machine.reset()
    def cleanup(self):
        machine.reset()
    kwargs = {"where": "cleanup"}
service = Resets("resets")
"""


@pytest.mark.parametrize("where", ["import", "setup", "cleanup"])
def test_board_that_is_reset_in_the_middle(vm32, svctl, where):
    """At a port that stays, as that of a UART does: within a command of ours, or between two."""
    vm32.ship()
    vm32.put("aioservices/services/resets_service.py", RESETS if where != "import" else "__import__('machine').reset()")
    vm32.put("services.config", '{"resets": {"enabled": false, "kwargs": {"where": "%s"}}}' % where)
    session = vm32.session()
    session.expect("--> ")
    if where == "cleanup":
        assert svctl(session.tty, "start", "resets")[:2] == (0, "resets.service: running\n")
    command = "stop" if where == "cleanup" else "start"
    assert svctl(session.tty, command, "resets") == (
        1, "", f"{command}: PORT: the board was reset meanwhile: look at what it did, and try again\n")
    session.send("\x03\x02")
    still_runs(session)


def test_shell_is_the_boards_console(board):
    """As `make repl` does it: in a terminal of its own."""
    master, slave = os.openpty()
    shell = subprocess.Popen(["make", "--no-print-directory", "repl", f"PORT={board.tty}"], cwd=ROOT, stdin=slave,
                             stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    try:
        assert "Ctrl-C, then Ctrl-B" in until(master, "Use Ctrl-]")
        os.write(master, b"print(6 * 7, service('hello').state)\r")
        assert "42 running" in until(master, "42 running")
        os.write(master, b"\x1d")
        assert shell.wait(10) == 0
    finally:
        shell.kill()
        os.close(master)
