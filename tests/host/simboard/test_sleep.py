"""The simulated board's timers, clock and sleep, as a script says."""
from __future__ import annotations

import pytest
from support.scripted import script


def test_timers(vm):
    result = vm.run("""
from machine import Timer
import asyncio, time
hits = []
def hit(t):
    hits.append(time.ticks_ms())
    if len(hits) == 10:
        t.deinit()
t = Timer(mode=Timer.PERIODIC, period=20, callback=hit)  # rp2: virtual
begun = time.ticks_ms()
once = Timer(0)  # esp32: hardware timers
once.init(mode=Timer.ONE_SHOT, period=30, callback=lambda t: print("once", t))
while len(hits) < 10:
    pass
time.sleep_ms(50)
n = len(hits)
print(n, 195 < time.ticks_diff(hits[-1], begun) < 260)
Timer(-1, freq=200, callback=lambda t: hits.append(0) or len(hits) > n + 4 and t.deinit())
time.sleep_ms(120)
print(len(hits) - n)
# documentation: without a callback there is a TypeError when it is due
Timer(1, mode=Timer.ONE_SHOT, period=1)
Timer(2, mode=Timer.ONE_SHOT, period=1, callback=lambda t: [0] * 100, hard=True)
time.sleep_ms(20)
for wrong in (lambda: Timer(9), lambda: Timer(callback=print)):
    try:
        wrong()
    except ValueError as e:
        print(e)

async def main():
    flag = asyncio.ThreadSafeFlag()
    Timer(mode=Timer.ONE_SHOT, period=20, callback=lambda t: flag.set())
    await asyncio.wait_for(flag.wait(), 5)
    print("flag")
asyncio.run(main())
""", timeout=10)
    assert result.out.splitlines() == ["once Timer(0)", "10 True", "5", "Timer(9) doesn't exist",
                                       "Timer needs a freq or a period", "flag"]
    assert result.err.count("TypeError: 'NoneType' object isn't callable") == 1
    assert result.err.count("MemoryError: memory allocation failed, heap is locked") == 1


def test_lightsleep_freq_and_interrupts_held(vm):
    script(vm, pins={"3": [[0, 0], [400, 1]]})
    out = vm.run("""
import machine, sim, time
from machine import Pin, Timer
hits = []
Timer(period=10, callback=lambda t: hits.append(1))
begun = time.ticks_ms()
n = len(hits)
machine.lightsleep(60)  # its subsystems stand still meanwhile
n = len(hits) - n  # one just before, and one behind, where others take the time
slept = time.ticks_diff(time.ticks_ms(), begun)
Pin(3, Pin.IN).irq(lambda p: hits.append("pin"))
machine.lightsleep()  # documentation: a pin's change may end it, with all of RAM as it was
print(n < 3, 60 <= slept, 400 <= sim.now(), "pin" in hits, machine.reset_cause())
state = machine.disable_irq()
n = len(hits)
time.sleep_ms(30)
print(len(hits) - n)
machine.enable_irq(state)
print(len(hits) > n)
print(machine.freq(), machine.freq(80_000_000), machine.freq())
try:
    machine.freq(5)
except ValueError as e:
    print(e)
machine.idle()
""", timeout=10).out
    assert out.splitlines() == ["True True True True 1", "0", "True", "125000000 None 80000000",
                                "cannot change frequency"]


LIVES = """
import machine, os, time
r = machine.RTC()
n = len(os.listdir("lives"))
open("lives/%d" % n, "w").close()
print(n, machine.reset_cause(), r.memory(), time.gmtime()[:2], machine.freq())
if n == 0:
    machine.freq(80_000_000)
    r.memory(b"mine")
    r.datetime((2031, 5, 6, 0, 7, 8, 9, 0))
    print(r.datetime()[:6], time.localtime()[:5])
    machine.reset()
elif n == 1:
    machine.soft_reset()
elif n == 2:
    machine.deepsleep(10)
elif n == 3:
    machine.WDT(timeout=100)
    machine.lightsleep()
"""


@pytest.mark.parametrize("board", [{}, {"board": "esp32"}], ids=["any", "esp32"])
def test_rtc_over_resets_and_a_power_cut(vm32, board):
    """esp32: RTC.memory() and the clock go on over each reset; an RP2035's clock would begin anew.

    ports, not the documentation's example: RTC.datetime() has 0 for Monday, and ignores it when it is set.
    """
    script(vm32, clock="2000-01-01 00:00:00", **board)
    vm32.put("main.py", LIVES)
    (vm32.root / "lives").mkdir()
    again = "b'mine' (2031, 5) 125000000"
    assert vm32.run().out.splitlines() == [
        "0 1 b'' (2000, 1) 125000000", "(2031, 5, 6, 1, 7, 8) (2031, 5, 6, 7, 8)", f"1 2 {again}", f"2 5 {again}",
        f"3 4 {again}", f"4 3 {again}"]
    assert vm32.run().out == "5 1 b'' (2000, 1) 125000000\n"  # the power was cut


def test_clock_stands_in_for_time_in_what_was_imported(vm32):
    """A board without "clock" shows the PC's time, and its `time` is the firmware's until it is set."""
    out = vm32.run("""
import time, machine, sys, aioschedule
from time import gmtime, time as now
print("sim_time" in sys.modules, gmtime()[0] > 2024)
machine.RTC().datetime((2035, 1, 2, 0, 3, 4, 5, 0))
import time as again
print(time.localtime()[:4], gmtime()[:4], again is time, now() == time.time() == time.time_ns() // 10**9, type(now()))
print(time.gmtime(0)[:3], time.mktime((1970, 1, 2, 0, 0, 0, 0, 0)), aioschedule.get_datetime()[:16])
for wrong in ((2035, 13, 1, 0, 0, 0, 0, 0), (2035, 1, 1, 0, 24, 0, 0, 0)):
    try:
        machine.RTC().datetime(wrong)
    except OSError as e:
        print("refused")
# rp2 has no RTC.init(), and that of esp32 is not the documentation's; RTC.memory() is esp32's
print(hasattr(machine.RTC(), "init"), machine.RTC().memory())
""").out
    assert out.splitlines() == ["False True", "(2035, 1, 2, 3) (2035, 1, 2, 3) True True <class 'int'>",
                                "(1970, 1, 1) 86400 2035-01-02 03:04", "refused", "refused", "False b''"]
