"""The clock service on the simulated board."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import re

import pytest
from support.shipped import CHANGES, EAR, HOME, line

NTP = {"time": "2026-03-16 11:27:11"}


def test_clock_waits_for_the_network_and_sets_the_time(board):
    board.use("network", "clock").env().world(clock="2021-01-01 00:00:00", networks={}, ntp=NTP)
    board.settings["_boot"] = {"utc_offset": 90}
    board.settings["network"]["restart"] = {"delay": 0.2}
    board.service("web", "require = 'clock'")
    out = board.run(CHANGES + f"""
await up()
print(states()["clock"], states()["web"], time.gmtime()[0])
status("clock")
world(networks={HOME!r}, ntp={NTP!r})
await until(lambda: states()["web"] == "running")
clock = service("clock")
print(states()["clock"], time.gmtime()[:4], clock.now()[:4], clock.result[:13], [c.name for c in clock.children()])
print(clock.show())
""")
    lines = out.splitlines()
    assert lines[0] == "blocked blocked 2021"
    assert lines[1] + "\n" == line("clock", "blocked: clock -> network (failed)", "WAIT")
    assert lines[2] == "done (2026, 3, 16, 11) (2026, 3, 16, 12) 2026-03-16 12 ['clock.service.daily']"
    assert re.fullmatch(r"\('Clock', '2026-03-16 12:57:\d\d, UTC\+90 min, set \d+ s ago'\)", lines[3])


def test_clock_goes_on_once_a_day_and_says_once_that_nobody_answers(board):
    board.use("network", "clock", timeout=0.01, server="time.example")
    board.settings["network"]["kwargs"] = {"check": 3600}
    board.env().world(clock="2021-01-01 00:00:00", networks=HOME, ntp=NTP)
    out = board.run(CHANGES + EAR + f"""
await up()
import ntptime
clock = service("clock")
clock.log = Ear()
await sim.forward(86460)
print(heard[0][:13], ntptime.host)
world(networks={HOME!r}, ntp={{"answers": False}})
await sim.forward(2 * 86400)
print([w for w in heard if "no time" in w])
world(networks={HOME!r}, ntp={{"time": "2027-01-01 00:00:00"}})
await sim.forward(2 * 86400)
print("2027" in heard[-1])
print(time.gmtime()[0], states()["clock"])
""")
    assert out.splitlines() == [
        "2026-03-17 11 time.example", "['no time from time.example: OSError: [Errno 110] ETIMEDOUT']", "True", "2027 done"]


@pytest.mark.parametrize("ntp, why", [
    ({"answers": False}, "no time from pool.ntp.org: OSError: [Errno 110] ETIMEDOUT"),
    ({"time": "1999-12-31 00:00:00"}, "pool.ntp.org says that it is 1999-12-31 00:00:"),
], ids=["silent", "wrong"])
def test_clock_without_an_answer_is_one_line_and_blocks_who_requires_it_alone(board, ntp, why):
    board.use("network", "clock", timeout=0.05).env().world(clock="2021-01-01 00:00:00", networks=HOME, ntp=ntp)
    board.service("web", "require = 'clock'").service("other", "want = 'clock'")
    out = board.run("await up()\nawait until(lambda: states()['clock'] == 'restarting')\n"
                    "print(states()['web'], states()['other'])\nstatus('clock')")
    assert out.splitlines()[0] == "blocked running"
    assert out.splitlines()[1].startswith(line("clock", f"failed: OSError: {why}")[:-1])


def test_clock_without_the_network_service(board):
    """A board with a network of another kind: "require": []."""
    board.use("clock").world(clock="2021-01-01 00:00:00", ntp=NTP)
    board.settings["clock"]["require"] = []
    out = board.run("import network\nnetwork.WLAN().active(True)\nnetwork.WLAN().connect('lan')\n"
                    "await up()\nprint(states(), time.gmtime()[0])")
    assert out == "{'clock': 'done'} 2026\n"
