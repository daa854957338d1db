"""svctl where the console is one whose raw mode holds the services up, as micropython-lib's aiorepl does; a
stand-in for it is tests/support/holding_repl.py."""
from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from mpremote.transport_serial import SerialTransport
from support.harness import ROOT
from support.wire import Cable

from svctl.link.cable import Link

COUNT = """
import asyncio
from aioclass import Service
class Count(Service):
    enabled = True
    n = 0
    async def task(self):
        while True:
            self.n += 1
            await asyncio.sleep_ms(0)
    async def cleanup(self):
        await asyncio.sleep_ms(50)
service = Count("count")
"""
TURNS = "print(__import__('aioservice').service('count').n)"


@pytest.fixture
def board(vm32):
    vm32.ship()
    vm32.put("lib/aiorepl.py", (ROOT / "tests/support/holding_repl.py").read_text())
    vm32.put("services.config", '{"repl": {"kwargs": {"console": "aiorepl"}}, "hello": {"args": [2, 1]}}')
    vm32.put("aioservices/services/count_service.py", COUNT)
    session = vm32.session()
    session.expect("Starting asyncio REPL...")
    session.expect("--> ")
    session.vm = vm32
    return session


def goes_on(board):
    """The prompt answers, and the services run."""
    board.send("print('go' + 'es', service('hello').state)\r")
    board.expect("goes running")


def test_raw_mode_holds_the_services_and_svctl_gives_them_turns(board):
    plain = SerialTransport(board.tty)
    plain.enter_raw_repl(soft_reset=False)
    turns = [int(plain.exec(TURNS)) for _ in range(3)]
    plain.exit_raw_repl()
    plain.close()
    assert turns[0] == turns[1] == turns[2]  # nobody has run
    with Link(board.tty) as link:
        turns = [int(link.run(TURNS)) for _ in range(5)]
        assert turns == sorted(set(turns))
        before = int(link.run(TURNS))
        pages = 0
        link._load("pump"), link._load("services")
        code = "_svctl_pump.go(_svctl_services.each(None), 0)"
        while code:  # an answer in pages
            code = "" if link.run(code).splitlines()[-1] == "done" else "_svctl_pump.go(None, 0)"
            pages += 1
        assert pages >= 6 and int(link.run(TURNS)) - before >= 2 * pages
    goes_on(board)


def test_each_command(board, svctl, monkeypatch):
    tty = board.tty
    assert "count       runtime   running" in svctl(tty, "list")[1]
    assert svctl(tty, "status", "hello")[1].startswith("[ OK ] Service: hello.service")
    assert svctl(tty, "is-active", "hello", "--json")[:2] == (0, '{"hello": "active"}\n')
    assert svctl(tty, "tree", "hello")[:2] == (0, "hello.service (running)\n")
    assert svctl(tty, "chain", "hello")[0] == svctl(tty, "blame")[0] == 0
    assert svctl(tty, "last-boot")[1].startswith("     cause: power-on\n")
    assert "hello 1" in svctl(tty, "logs", "-u", "hello")[1]
    assert "manager: runs, for" in svctl(tty, "info")[1]
    # Each waits for the end, which comes while the board is left alone.
    assert svctl(tty, "stop", "count", "hello")[:2] == (0, "count.service: stopped\nhello.service: stopped\n")
    assert svctl(tty, "start", "count", "hello")[:2] == (0, "count.service: running\nhello.service: running\n")
    assert svctl(tty, "restart", "count")[:2] == (0, "count.service: running\n")
    assert svctl(tty, "reload", "hello")[0] == svctl(tty, "disable", "hello")[0] == svctl(tty, "enable", "hello")[0] == 0
    assert svctl(tty, "mask", "world")[0] == svctl(tty, "unmask", "world")[0] == 0
    assert svctl(tty, "config", "hello", "greeting=grüße")[0] == 0
    assert json.loads(svctl(tty, "config", "hello", "--json")[1])["kwargs"] == {"greeting": "grüße"}
    monkeypatch.setenv("EDITOR", "sed -i s/grüße/moin/")
    monkeypatch.delenv("VISUAL", raising=False)
    assert svctl(tty, "edit", "hello")[0] == 0
    assert svctl(tty, "check")[0] == 0
    assert svctl(tty, "status", "nope")[0] == 4
    goes_on(board)


def test_deploy_and_reset(board, svctl, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(board.vm.root, tree, ignore=shutil.ignore_patterns("services.*", ".env"))
    (tree / "lib/extra.mpy").write_bytes(b"M\x06\x00\x1f" + bytes(3000))
    code, out, err = svctl(board.tty, "deploy", "--tree", str(tree))
    assert (code, err) == (0, "") and (board.vm.root / "lib/extra.mpy").read_bytes() == (tree / "lib/extra.mpy").read_bytes()
    goes_on(board)
    assert svctl(board.tty, "reset")[:2] == (0, "reset\n")
    board.expect("Starting asyncio REPL...")
    board.expect("--> ")
    goes_on(board)


def test_following_the_journal(board):
    follow = subprocess.Popen([sys.executable, "-m", "svctl", "-t", board.tty, "logs", "-f", "-u", "hello"],
                              cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert [follow.stdout.readline().split("] ")[-1] for _ in range(3)] == ["hello 1\n", "hello 2\n", "hello 3\n"]
    follow.send_signal(2)
    assert follow.wait(30) == 130
    goes_on(board)


def test_cable_that_is_pulled_between_two_pages(board, svctl):
    with Cable(board.tty) as cable:
        assert svctl(cable.name, "list")[0] == 0
        total = cable.sent
    for cut in (total // 3, total // 2):
        with Cable(board.tty, cut) as cable:
            assert svctl(cable.name, "list") == (
                1, "", "list: PORT: the link was lost: the cable, or the board was reset\n")
        board.send("\x03\x02\r")  # what the documents say to type then
        goes_on(board)
