"""The interval clock, timers and their loop: on the real VM, the pure arithmetic on CPython too."""

import os
import re
import subprocess
import sys

import pytest
from support.harness import ROOT

LIB = ROOT / "lib"

# Ten years of a clock that is read at odd moments and whose ticks wrap as on a board.
CLOCK = """
import aioschedule

WRAP = 1 << 30
true = 0

def ticks():
    return (true + 12345) % WRAP

def diff(a, b):
    return (a - b + WRAP // 2) % WRAP - WRAP // 2

aioschedule.ticks_ms = ticks
aioschedule.ticks_diff = diff
clock = aioschedule.clock
clock[2] = ticks()
seed = 1
wrong = 0
while true < 10 * 365 * 86400 * 1000:
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    true += seed % (6 * 86400 * 1000)
    if aioschedule.uptime() != true // 1000 or clock[0] * 1000 + clock[1] != true:
        wrong += 1
print("wrong", wrong)
"""

# Timers over years, woken at each of their moments: every run must come at a whole
# multiple of the period after the first. Ticks are the platform's, with their wrap.
YEARS = """
import aioschedule.timer as timers
from aioschedule.timer import ticks_add, ticks_diff

for period, first, years in ((86400, 5, 3), (30 * 86400, 0, 5), (7 * 86400, 3 * 86400, 5),
                             (365 * 86400, 60, 9), (3601, 1, 1)):
    now = ticks_add(0, 77)
    timer = timers.Timer("t", None, period * 1000, now)
    timer.delay(first * 1000)
    passed = runs = wrong = longest = 0
    while passed < years * 365 * 86400 * 1000:
        wait = ticks_diff(timer.ticks, now)
        longest = max(longest, wait)
        passed += wait
        now = timer.ticks
        if timer.advance(ticks_add(now, 3)):
            if passed != (first + runs * period) * 1000:
                wrong += 1
            runs += 1
    print(period, runs, wrong, timer.skipped, longest <= 86400000)
"""
YEARS_OUT = (
    "86400 1096 0 0 True|2592000 61 0 0 True|604800 261 0 0 True|31536000 10 0 0 True|3601 8759 0 0 True"
)

# Late by whole periods: the skipped are counted, the raster stays.
LATE = """
import aioschedule.timer as timers

for late in (0, 1, 999, 1000, 1001, 5500):
    timer = timers.Timer("t", None, 1000, 50)
    timer.delay(1000)
    print(timer.advance(1050 + late), timer.ticks, timer.skipped)
"""
LATE_OUT = "True 2050 0|True 2050 0|True 2050 0|True 3050 1|True 3050 1|True 7050 5"

TEXTS = """
import aioschedule

print(aioschedule.get_datetime((2026, 3, 16, 11, 27, 11, 0, 75)))
for s in (0, 38, 59.9, 60, 61, 86399, 86400, 183845):
    print(aioschedule.tmdelta_fmt(s))
"""
TEXTS_OUT = "2026-03-16 11:27:11|0 s|38 s|59 s|00:01:00|00:01:01|23:59:59|1 day, 00:00:00|2 days, 03:04:05"

PURE = {
    "clock": (CLOCK, "wrong 0"),
    "years": (YEARS, YEARS_OUT),
    "late": (LATE, LATE_OUT),
    "texts": (TEXTS, TEXTS_OUT),
}

# What the scripts below share: a run that notes when it was called.
NOTES = """
import asyncio
import time
import aioschedule

group = aioschedule.group()
began = time.ticks_ms()
notes = []

def note(name):
    def run():
        notes.append((name, time.ticks_diff(time.ticks_ms(), began)))
    return run

def names():
    return "".join([name for name, _ in notes])
"""


def lines(vm, code, timeout=20):
    return vm.run(code, timeout=timeout).out.splitlines()


@pytest.mark.parametrize("pure", PURE)
def test_arithmetic_on_the_vm(vm, pure):
    code, expected = PURE[pure]
    assert lines(vm, code) == expected.split("|")


@pytest.mark.parametrize("pure", PURE)
def test_arithmetic_on_cpython(pure):
    code, expected = PURE[pure]
    done = subprocess.run(
        [sys.executable, "-c", "import builtins\nbuiltins.const = int\n" + code],
        env={**os.environ, "PYTHONPATH": str(LIB)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == expected.split("|"), done.stderr


def test_uptime_counts_and_does_not_allocate(vm):
    assert lines(vm, """
import time, micropython, aioschedule
before = aioschedule.uptime_ms()
time.sleep_ms(1100)
micropython.heap_lock()
aioschedule.uptime()
micropython.heap_unlock()
print(1090 < aioschedule.uptime_ms() - before < 1400, aioschedule.uptime())
""") == ["True 1"]


def test_wall_is_the_moment_of_an_uptime(vm):
    assert lines(vm, """
import time, aioschedule
print(abs(aioschedule.wall(aioschedule.uptime()) - time.time()) <= 1)
print(aioschedule.wall(100) - aioschedule.wall(40))
""") == ["True", "60"]


def test_importing_the_clock_brings_no_timers(vm):
    assert lines(vm, """
import sys, aioschedule
print(aioschedule.timers, "aioschedule.timer" in sys.modules)
aioschedule.schedule("a", print, start_in=5)
print(aioschedule.timers is aioschedule.group())
""") == ["None False", "True"]


def test_runs_come_at_once_later_and_repeatedly(vm):
    assert lines(vm, NOTES + """
async def main():
    aioschedule.schedule("once", note("o"), start_in=0.05)
    aioschedule.schedule("now", note("n"), start_in=0, repeat=0.1)
    aioschedule.schedule("repeat", note("r"), repeat=0.07)
    await asyncio.sleep_ms(240)
    print(names())
    print(aioschedule.next_due("once"), 0 < aioschedule.next_due("now") <= 0.1, group.info("repeat").skipped)
asyncio.run(main())
""") == ["nornrnr", "None True 0"]


def test_an_earlier_timer_wakes_the_sleeping_loop(vm):
    assert lines(vm, NOTES + """
async def main():
    aioschedule.schedule("late", note("l"), start_in=1000)
    task = group.task
    await asyncio.sleep_ms(20)
    aioschedule.schedule("early", note("e"), start_in=0.03)
    await asyncio.sleep_ms(60)
    print(names(), group.task is task, 999 < aioschedule.next_due("late") < 1000)
asyncio.run(main())
""") == ["e True True"]


def test_intervals_do_not_drift(vm):
    out = lines(vm, NOTES + """
async def busy():
    while True:
        time.sleep_ms(4)
        await asyncio.sleep_ms(3)

async def main():
    asyncio.create_task(busy())
    aioschedule.schedule("x", note("x"), start_in=0, repeat=0.1)
    await asyncio.sleep_ms(2050)
asyncio.run(main())
first = notes[0][1]
print(len(notes), [at - first - i * 100 for i, (_, at) in enumerate(notes)])
""", timeout=20)[0]
    count, offsets = re.fullmatch(r"(\d+) \[(.*)\]", out).groups()
    offsets = [int(o) for o in offsets.split(",")]
    assert count == "21"
    # Each run may be late by what the other task blocks; the lateness must not add up.
    assert sum(offsets[-5:]) / 5 - sum(offsets[:5]) / 5 < 8, offsets


def test_a_late_loop_runs_once_and_keeps_its_raster(vm):
    """Each moment of the raster was run, or is counted as left out."""
    assert lines(vm, NOTES + """
async def main():
    aioschedule.schedule("x", note("x"), start_in=0, repeat=0.1)
    x = group.info("x")
    first = x.ticks
    await asyncio.sleep_ms(50)
    time.sleep_ms(400)
    n, left_out = len(notes), x.skipped
    while len(notes) == n:
        await asyncio.sleep_ms(1)
    moments, between = divmod(time.ticks_diff(x.ticks, first), 100)
    print(len(notes) - n, x.skipped - left_out >= 3, between, moments - len(notes) - x.skipped)
asyncio.run(main())
""") == ["1 True 0 0"]


def test_a_run_that_says_false_is_counted_as_skipped(vm):
    assert lines(vm, NOTES + """
async def main():
    aioschedule.schedule("x", lambda: False, start_in=0, repeat=0.02)
    await asyncio.sleep_ms(50)
    print(group.info("x").skipped, group.info("x").last)
asyncio.run(main())
""") == ["3 None"]


def test_what_a_run_raises_ends_nothing(vm):
    assert lines(vm, NOTES + """
def bad():
    raise SystemExit(3)

async def main():
    group.on_error = lambda key, exc: print(key, repr(exc))
    aioschedule.schedule("bad", bad, start_in=0, repeat=0.03)
    aioschedule.schedule("good", note("g"), start_in=0.01, repeat=0.03)
    await asyncio.sleep_ms(55)
    print(names())
asyncio.run(main())
""") == ["bad SystemExit(3,)", "bad SystemExit(3,)", "gg"]


def test_the_loop_ends_with_the_last_timer_and_begins_again(vm):
    assert lines(vm, NOTES + """
async def main():
    print(group.task)
    aioschedule.schedule("a", note("a"), start_in=50)
    aioschedule.schedule("b", note("b"), start_in=0)
    await asyncio.sleep_ms(10)
    print(aioschedule.unschedule("a"), aioschedule.unschedule("a"), aioschedule.next_due("a"))
    await asyncio.sleep_ms(10)
    print(group.task, names())
    aioschedule.schedule("c", note("c"), start_in=0)
    await asyncio.gather(group.task)
    print(group.task, names())
    aioschedule.schedule("d", note("d"), start_in=50)
    aioschedule.reset()
    await asyncio.sleep_ms(10)
    print(group.task, group.info("d"))
asyncio.run(main())
""") == ["None", "True False None", "None b", "None bc", "None None"]


def test_a_run_may_change_the_timers(vm):
    assert lines(vm, NOTES + """
def end():
    notes.append(("e", 0))
    aioschedule.unschedule("x")

def again():
    notes.append(("a", 0))
    if len(notes) < 4:
        aioschedule.schedule("y", again, start_in=0)

async def main():
    aioschedule.schedule("x", end, start_in=0, repeat=0.01)
    aioschedule.schedule("y", again, start_in=0)
    await asyncio.gather(group.task)
    print(names(), group.info("x"))
asyncio.run(main())
""") == ["eaaa None"]


def test_scheduling_a_key_again_replaces_it(vm):
    assert lines(vm, NOTES + """
async def main():
    aioschedule.schedule("x", note("1"), start_in=0.02)
    aioschedule.schedule("x", note("2"), start_in=0.01)
    await asyncio.sleep_ms(40)
    print(names())
asyncio.run(main())
""") == ["2"]


def test_a_calendar_moment_and_long_waits(vm):
    assert lines(vm, NOTES + """
aioschedule.schedule("t", note("t"), start_in=time.localtime(time.time() + 7200))
print(7198 < aioschedule.next_due("t") <= 7200)
aioschedule.schedule("t", note("t"), start_in=list(time.localtime(time.time() - 7200)))
print(aioschedule.next_due("t") <= 0)
aioschedule.schedule("t", note("t"), repeat=400 * 86400)
print(400 * 86400 - 1 < aioschedule.next_due("t") <= 400 * 86400)

async def main():
    await asyncio.sleep_ms(20)
    print(names() + ".", 400 * 86400 - 1 < aioschedule.next_due("t") <= 400 * 86400)
asyncio.run(main())
""") == ["True", "True", "True", ". True"]


def test_no_time_to_run_at_is_an_error(vm):
    said = "hello: needs start_in or repeat, in seconds from 0 up"
    assert lines(vm, """
import aioschedule
for keys in ({}, {"repeat": False}, {"start_in": -1}, {"start_in": 0, "repeat": -1}):
    try:
        aioschedule.schedule("hello", print, **keys)
    except ValueError as e:
        print(e)
print(aioschedule.group().task)
""") == [said] * 4 + ["None"]


def test_a_replaced_event_loop_gets_a_new_task(vm):
    assert lines(vm, NOTES + """
async def main():
    aioschedule.schedule("x", note("x"), start_in=0.05)
asyncio.run(main())
asyncio.new_event_loop()

async def second():
    group.restart()
    await asyncio.sleep_ms(80)
    aioschedule.schedule("y", note("y"), start_in=0)
    await asyncio.sleep_ms(10)
    print(names())
asyncio.run(second())
""") == ["xy"]


def test_a_cancelled_loop_can_be_started_again(vm):
    assert lines(vm, NOTES + """
async def main():
    aioschedule.schedule("x", note("x"), start_in=0.02)
    await asyncio.sleep_ms(0)
    group.task.cancel()
    await asyncio.sleep_ms(40)
    print(names() + ".", group.task)
    group.restart()
    await asyncio.sleep_ms(10)
    print(names())
asyncio.run(main())
""") == [". None", "x"]


def test_a_tick_allocates_nothing(vm):
    assert lines(vm, NOTES + """
import micropython
count = 0

def tick():
    global count
    count += 1

async def main():
    aioschedule.schedule("a", tick, start_in=0, repeat=0.01)
    aioschedule.schedule("b", tick, start_in=0, repeat=0.015)
    await asyncio.sleep_ms(50)
    before = count
    micropython.heap_lock()
    await asyncio.sleep_ms(200)
    micropython.heap_unlock()
    print(count - before > 20)
asyncio.run(main())
""") == ["True"]


def test_an_idle_loop_wakes_nobody(vm):
    assert lines(vm, NOTES + """
real = asyncio.sleep_ms
calls = 0

def counted(ms):
    global calls
    calls += 1
    return real(ms)

async def main():
    aioschedule.schedule("x", note("x"), start_in=86400 * 3)
    asyncio.sleep_ms = counted
    await real(20)
    before = calls
    await real(300)
    print(calls - before)
asyncio.run(main())
""") == ["0"]


def test_many_timers_run_in_order(vm):
    assert lines(vm, NOTES + """
async def main():
    due = []
    for i in range(200):
        aioschedule.schedule(i, note(i), start_in=1 + i * 7919 % 200 / 200)
        due.append(group.info(i).ticks)  # arming takes its time on a busy machine
    while len(notes) < 200:
        await asyncio.sleep_ms(10)
    ran = [due[i] for i, _ in notes]
    print(len(notes), ran == sorted(ran))
asyncio.run(main())
""") == ["200 True"]
