"""`svctl plot`: from what a board says to bars, and from bars to a picture on which nothing overlaps."""
from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ET

import pytest
from support.drawn import looked_at
from support.harness import ROOT

from svctl.look import bootplot, boottime
from svctl.look.boottime import Bar, Boot, Phase

HEAD = [7, "Raspberry Pi Pico with RP2040", "micropython 1.25.0", True]
# One of each kind, as device/boot.py has them: name, type, state, since, took, restarts, require, want, heap, times
ROWS = [
    ["core", "core", "done", 0, 30, 0, [], [], [100, None], [10, 5, 40, "starting", 41, "running", 71, "done"]],
    ["web", "runtime", "running", 0, 20, 0, ["core", "wifi"], ["clock"], [1234, 560],
     [15, 8, 40, "waiting", 300, "starting", 320, "running"]],
    ["wifi", "core", "done", 0, 260, 0, [], [], [4032, -8], [23, 9, 40, "starting", 300, "running", 300, "done"]],
    ["tick", "schedule", "scheduled", 5, 0, 0, [], [], [90, None],
     [32, 4, 42, "scheduled", 5042, "starting", 5043, "running", 5044, "stopping", 5045, "scheduled"]],
    ["bad", "runtime", "restarting", 6, 0, 3, [], [], [80, None],
     [36, 2, 43, "starting", 44, "running", 50, "stopping", 51, "restarting", 1051, "starting", 1052, "running"]],
    ["late", "runtime", "running", 400, 12, 0, [], [], [80, None], [400000, 9, 400010, "starting", 400022, "running"]],
    ["broken", "ZeroDivisionError"],
]


def test_bars_of_a_measured_boot():
    boot = boottime.boot(HEAD, ROWS)
    bars = {bar.name: bar for bar in boot.bars}
    assert [bar.name for bar in boot.bars] == ["core", "wifi", "tick", "bad", "web", "broken", "late"]
    assert bars["core"].phases == (Phase("loading", 10, 15), Phase("starting", 40, 71), Phase("done", 71, None))
    assert bars["web"].phases == (Phase("loading", 15, 23), Phase("waiting", 40, 300), Phase("starting", 300, 320),
                                  Phase("running", 320, None))
    assert (bars["web"].took, bars["wifi"].took, bars["web"].heap) == (20, 260, (1234, 560))
    assert bars["tick"].phases[1:] == (Phase("done", 42, None),)  # its first run is no part of the boot
    assert [phase.kind for phase in bars["bad"].phases] == ["loading", "starting", "running", "failed"]
    assert bars["late"].phases == () and bars["late"].note == "running since 6 min 40 s after the boot began"
    assert bars["broken"].note == "not loaded: ZeroDivisionError"
    assert boot.end == 320 + 320 // 12


def test_bars_of_a_boot_that_was_not_measured():
    rows = [["a", "core", "done", 2, 1500, 0, [], [], None, None],
            ["b", "runtime", "running", 2, 0, 0, ["a"], [], None, None],
            ["c", "runtime", "blocked", 1, 0, 0, ["gone"], [], None, None],
            ["d", "runtime", "init", None, 0, 0, [], [], None, None],
            ["e", "runtime", "running", 90000, 0, 2, [], [], None, None]]
    boot = boottime.boot([90002, "Board", "micropython 1.25.0", False], rows)
    bars = {bar.name: bar for bar in boot.bars}
    assert bars["a"].phases == (Phase("starting", 500, 2000), Phase("done", 2000, None)) and bars["a"].took == 1500
    assert bars["b"].phases == (Phase("running", 2000, None),) and bars["b"].took is None
    assert bars["c"].phases == (Phase("waiting", 1000, None),)
    assert bars["d"].note == "never started"
    assert bars["e"].note == "running since 1 day 1 h after the boot began"
    text = bootplot.svg(boot)
    assert "whole seconds" in text and "were measured" not in text and "were measured" in bootplot.svg(
        boottime.boot(HEAD, ROWS))


def test_texts_of_times():
    assert [boottime.span(ms) for ms in (0, 999, 1000, 61_000, 3_600_000, 18_720_000, 93_600_000)] == [
        "0 ms", "999 ms", "1 s", "1 min 1 s", "1 h", "5 h 12 min", "1 day 2 h"]
    assert boottime.moment(1040) == "1.04 s" and boottime.moment(2000) == "2 s" and boottime.moment(12) == "12 ms"
    for end in (1, 7, 20, 999, 1000, 2345, 61_000, 10 ** 9):
        found = boottime.ticks(end)
        assert found[0] == 0 and found[-1] <= end and 1 <= len(found) <= 9


# -- the picture -------------------------------------------------------------------


def test_the_picture_of_few():
    boot = boottime.boot(HEAD, ROWS)
    text = bootplot.svg(boot)
    root = looked_at(text, boot)
    words = [each.text for each in root.iter() if each.tag.endswith("}text")]
    for word in ("Boot of Raspberry Pi Pico with RP2040", "web", "20 ms", "core, wifi, [clock]", "1,234", "560", "0 ms",
                 "300 ms", "waiting for a requirement", "not loaded: ZeroDivisionError"):
        assert word in words, word
    assert bootplot.svg(boot) == text and "prefers-color-scheme: dark" in text
    web = root.findall("{*}g[@class='row']")[4].findall("{*}rect")
    axis = float(root.find("{*}path").get("d")[1:].split()[0])
    left = [round((float(each.get("x")) - axis) / bootplot.WIDE * boot.end) for each in web]
    assert left == [15, 40, 300, 320]  # where they stand is what they say


def test_the_picture_of_none():
    boot = boottime.boot(HEAD, [])
    looked_at(bootplot.svg(boot), boot)


def test_pictures_of_anything():
    """Any number of services, with any names, at any times."""
    seed = random.randrange(2 ** 32)
    print("seed", seed)
    dice = random.Random(seed)
    for _ in range(25):
        head, rows = anything(dice)
        boot = boottime.boot(head, rows)
        looked_at(bootplot.svg(boot), boot)
        assert {bar.name for bar in boot.bars} == {row[0] for row in rows}


def anything(dice: random.Random) -> tuple:
    letters = "abcdefghijklmnopqrstuvwxyz_0123456789" + dice.choice(["", "<&>\"'", "äöü", "漢字", "\x00\x1b\ud800", "e\u0301"])
    names = list({"".join(dice.choices(letters, k=dice.choice((1, 5, 12, 90)))) for _ in range(dice.choice((1, 3, 40)))})
    exact = dice.random() < 0.6
    rows = []
    for name in names:
        if dice.random() < 0.1:
            rows.append([name, dice.choice(["ValueError", "Error" * 40])])
            continue
        state = dice.choice(["init", "waiting", "starting", "running", "stopping", "done", "stopped", "restarting",
                             "failed", "blocked", "masked", "scheduled"])
        at = dice.randrange(10 ** dice.randrange(1, 8))
        times = [at, dice.randrange(90)]
        for _ in range(dice.randrange(7)):
            at += dice.randrange(10 ** dice.randrange(1, 6))
            times += [at + times[1], dice.choice(["waiting", "starting", "running", "done", "failed", "scheduled", "stopped"])]
        some = [dice.choices(names, k=dice.choice((0, 0, 1, 9))) for _ in range(2)]
        since = None if state == "init" else dice.randrange(10 ** dice.randrange(1, 7))
        rows.append([name, dice.choice(["core", "runtime", "schedule", ""]), state, since, dice.randrange(9000),
                     dice.randrange(3), *some, dice.choice([None, [dice.randrange(-99, 99999), None]]),
                     times if exact else None])
    return [dice.randrange(10 ** 7), dice.choice(["Board", "A board with <a> name " * 9]), "micropython 1.25.0", exact], rows


def test_a_name_of_markup_is_text():
    boot = Boot("<b>&", "f", 1, True, (Bar('"><script>', "core", "done", (Phase("done", 1, None),)),), 20)
    root = looked_at(bootplot.svg(boot), boot)
    assert not [each for each in root.iter() if "script" in each.tag]
    assert '"><script>' in [each.text for each in root.iter()]


# -- the command ----------------------------------------------------------------------

SLOW = """
import asyncio
from aioclass import Service
class Slow(Service):
    enabled = True
    type = "core.service"
    async def setup(self):
        self.held = bytearray(3000)
        await asyncio.sleep_ms(120)
    async def task(self):
        pass
service = Slow("slow")
"""
AFTER = """
from aioclass import Service
class After(Service):
    enabled = True
    type = "core.service"
    require = ("slow",)
service = After("after")
"""


@pytest.mark.parametrize("measured", [True, False])
def test_plot_of_a_board(vm32, svctl, tmp_path, measured):
    vm32.ship()
    vm32.put("aioservices/services/slow_service.py", SLOW)
    vm32.put("aioservices/services/after_service.py", AFTER)
    settings = json.loads((ROOT / "services.config").read_text())
    vm32.put("services.config", json.dumps({**settings, "dofail": {"enabled": True},
                                            **({"_boot": {"blame": True}} if measured else {})}))
    session = vm32.session()
    session.expect("--> ")
    path = tmp_path / "boot.svg"
    code, out, err = svctl(session.tty, "plot", "-o", str(path))
    assert (code, err) == (0, "") and out.startswith(f"wrote {path}: 7 services") and ("whole seconds" in out) != measured
    found = json.loads(svctl(session.tty, "plot", "--json", "-o", "-")[1])
    bars = {each["name"]: each for each in found["services"]}
    slow, after = bars["slow"], bars["after"]
    assert set(bars) == {"after", "dofail", "hello", "hello_core", "repl", "slow", "world"}
    assert slow["took"] >= 120 and after["require"] == ["slow"] and bars["dofail"]["note"] == "not loaded: ZeroDivisionError"
    if measured:
        assert slow["heap"][1] > 2500 and after["heap"][1] is None
        assert [phase["kind"] for phase in after["phases"]] == ["loading", "waiting", "starting", "running"]
        up = slow["phases"][-1]["begin"]
        assert [phase["end"] for phase in after["phases"] if phase["kind"] == "waiting"][0] >= up
    else:
        assert slow["heap"] is None and slow["phases"][-1]["kind"] == "done"
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    names = [row.findall("{*}text")[0].text for row in root.findall("{*}g[@class='row']")]
    assert sorted(names) == sorted(bars)
    code, out, err = svctl(session.tty, "plot", "-o", str(tmp_path))
    assert code == 1 and re.fullmatch(r"plot: .*: Is a directory\n", err)
