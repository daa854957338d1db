"""The watcher service on the simulated board."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json
import re

import pytest
from support.shipped import FOREVER, line


def test_watcher_tells_failures_and_recoveries(board):
    board.use("watcher", keep=3)
    board.service("flaky", "restart = {'delay': 0.02}", "self.n = getattr(self, 'n', 0) + 1\n"
                  "        if self.n < 6: raise ValueError(self.n)\n        " + FOREVER)
    board.service("dead", "restart = 'no'", "raise ValueError('no')")
    board.vm.put("aioservices/services/broken_service.py", "1 / 0\n")
    out = board.run("""
await up()
await until(lambda: states()["flaky"] == "running" and service("flaky").n > 5)
await asyncio.sleep_ms(50)
print("--")
service("watcher").report()
print(service("watcher").show())
""")
    told, _, report = out.partition("--\n")
    assert sorted(told.splitlines()) == sorted([
        "watcher: broken.service not loaded: ZeroDivisionError: divide by zero", "watcher: dead.service failed: ValueError: no",
        "watcher: flaky.service failed: ValueError: 1", "watcher: flaky.service failed (2 times): ValueError: 2",
        "watcher: flaky.service failed (4 times): ValueError: 4"])
    lines = report.splitlines()
    assert len(lines) == 5 and "flaky.service failed (4 times): ValueError: 4" in lines[2]
    assert lines[3:] == ["5 failures; no hardware watchdog", "('Watcher', '5 failures; no hardware watchdog')"]


def test_watcher_counts_one_failure(board):
    board.use("watcher").service("dead", "restart = 'no'", "raise ValueError('no')")
    assert board.run("""
await up()
await until(lambda: service("watcher").failures)
print(service("watcher").show())
""").endswith("('Watcher', '1 failure; no hardware watchdog')\n")


LIVES = """
import machine, sys, os
n = int(open("n").read()) if "n" in os.listdir() else 0
with open("n", "w") as file:
    file.write(str(n + 1))
print("life", n, machine.reset_cause())
if n: sys.exit(0)
armed = []
real = machine.WDT
def WDT(**options):
    armed.append(options)
    return real(**options)
machine.WDT = WDT
import aioservice
aioservice.run()
"""


def lives(board, spy, by=None):
    board.vm.ship("boot.py")
    board.vm.put("main.py", LIVES)
    if by:
        board.settings["_boot"] = {"watchdog": by}
    board.vm.put("services.config", json.dumps(board.settings))
    board.service("spy", "", "import __main__\n        " + spy.replace("\n", "\n        "))
    return board.vm.run(timeout=30).out


QUIET = "await asyncio.sleep(1.7)\nprint('alive', __main__.armed, self.manager.services['watcher'].fed())\nself.manager.quit.set()"


@pytest.mark.parametrize("by", [None, 1], ids=["watcher", "boot"])
def test_watcher_and_the_hardware_watchdog_of_a_healthy_board(board, by):
    """It arms one where boot.py did not, and no second one; stopped, it leaves the watchdog fed."""
    board.use("watcher", timeout=1).service("good", "critical = True")
    out = lives(board, "await asyncio.sleep(0.2)\nself.manager.services['watcher'].ask()\n" + QUIET if by is None else QUIET, by)
    armed = "[{'timeout': 1000}]" if by is None else "[]"
    assert f"alive {armed} hardware watchdog of 1 s is fed\n" in out
    assert re.findall(r"life \d \d", out) == ["life 0 1"] or out.count("life") == 2  # after the end nobody feeds it


@pytest.mark.parametrize("by", [None, 1], ids=["watcher", "boot"])
def test_watcher_does_not_keep_an_unhealthy_board_alive(board, by):
    board.use("watcher", timeout=1)
    board.service("bad", "critical = True\nrestart = 'no'", "await asyncio.sleep(0.3)\n        raise ValueError(5)")
    out = lives(board, "await asyncio.sleep(0.8)\nprint(self.manager.services['watcher'].fed())\n" + FOREVER, by)
    assert "watcher: bad.service failed: ValueError: 5\n" in out
    assert "hardware watchdog not fed: bad.service failed: ValueError: 5\n" in out
    assert re.findall(r"life \d \d", out) == ["life 0 1", "life 1 3"]


def test_watcher_with_a_timeout_that_the_board_does_not_have(board):
    out = board.use("watcher", timeout=9).run("await up()\nawait until(lambda: states()['watcher'] == 'restarting')\nstatus()")
    assert out.startswith(line("watcher", "failed: ValueError: timeout of 9 s: ValueError: timeout exceeds 8388; restart")[:-1])
