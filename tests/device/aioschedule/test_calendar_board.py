"""Calendar times on the running board, and what docs/scheduling.md shows of them."""
from __future__ import annotations

import json
import re

import pytest
from support.calendar import TIMED, both
from support.flash import FLASH
from support.harness import ROOT


# -- on the running board ------------------------------------------------------

# The wall clock as a test sets it. An alarm looks at it once a minute.
CLOCK = """
import machine, sim
def set_clock(year, month, day, *time):
    machine.RTC().datetime((year, month, day, 0) + time + (0,))
"""


def test_a_service_runs_when_the_clock_says_so(board):
    board.service("cal", TIMED % '{"at": "07:30,07:30:01", "days": "mon-fri"}', "print('ran')")
    board.config({"_boot": {"utc_offset": 90}})
    out = board.run(CLOCK + """
import aioctl
set_clock(2000, 1, 1, 5, 59, 59)
await up()
print(state("cal"), aioservice.snapshot()["services"][0]["next"])
status("cal")
set_clock(2026, 5, 4, 5, 58, 30)
await sim.forward(61)
status("cal")
aioctl.status("cal.service", log=False)
await sim.forward(31)
status("cal")
print(state("cal"), 86390 < aioservice.snapshot()["services"][0]["next"] < 86400)
await stop("cal")
status("cal")
""")
    line = board.line("cal")[:-1] + "; next run %s\n"
    head, task, *rest = out.partition("● cal.service: status: scheduled since ")
    rest = "".join(rest).split("\n", 1)
    assert rest[0].endswith(" ago; next run at 2026-05-04 07:30:00")
    assert head == "scheduled None\n" + line % "when the clock is set" + line % "at 2026-05-04 07:30:00"
    assert rest[1] == "ran\nran\n" + line % "at 2026-05-05 07:30:00" + "scheduled True\n" + board.line("cal")


def test_a_run_that_still_goes_skips_the_next_one(board):
    board.service("cal", TIMED % '{"at": "7:30,7:31"}', "print('ran'); await asyncio.sleep(300)")
    out = board.run(CLOCK + """
set_clock(2026, 5, 4, 7, 29, 59)
await up()
await sim.forward(2)
print(state("cal"))
await sim.forward(60)
print(aioservice.snapshot()["services"][0]["skipped"], state("cal"))
""")
    assert out == "ran\nrunning\n1 running\n"


MISSED = """
import os
set_clock(*%s)
await up()
await sim.forward(2)
print(sorted([name for name in os.listdir() if "ran" in name]))
"""


def test_a_missed_run_is_caught_up_after_a_reset_and_once(board):
    """Each run of the board is a power cycle. Flash: one write at the first time, and one for each run."""
    board.service("cal", TIMED % '{"at": "07:30", "persistent": True}', "print('ran')")
    board.service("other", TIMED % '{"at": "07:30"}', "print('missed')")

    def power(*when):
        return board.run(CLOCK + MISSED % (when,))

    def files():
        paths = [board.vm.root / name for name in ("services.ran", "services.ran.2")]
        return [path.read_text() for path in paths if path.exists()]

    assert power(2026, 5, 4, 6, 0, 0) == "['services.ran']\n"  # it never ran: from now on
    first = files()
    assert power(2000, 1, 1, 0, 0, 0) == "['services.ran']\n" and files() == first
    assert power(2026, 5, 4, 9, 0, 0) == "ran\n['services.ran', 'services.ran.2']\n"
    caught = files()
    assert caught[0] == first[0]
    assert power(2026, 5, 4, 9, 10, 0) == "['services.ran', 'services.ran.2']\n" and files() == caught
    ran = power(2026, 5, 5, 7, 29, 59).splitlines()
    assert sorted(ran[:2]) == ["missed", "ran"] and ran[2:] == ["['services.ran', 'services.ran.2']"]
    assert files()[0] != first[0] and files()[1] == caught[1]
    (board.vm.root / "services.ran").write_text('[2, {"cal": [1, ')  # cut: the one before counts
    assert power(2026, 5, 5, 9, 0, 0).startswith("ran\n")
    for path in board.vm.root.glob("services.ran*"):
        path.write_text("\xff\0")
    assert "ran\n" not in power(2026, 5, 6, 9, 0, 0)
    assert power(2026, 5, 7, 9, 0, 0).startswith("ran\n")


def test_a_flash_that_cannot_be_written_is_told(board):
    board.service("cal", TIMED % '{"at": "07:30", "persistent": True}', "print('ran')")
    (board.vm.root / "services.ran").mkdir()
    out = board.run(CLOCK + """
import aioctl
set_clock(2026, 5, 4, 7, 29, 59)
await up()
await sim.forward(2)
aioctl.log()
""")
    assert out.startswith("ran\n")
    assert "[WARNING] [cal.service] a missed run may not be caught up after a reset: OSError" in out


def test_reload_takes_another_offset(board):
    board.service("cal", TIMED % '{"at": "07:30"}', "print('ran')").config({})
    out = board.run(CLOCK + """
set_clock(2026, 5, 4, 5, 29, 58)
await up()
with open("services.config", "w") as file: file.write('{"_boot": {"utc_offset": 120}}')
await aioservice.reload()
await sim.forward(3)
print(aioservice.snapshot()["services"][0]["next"] > 80000, state("cal"))
""")
    assert out == "ran\nTrue scheduled\n"


def test_a_boot_without_calendar_times_loads_nothing_of_them(board):
    board.service("one", TIMED % '{"repeat": 60}', "pass").config({"one": {"schedule": {"repeat": 5}}})
    out = board.run("await up()\nprint([n for n in sys.modules if 'calendar' in n or 'alarm' in n])")
    assert out == "[]\n"


@pytest.mark.parametrize("fat", [False, True], ids=["littlefs", "fat"])
def test_a_power_cut_at_any_write_keeps_a_last_run(vm, fat):
    """The one before or the new one, also when the power is cut again at the next write."""
    out = vm.run(FLASH % (fat, 100) + """
from aioschedule.lastruns import save as write
from aioschedule.lastruns import kept
def ran(): return kept("a")[0], kept("b")[0]
for n in range(4): write("a", (n, 1)); write("b", (n, 2))
before = bytes(flash.data)
def count(*what):
    flash.written = 0
    write(*what)
    return flash.written
def cut(start, n, *what):
    flash.data[:] = start
    mount()
    flash.left = n
    try: write(*what)
    except OSError: pass
    flash.left = None
    after = bytes(flash.data)
    mount()
    return after
old, new = ((3, 1), (3, 2)), ((4, 1), (3, 2))
writes = count("a", (4, 1))
tried = 0
for n in range(writes):
    first = cut(before, n, "a", (4, 1))
    found = ran()
    if found not in (old, new): print("cut at", n, found)
    for m in range(count("b", (5, 2)) + 1):
        cut(first, m, "b", (5, 2))
        tried += 1
        if ran() not in (found, (found[0], (5, 2))): print("cuts at", n, m, found, ran())
print(writes > 1, tried > 3)
""", timeout=120, heap="2m").out  # what a cut left open is closed by the collector, which may grumble
    assert out.endswith("True True\n") and "cut" not in out, out


def test_due_times_are_exact_multiples_beside_a_task_that_blocks(vm):
    """100 periods: a run may be late by what the other one blocks; when it was due is exact."""
    assert vm.run("""
import asyncio, time
import aioschedule
from time import ticks_diff, ticks_ms
PERIOD = 20
due = []
async def busy():
    n = 0
    while True:
        n += 7
        time.sleep_ms(n % 13)
        await asyncio.sleep_ms(1)
def run():
    x = aioschedule.group().info("x")
    due.append((x.ticks, ticks_ms(), x.skipped))
async def main():
    task = asyncio.create_task(busy())
    aioschedule.schedule("x", run, start_in=0, repeat=PERIOD / 1000)
    while len(due) < 101:
        await asyncio.sleep_ms(50)
    steps = [ticks_diff(later[0], earlier[0]) for earlier, later in zip(due, due[1:])]
    print([step for step in steps if step % PERIOD or not step])
    print(sum(steps) == (len(steps) + due[-1][2] - due[0][2]) * PERIOD)
    print([1 for next, now, _ in due if not 0 < ticks_diff(next, now) <= PERIOD])
asyncio.run(main())
""", timeout=60).out == "[]\nTrue\n[]\n"


# -- docs/scheduling.md: each example does what it says ------------------------

DOCS = (ROOT / "docs/scheduling.md").read_text()


def test_the_examples_in_json_are_valid(vm):
    examples = re.findall(r"```json\n(.*?)```", DOCS, re.S)
    assert len(examples) == 3
    for i, text in enumerate(examples):
        (vm.root / f"example{i}").write_text(text)
    assert vm.run("""
import json
from aioservice.settings import fault_of
for i in range(3):
    settings = json.load(open("example%d" % i))
    for name in sorted(settings): print(name, fault_of(name, settings[name]))
""").out == "blink None\nreport None\nwater None\n_boot None\n"


def test_the_table_of_days(vm):
    rows = re.findall(r"^\| `(.*?)` \| (?:`(.*?)`|none) \| .* \| (2026-.*?) \|$", DOCS, re.M)
    assert len(rows) > 6
    (vm.root / "rows.json").write_text(json.dumps(rows))
    assert both(vm, """
import json
from aioschedule.rule import parse
from aioschedule.calendar import date, moment, next_after
for at, days, expected in json.load(open("rows.json")):
    day, s = next_after(parse(at, days or None), moment((2026, 5, 4, 12, 0, 0)))
    found = "%d-%02d-%02d %02d:%02d:%02d" % (date(day) + (s // 3600, s // 60 % 60, s % 60))
    if found != expected: print(at, days, expected, found)
""") == ""


def test_the_service_and_its_session(board):
    text, = re.findall(r"```python\n(.*?)```", DOCS, re.S)
    name, = re.findall(r'^service = \w+\("(\w+)"\)', text, re.M)
    board.file(name, text)
    shown, = re.findall(r"```console\n(.*?)```", DOCS, re.S)
    commands = [line[4:] for line in shown.splitlines() if line.startswith("--> ")]
    out = board.run(CLOCK + "import aioctl\nset_clock(2026, 5, 4, 12, 0, 0)\nawait up()\n" + "\n".join(commands))
    expected = [line for line in shown.splitlines() if not line.startswith("--> ")]
    since = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d; \d s ago"
    assert re.sub(since, "…", out).replace(".py ", ".mpy ").splitlines() == [
        re.sub(since, "…", line) for line in expected]
