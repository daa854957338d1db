"""Calendar times over simulated years and clock jumps, on the real VM and on CPython."""
from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from support.calendar import a_rule, both, moments

# A clock of its own: `at` is what it shows, in moments' seconds; ticks are the platform's. step() sleeps
# as the loop would, until the timer's next look, and looks.
SIMULATED = """
import aioschedule.alarm as alarm
from aioschedule.rule import parse
from aioschedule.calendar import date, moment
from aioschedule.timer import ticks_add, ticks_diff
from aioschedule.alarm import Alarm
from aioschedule.start import Start

class World:
    def __init__(self, *when):
        self.set(*when)
        self.ticks = ticks_add(0, -5)
        alarm.gmtime = self.gmtime
        alarm.time_ns = lambda: self.ms % 1000 * 1000000
    def set(self, *when):
        day, second = moment((when + (0,) * 6)[:6])
        self.ms = (day * 86400 + second) * 1000
    def gmtime(self):
        s = self.ms // 1000
        return date(s // 86400) + (s // 3600 % 24, s // 60 % 60, s % 60, 0, 0)
    def text(self):
        return "%d-%02d-%02d %02d:%02d:%02d" % self.gmtime()[:6]
    def jump(self, hours):
        self.ms += int(hours * 3600) * 1000
    def step(self, timer, most=86400000):
        wait = ticks_diff(timer.ticks, self.ticks)
        slept = min(wait, most)
        self.ms += slept
        self.ticks = ticks_add(self.ticks, slept)
        return slept == wait and timer.advance(self.ticks)
    def runs(self, timer, hours):
        left = int(hours * 3600) * 1000
        while left > 0:
            before = self.ms
            if self.step(timer, left): yield self.text()
            left -= self.ms - before
    def sleep(self, timer, hours):
        return list(self.runs(timer, hours))
    def alarm(self, at, days=None, minutes=0, ran=None, keep=None):
        return Alarm("a", None, self.ticks, minutes, parse(at, days), ran, keep)
"""

YEARS = [
    ("07:30", None, 0, (2025, 1, 1), 9),
    ("0:00", "mon-fri", 60, (2027, 12, 30), 2),
    ("23:59:59", "last", 0, (2095, 1, 1), 10),
    ("12:00,18:30", "29,30,31", -90, (2027, 6, 1), 5),
    ("6:00", "sat-mon,15", 345, (2099, 6, 1), 2),
]


@pytest.mark.parametrize("at, days, minutes, start, years", YEARS)
def test_simulated_years(vm, at, days, minutes, start, years):
    """Every moment that there is, exactly at it, and no other; ticks wrap meanwhile."""
    begin = datetime(*start)
    shift = timedelta(minutes=minutes)
    expected = [when - shift for when in moments(at, days, begin + shift, begin + shift + timedelta(365 * years))]
    out = both(vm, SIMULATED + f"""
Alarm.every = 7200000
world = World(*{start})
timer = world.alarm({at!r}, {days!r}, {minutes})
for when in world.runs(timer, {365 * 24 * years}): print(when)
print(timer.skipped)
""", timeout=100)
    assert out.splitlines() == [str(when) for when in expected] + ["0"]
    assert len(expected) > 10


# What happens to the clock, and when a daily 07:30 runs. Each line: (do, argument); sleep and jump in hours.
JUMPS = {
    "an hour on, over it: it runs at once": (
        [("sleep", 7), ("jump", 1), ("sleep", 1)], ["2026-05-04 08:01:00"], 0),
    "an hour on, before it": ([("sleep", 5), ("jump", 1), ("sleep", 3)], ["2026-05-04 07:30:00"], 0),
    "an hour back, before it": ([("sleep", 7), ("jump", -1), ("sleep", 3)], ["2026-05-04 07:30:00"], 0),
    "an hour back, after it: not twice": (
        [("sleep", 8), ("jump", -1), ("sleep", 24)], ["2026-05-04 07:30:00"], 0),
    "an hour back, after it, and the next day": (
        [("sleep", 8), ("jump", -1), ("sleep", 25)], ["2026-05-04 07:30:00", "2026-05-05 07:30:00"], 0),
    "back and on again": (
        [("sleep", 8), ("jump", -1), ("sleep", 0.1), ("jump", 1), ("sleep", 4)], ["2026-05-04 07:30:00"], 0),
    "four hours on, over it: it was a wrong clock": (
        [("sleep", 7), ("jump", 4), ("sleep", 21)], ["2026-05-05 07:30:00"], 1),
    "four hours back, after it: the day begins again": (
        [("sleep", 8), ("jump", -4), ("sleep", 5)], ["2026-05-04 07:30:00", "2026-05-04 07:30:00"], 0),
    "20 years on": (
        [("sleep", 8), ("jump", 20 * 8766), ("sleep", 24)], ["2026-05-04 07:30:00", "2046-05-05 07:30:00"], 1),
    "20 years back, to a clock that is not set": (
        [("sleep", 8), ("jump", -20 * 8766), ("sleep", 48)], ["2026-05-04 07:30:00"], 0),
    "20 years back and on again": (
        [("sleep", 8), ("jump", -20 * 8766), ("sleep", 1), ("jump", 20 * 8766), ("sleep", 23)],
        ["2026-05-04 07:30:00", "2026-05-05 07:30:00"], 0),
    "a wrong year, and the right one": (
        [("jump", 20 * 8766), ("sleep", 8), ("jump", -20 * 8766), ("sleep", 8)],
        ["2046-05-04 07:30:00"], 1),
    "NTP's seconds, both ways": (
        [("sleep", 7.4997), ("jump", 2 / 3600), ("sleep", 1), ("jump", -2 / 3600), ("sleep", 1)],
        ["2026-05-04 07:30:02"], 0),
    "back, and past it again before the next look: not twice": (
        [("sleep", 7.6), ("jump", -390 / 3600), ("sleep", 3)], ["2026-05-04 07:30:00"], 0),
    "seconds back, just after it": (
        [("sleep", 7.5), ("jump", -2 / 3600), ("sleep", 3)], ["2026-05-04 07:30:00"], 0),
}


@pytest.mark.parametrize("what", JUMPS)
def test_jumps_of_the_clock(vm, what):
    steps, expected, skipped = JUMPS[what]
    out = both(vm, SIMULATED + f"""
world = World(2026, 5, 4)
timer = world.alarm("07:30")
world.step(timer)
ran = []
for do, hours in {steps!r}:
    if do == "jump": world.jump(hours)
    else: ran += world.sleep(timer, hours)
print(ran)
print(timer.skipped)
""")
    assert out == f"{expected}\n{skipped}\n"


def test_a_late_ntp(vm):
    """Woken up in 2021 as an RP2040 does; nothing runs before the clock is set, and nothing at once then."""
    assert both(vm, SIMULATED + """
for year in (1970, 2000, 2021, 2024):
    world = World(2021, 1, 1)
    if year < 2000: alarm.gmtime = lambda: (1970, 1, 1, 0, 0, 0, 0, 0)
    else: world.set(year, 12, 31)
    timer = world.alarm("07:30")
    print(world.sleep(timer, 20), timer.due, timer.left())
    alarm.gmtime = lambda: World.gmtime(world)
    world.set(2026, 5, 4, 7, 29, 1)
    before = world.ms
    print(world.sleep(timer, 2), timer.skipped)
    world.set(2026, 5, 4, 12)
""") == "[] None None\n['2026-05-04 07:30:01'] 0\n" * 4


def test_small_jumps_neither_lose_nor_repeat(vm):
    """Random ones of up to three hours, a few a day: all moments run once, or were jumped over together."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    for _ in range(6):
        at, days = a_rule(rng)
        steps = [(round(rng.uniform(7, 30), 2), round(rng.uniform(-2.9, 2.9), 2)) for _ in range(60)]
        start = datetime(2026, rng.randint(1, 12), 28, 12)
        out = both(vm, SIMULATED + f"""
world = World(*{tuple(start.timetuple()[:6])})
timer = world.alarm({at!r}, {days!r})
world.step(timer)
begun = highest = world.ms
runs = 0
for hours, jump in {steps!r}:
    runs += len(world.sleep(timer, hours))
    world.jump(jump)
runs += len(world.sleep(timer, 7))
print(runs + timer.skipped, (world.ms - begun) // 1000)
""", timeout=60)
        count, passed = map(int, out.split())
        assert count == len(moments(at, days, start, start + timedelta(seconds=passed))), (at, days, steps)


def test_what_was_missed_is_caught_up_once(vm):
    assert both(vm, SIMULATED + """
kept = []
world = World(2026, 5, 4, 6)
timer = world.alarm("07:30", None, 0, None, kept.append)
print(world.sleep(timer, 1), kept == [moment((2026, 5, 4, 6, 0, 0))])       # its first time: from now on
for year, month, day, hour in ((2026, 5, 4, 9), (2026, 5, 4, 9), (2026, 5, 5, 7), (2026, 8, 1, 0)):
    world.set(year, month, day, hour)                                        # a reset, and the clock is set
    timer = world.alarm("07:30", None, 0, kept[-1], kept.append)
    ran = world.sleep(timer, 0.25)
    if ran: kept.append(timer.ran)
    print(ran, timer.skipped)
world.set(2046, 1, 1)                                                        # a wrong clock runs it, and is mended
print(world.sleep(timer, 0.1))
kept.append(timer.ran)
world.set(2026, 8, 2, 7)
print(world.sleep(timer, 1), kept[-1] == moment((2026, 8, 2, 7, 1, 0)))
world.set(2027, 1, 1)
timer = world.alarm("07:30", None, 0, moment((2046, 1, 1, 0, 0, 0)), kept.append)
print(world.sleep(timer, 8), kept[-1] == moment((2027, 1, 1, 0, 0, 0)))
""") == """[] True
['2026-05-04 09:00:00'] 0
[] 0
[] 0
['2026-08-01 00:00:00'] 0
['2046-01-01 00:01:00']
['2026-08-02 07:30:00'] True
['2027-01-01 07:30:00'] True
"""


def test_a_start_by_the_clock_and_intervals_from_then_on(vm):
    assert both(vm, SIMULATED + """
world = World(2021, 1, 1)
timer = Start("a", None, 30 * 86400000, world.ticks, 60, (2026, 2, 28, 13, 0, 0))
print(world.sleep(timer, 5), timer.left())
world.set(2026, 2, 28, 11, 58, 30)
ran = world.sleep(timer, 24 * 31)
world.jump(-5)  # intervals do not care
print(ran, world.sleep(timer, 24 * 31), hasattr(timer, "due"), timer.skipped)
once = Start("a", None, 0, world.ticks, 0, (2026, 1, 1, 0, 0, 0))
print(once.advance(world.ticks))  # over: at once
""") == """[] None
['2026-02-28 12:00:00', '2026-03-30 12:00:00'] ['2026-04-29 07:00:00'] False 0
True
"""


def test_short_of_memory_it_looks_again(vm):
    assert both(vm, SIMULATED + """
world = World(2026, 5, 4, 7)
timer = world.alarm("07:30")
world.step(timer)
good = alarm.next_after
def bad(rule, when): raise MemoryError
alarm.next_after = bad
print(world.sleep(timer, 0.55))
alarm.next_after = good
print(world.sleep(timer, 1))
""") == "[]\n['2026-05-04 07:34:00']\n"
