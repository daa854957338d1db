"""svctl's looks at how services hang together, and at the boot before, against a running board over a pty."""
from __future__ import annotations

import json
import re
import shutil

import pytest
from support.deploying import BARE
from support.harness import ROOT
from support.wire import Cable

from svctl.build import shorten

SERVICE = """
import asyncio
from aioclass import Service
class Made(Service):
    enabled = True
    type = "%(type)s.service"
    require = %(require)r
    want = %(want)r
    async def task(self):
        await asyncio.sleep(%(takes)s)
service = Made("%(name)s")
"""
NET = {"name": "net", "type": "core", "require": (), "want": (), "takes": 0.05}
# It ends its first life, and no other.
BAD = """
import machine
from aioclass import Service
class Bad(Service):
    enabled = True
    restart = {"policy": "on-failure", "delay": 0.05, "limit": [1, 60], "on_limit": "reset"}
    async def task(self):
        if machine.reset_cause() == machine.PWRON_RESET:
            self.log.info("about to fail")
            raise ValueError(5)
service = Bad("bad")
"""
LONG = """
from aioclass import Service
class Long(Service):
    enabled = True
    restart = "no"
    async def task(self):
        raise OSError("x" * 1500)
service = Long("long")
"""


@pytest.fixture
def board(vm32):
    """web requires net and db, and wants clock; db requires net. left and right require each other."""
    vm32.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    for facts in (NET, {**NET, "name": "db", "type": "runtime", "require": "net", "takes": 1000},
                  {**NET, "name": "web", "type": "runtime", "require": ("net", "db"), "want": "clock", "takes": 1000},
                  {**NET, "name": "left", "require": "right"}, {**NET, "name": "right", "require": "left"}):
        vm32.put(f"aioservices/services/{facts['name']}_service.py", SERVICE % facts)
    vm32.put("services.config", '{"_boot": {"blame": true}}')
    session = vm32.session()
    session.expect("--> ")
    session.line("while service('web').state != 'running': await asyncio.sleep_ms(10)\r")
    return session


def printed(board, call):
    """What a call prints at the prompt, whatever a host has left there."""
    board.send(f"print('<' + '<<'); {call}; print('>' + '>>')\r")
    board.expect("<<<\r\n")
    return board.expect(">>>")[:-3].replace("\r\n", "\n")


def still_runs(board):
    assert printed(board, "print(service('web').state)") == "running\n"


def test_tree(board, svctl):
    tree = """\
web.service (running)
├─ db.service (running)
│  └─ net.service (done)
├─ net.service (done)
└─ clock.service (unknown) wanted
"""
    cycle = "left.service (blocked)\n└─ right.service (blocked)\n   └─ left.service (blocked) …\n"
    assert svctl(board.tty, "tree") == (0, cycle + "repl.service (running)\n" + tree, "")
    assert svctl(board.tty, "tree", "web.service") == (0, tree, "")
    # It is what the board's own function prints.
    assert printed(board, "tree('web')") == tree and printed(board, "tree()") == cycle + "repl.service (running)\n" + tree
    found = json.loads(svctl(board.tty, "tree", "web", "--json")[1])
    assert found == [{"name": "web", "state": "running", "below": [
        {"name": "db", "state": "running", "how": "require", "below": [
            {"name": "net", "state": "done", "how": "require", "below": []}]},
        {"name": "net", "state": "done", "how": "require", "below": []},
        {"name": "clock", "state": "unknown", "how": "want", "below": []}]}]
    assert json.loads(svctl(board.tty, "tree", "left", "--json")[1])[0]["below"][0]["below"][0]["again"] is True
    still_runs(board)


def test_chain_and_blame(board, svctl):
    code, out, err = svctl(board.tty, "chain", "web")
    assert code == 0 and re.fullmatch(  # by whole seconds, db may have come up later than net
        r"web\.service @\d+ s \+\d+ ms\n(└─ db\.service @\d+ s \+\d+ ms\n)?"
        r" *└─ net\.service @\d+ s \+\d+ ms\n", out), out
    assert out == printed(board, "chain('web')")
    steps = json.loads(svctl(board.tty, "chain", "web", "--json")[1])
    assert steps[0]["name"] == "web" and steps[-1]["name"] == "net" and steps[-1]["took_ms"] >= 50
    assert svctl(board.tty, "chain")[1].splitlines()[0].split(" ")[0] in printed(board, "chain()")
    code, out, err = svctl(board.tty, "blame")
    assert code == 0 and out == printed(board, "blame()")
    assert re.match(r" +\d+ ms +\d+ B import +\S+ B setup net\.service\n", out), out
    rows = json.loads(svctl(board.tty, "blame", "--json")[1])
    assert rows[0]["name"] == "net" and rows[0]["took_ms"] >= 50 and rows[0]["heap_import"] > 0 and len(rows) == 6


@pytest.mark.parametrize("command", ["tree", "chain"])
def test_service_that_is_not_there(board, svctl, command):
    code, out, err = svctl(board.tty, command, "wbe")
    assert (code, out, err) == (4, "", f"{command}: PORT: no service wbe; there are: db, left, net, repl, right, web; did you mean web?\n")


@pytest.mark.parametrize("command", ["tree", "blame", "chain", "last-boot"])
def test_bad_boards(vm32, board_tree, svctl, command):
    shutil.rmtree(vm32.root / "lib")
    session = vm32.session(BARE % str(board_tree / "lib"))
    session.expect("--> ")
    assert svctl(session.tty, command) == (
        1, "", f"{command}: PORT: no manager runs on the board: make deploy PORT=… brings one, and a reset starts it\n")
    assert svctl("/dev/ttyNOT", command) == (1, "", f"{command}: PORT is not there: plug the board in\n")


def test_older_manager_is_one_line(vm32, svctl, compiled):
    """One whose reports lack what a start took."""
    vm32.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    source = ROOT / "lib/aioservice/details.py"
    text = shorten.of_folder(ROOT / "lib")[0]["aioservice/details"] if compiled else source.read_text()
    text, found = re.subn(r'\w+\["took"\] = \w+\.took', "pass", text)
    assert found == 1
    vm32.put("lib/aioservice/details.py", text)
    session = vm32.session()
    session.expect("--> ")
    for command in ("tree", "blame", "chain"):
        assert svctl(session.tty, command) == (
            1, "", f"{command}: PORT: the manager on the board is too old for that: deploy, and reset the board\n")
    assert svctl(session.tty, "is-active", "repl")[:2] == (0, "active\n")


def test_cable_that_is_pulled(board, svctl):
    with Cable(board.tty) as cable:
        assert svctl(cable.name, "tree")[0] == 0
        total = cable.sent
    with Cable(board.tty, total // 2) as cable:
        assert svctl(cable.name, "tree") == (
            1, "", "tree: PORT: the link was lost: the cable, or the board was reset\n")
    board.send("\x03\x02")
    still_runs(board)


def test_last_boot(vm32, svctl):
    vm32.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    vm32.put("aioservices/services/bad_service.py", BAD)
    session = vm32.session()
    while True:  # the prompt of the life after the reset
        session.expect("--> ")
        session.send("print('cause', __import__('machine').reset_cause())\r")
        try:
            if int(re.search(r"cause (\d)", session.expect(re.compile(r"\ncause \d")))[1]) != 1:
                break
        except AssertionError:  # it went down meanwhile
            continue
    code, out, err = svctl(session.tty, "last-boot")
    assert (code, err) == (0, "") and re.match(r"""     cause: reset
    lasted: no
  to blame: bad
       why: 1 failures within 60 s
Traceback \(most recent call last\):
  File .* in task
ValueError: 5
.* bad\.service about to fail
""", out), out
    found = json.loads(svctl(session.tty, "last-boot", "--json")[1])
    assert found["service"] == "bad" and found["failed"] is True and found["cause"] == "reset"
    assert found["traceback"].endswith("ValueError: 5") and len(found["log"]) >= 1


def test_error_that_is_long_does_not_push_the_journal_out(vm32, svctl):
    vm32.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    vm32.put("aioservices/services/long_service.py", LONG)
    session = vm32.session()
    session.expect("--> ")
    session.line("aioctl.journal().put(20, 'first', 'is still there')")
    for _ in range(3):
        code, out, err = svctl(session.tty, "start", "long")
        assert code == 1 and "xxx" in out
    out = svctl(session.tty, "logs")[1]
    assert "is still there" in out and out.count("OSError: xxx") >= 3
