"""Ports and boards that a deploy cannot use: one clear line each, an exit code, and the board as it was."""
from __future__ import annotations

import json
import os
import re
import shutil

import pytest
from support.deploying import BARE, MPY, SMALL, contents, still_runs
from support.wire import Port, board_that_says, held_by_another

from svctl import cli
from svctl.build import console
from svctl.commands import deploy as command
from svctl.commands import shell
from svctl.deploy import plan, send
from svctl.deploy.plan import File
from svctl.errors import LinkError
from svctl.link import cable as link
from svctl.link.cable import Link

FACTS = {"name": "micropython", "version": "1.25.0", "machine": "a board", "mpy": 1798, "platform": "x",
         "heap_free": 1, "heap": 2, "flash_block": 4096, "flash_free": 1 << 20, "flash": 1 << 21,
         "manager": False, "uptime": None}


@pytest.fixture
def tree(board_tree, tmp_path):
    shutil.copytree(board_tree, tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def deploy(capsys, tree, monkeypatch):
    """`deploy(port, …)`: (exit code, what it said on stderr), with the port as PORT."""

    def run(port, *args, patience=10):
        monkeypatch.setattr(cli, "Link", lambda name: Link(name, patience))
        code = cli.main(["-t", port, "deploy", "--tree", str(tree), *args])
        said = capsys.readouterr()
        return code, said.err.replace(port, "PORT")

    return run


# --- the port ---


def test_port_that_is_not_there_or_is_none(deploy, tmp_path):
    code, said = deploy(str(tmp_path / "ttyACM7"))
    assert code == 1 and re.fullmatch(r"deploy: PORT is not there: plug the board in.*\n", said)
    (tmp_path / "file").write_text("x")
    assert deploy(str(tmp_path / "file")) == (1, "deploy: PORT is no serial port\n")
    assert deploy("/dev/null") == (1, "deploy: PORT is no serial port\n")


def test_port_that_another_program_has(deploy):
    with Port() as port:
        other = held_by_another(port.name, lock=True)
        code, said = deploy(port.name)
        assert code == 1
        assert re.fullmatch(rf"deploy: PORT is busy, opened by \S+ \({other.pid}\): close that program\n", said)
        with pytest.raises(LinkError, match="is busy, opened by"):
            shell.run(port.name, None, print)
        other.communicate()
        # One that does not lock it is told of where nothing answers.
        other = held_by_another(port.name, lock=False)
        code, said = deploy(port.name, patience=0.4)
        assert code == 1
        assert re.search(rf"no MicroPython answers; \S+ \({other.pid}\) has it open, too\. Is it", said), said
        other.communicate()


def test_port_without_rights():
    with Port() as port:
        assert link.ports.why_not(port.name) is None
        os.chmod(port.name, 0)
        me = os.geteuid()
        if me == 0:  # who may do everything has to become somebody else
            os.seteuid(65534)
        try:
            with pytest.raises(LinkError) as caught:
                Link(port.name).__enter__()
        finally:
            os.seteuid(me)
        assert str(caught.value) == (f"{port.name} may not be opened by you: "
                                     f"sudo chmod a+rw {port.name} lets everybody")


def test_nobody_answers(deploy):
    with Port() as port:
        code, said = deploy(port.name, patience=0.4)
    assert code == 1 and re.fullmatch(
        r"deploy: PORT: no MicroPython answers\. Is it the right port, and is the board running a program that "
        r"never yields\? Reset it, and try again\n", said)


def test_something_else_answers(deploy):
    with Port(lambda data: b"$GPRMC,1,V\r\n" * 3) as port:
        code, said = deploy(port.name, patience=0.4)
    assert code == 1 and "no MicroPython answers, but '$GPRMC,1,V" in said and said.count("\n") == 1


# --- the board ---


def test_console_that_cannot_load_what_is_new(vm32, deploy):
    """As between a deploy of another lib/ and the reset."""
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")
    vm32.put("lib/aioconsole/raw.py", "def serve(console):\n    return console.not_there")
    code, said = deploy(session.tty, patience=2)
    assert code == 1 and re.fullmatch(r"deploy: PORT: the board's console has failed \('.*Traceback.*'\)\. Was lib/ "
                                      r"changed, and the board not reset\? Reset it, and try again\n", said), said
    still_runs(session)


@pytest.mark.parametrize("facts, line", [
    ({"version": "1.20.0"}, "PORT: micropython 1.20.0 is too old: put 1.24 or newer on the board"),
    ({"name": "circuitpython"}, "PORT: circuitpython 1.25.0 is no MicroPython: nothing was changed"),
    ({"mpy": 0x1605}, "boards.mpy is .mpy v6.0, but PORT: micropython 1.25.0 loads v5.2 only: a board with that "
     "firmware could not start. Use a MicroPython whose .mpy version is the same, or the mpy-cross that belongs "
     "to yours"),
    ({"mpy": None}, "PORT: micropython 1.25.0 loads no .mpy files: put a newer firmware on the board"),
])
def test_board_with_another_micropython(deploy, tree, facts, line):
    (tree / "lib/aiofresh.mpy").write_bytes(MPY)
    with Port(board_that_says(json.dumps({**FACTS, **facts}))) as port:
        code, said = deploy(port.name)
    assert code == 1 and re.sub(r"\w+\.mpy is", "boards.mpy is", said) == f"deploy: {line}\n"


@pytest.mark.parametrize("system", ["VfsLfs2", "VfsFat"])
def test_small_flash(vm32, board_tree, tree, deploy, system, monkeypatch):
    shutil.rmtree(vm32.root / "lib")
    # Full: it is known before anything is sent.
    session = vm32.session(SMALL % (140, system, system) + BARE % str(board_tree / "lib"), heap="4M")
    session.expect("--> ")
    session.line("f = open('mine', 'w'); f.close()")
    code, said = deploy(session.tty)
    assert code == 1 and re.fullmatch(r"deploy: PORT: the flash is too full: \d+ B are needed beside what is "
                                      r"there, \d+ B are free\. Remove files that are not the project's; "
                                      r"nothing was changed\n", said), said
    # Full in the middle: what was sent goes again.
    monkeypatch.setattr(send, "check_room", lambda *_: None)
    code, said = deploy(session.tty)
    assert (code, said) == (1, "deploy: PORT: the flash is full: remove files that are not the project's; "
                               "nothing was changed\n")
    with Link(session.tty) as board:
        there = [path for path, _ in board.ask("files", "walk", ["", "lib", "aioservices"])]
    assert there == ["mine"]
    session.close()
    (vm32.root / "flash").unlink()
    # Large enough: all of it is there, and again over itself.
    session = vm32.session(SMALL % (900, system, system) + BARE % str(board_tree / "lib"), heap="4M")
    session.expect("--> ")
    assert deploy(session.tty) == (0, "")
    for path in [tree / "boot.py", tree / "main.py", *(tree / "lib").glob("aioc*.mpy")]:
        path.write_bytes(path.read_bytes() + b"#\n")  # behind what is loaded
    assert deploy(session.tty) == (0, "")
    with Link(session.tty) as board:
        found, _ = send.look(board, command.Project(tree).files)
    found = {path: file for path, file in found.items() if not path.startswith(("deploy.prev/", "deploy.list", "deploy.txt"))}
    assert found == command.Project(tree).files


def test_board_short_of_memory(vm32, board_tree, tree, deploy):
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")
    session.line("import gc")
    before = contents(vm32.root, beside=True)
    session.line("x = []")
    session.send("while gc.mem_free() > 6000: x.append(bytearray(100)); gc.collect()\r\r")
    session.expect("--> ")
    (tree / "main.py").write_bytes(os.urandom(3000))
    code, said = deploy(session.tty)
    assert code == 1 and said.count("\n") == 1, said
    assert contents(vm32.root, beside=True) == before


def test_service_that_writes_to_the_console_itself(vm32, tree, deploy):
    vm32.ship()
    vm32.put("aioservices/services/noise_service.py", """
import asyncio, sys
from aioclass import Service
class Noise(Service):
    enabled = True
    async def task(self):
        while True:
            sys.stdout.write("noise ")
            await asyncio.sleep_ms(1)
service = Noise("noise")
""")
    session = vm32.session()
    session.expect("--> ")
    before = contents(vm32.root)
    (tree / "main.py").write_bytes(b"pass\n" * 400)
    code, said = deploy(session.tty, patience=2)
    assert code == 1 and said.count("\n") == 1 and ("sys.stdout" in said or "noise" in said), said
    assert contents(vm32.root) == before
    still_runs(session)


# --- the plan ---


def test_plan():
    board = {"lib/a.mpy": File(1, "x"), "lib/b.py": File(5), "mine.txt": File(9), "services.config": File(3, "s"),
             "aioservices/services/s_service.py": File(2), "old.txt": File(1), ".env": File(1),
             "lib/a.mpy.new": File(7), "mine.new": File(1)}
    tree = {"lib/a.mpy": File(1, "x"), "lib/b.mpy": File(4, "y"), "manifest.txt": File(1, "m"),
            "services.config": File(3, "t"), "aioservices/services/s_service.mpy": File(1, "z")}
    made = plan.make(tree, board, {"old.txt", "lib/a.mpy", "services.config", ".env", "gone.txt"})
    assert made.new == ["aioservices/services/s_service.mpy", "lib/b.mpy", "manifest.txt"] and not made.changed
    # What a deploy put there and is no longer wanted goes, and what would hide a file of lib/; nothing else.
    assert made.gone == ["old.txt", "lib/b.py"] and made.stale == ["lib/a.mpy.new"]
    assert any("s_service.py is on the board, too" in line for line in made.notes)
    listed = plan.steps(made, {path: 7 for path in [*made.send, "lib/aioswitch.mpy", "boot.py", "main.py"]},
                        board, shim=9).decode().splitlines()
    assert listed[:-1] == ["~9 boot.py", "+7 aioservices/services/s_service.mpy", "+7 lib/b.mpy", "+7 manifest.txt",
                           "-0 lib/b.py", "-0 old.txt", "+7 main.py", "+7 lib/aioswitch.mpy", "+7 boot.py"]
    assert plan.effect(made).reset
    assert plan.make(tree, {path: file for path, file in tree.items()}, {*tree} - {"services.config"}).is_empty


def test_questions(vm32, tree, deploy, monkeypatch):
    vm32.ship()
    (vm32.root / "services.config").write_text("{}")
    session = vm32.session()
    session.expect("--> ")
    monkeypatch.setattr(command.sys.stdin, "isatty", lambda: True, raising=False)
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "n")
    assert deploy(session.tty, "--config") == (1, "deploy: nothing was changed\n")
    assert asked == ["replace services.config? [y/N] "] and (vm32.root / "services.config").read_text() == "{}"
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "y")
    assert deploy(session.tty, "--config") == (0, "")
    assert asked[1:] == asked[:1] and (vm32.root / "services.config").read_text() != "{}"


def test_a_repl_that_is_no_console_is_not_sent(station, svctl):
    tty = station.power()
    before = contents(station.vm.root, beside=True)
    station.write("aioservices/services/repl_service.py",
                  "from aioclass import Service\nclass Repl(Service):\n    pass\nservice = Repl('repl')\n")
    code, said = svctl(tty, "deploy")
    assert code == 1 and said.splitlines()[-1].startswith(f"deploy: PORT: {console.FAULT}. Nothing was sent"), said
    assert contents(station.vm.root, beside=True) == before
