"""The newest MicroPython that can be had, from PyPI: what is started where there is no apt. 64 bits, without ffi."""
import platform
import shlex
import sys

import pytest
from support.harness import ROOT, Vm, mpremote

from svctl.setup import pypi

HAS = [(3, 11), (3, 12), (3, 14)]  # the versions of CPython that it is built for

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] not in HAS or (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="PyPI has no MicroPython for this Python")


@pytest.fixture
def newest(tmp_path, board_tree, compiled, monkeypatch):
    program = tmp_path / "micropython"
    program.write_text(f"#!/bin/sh\nexec {shlex.join(pypi.command(ROOT / 'build/cache/unixport'))} \"$@\"\n")
    program.chmod(0o755)
    monkeypatch.setenv("MICROPYTHON", str(program))
    board = Vm(tmp_path / "board", 64, board_tree, compiled)
    yield board
    board.close()


def test_board_boots_and_is_managed(newest):
    newest.ship()
    session = newest.session()
    session.expect("--> ")
    session.line("import sys")
    assert session.line("sys.implementation.version") == "(1, 29, 0, 'preview')\n"
    assert session.line('service("hello").state') == "'running'\n"
    session.line('await restart("hello")')
    assert session.line('service("hello").state') == "'running'\n"
    assert "hello.service" in session.line("aioservice.status()")
    assert mpremote(session, "exec", "print(6 * 7)").out == "42\r\n"
    session.send("\r")
    session.expect("--> ")
    session.ctrl("d")
    assert session.wait() == 0


def test_times_are_kept_and_failures_supervised(newest):
    newest.put("aioservices/services/tick_service.py", """
from aioclass import Service

class Tick(Service):
    type = "schedule.service"
    enabled = True
    schedule = {"start_in": 0.01, "repeat": 0.01}
    runs = 0

    async def task(self):
        self.runs += 1

service = Tick("tick")
""")
    newest.put("aioservices/services/fails_service.py", """
from aioclass import Service

class Fails(Service):
    enabled = True
    restart = {"policy": "on-failure", "delay": 0.01, "limit": [2, 60]}

    async def task(self):
        raise ValueError("no")

service = Fails("fails")
""")
    assert newest.run("""
import asyncio, aioservice
from aioservice import service

async def main():
    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    while service("tick").runs < 3 or service("fails").state != "failed":
        await asyncio.sleep_ms(5)
    print(service("fails").error, service("tick").state)
asyncio.run(main())
""").out == "no scheduled\n"


def test_what_takes_ffi_says_so(newest):
    assert newest.run("""
import machine
state = machine.disable_irq()
machine.enable_irq(state)
machine.lightsleep(1)
try:
    machine.Timer(-1)
except AttributeError as error:
    print(error)
print(hasattr(machine, "Timer"), hasattr(machine, "Pin"))
""").out == ("machine.Timer, and pins as simulation.json has them, take a MicroPython with ffi, as Debian's\n"
            "False True\n")
