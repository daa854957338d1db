"""Time that is turned forward on the simulated board: everything that is due comes, at its moment, in its order."""
from __future__ import annotations

import json

PROGRAM = """
import asyncio, machine, sim, time
from machine import Pin
seen = []
began = time.ticks_ms()
def note(what):
    seen.append((what, round(time.ticks_diff(time.ticks_ms(), began) / 1000)))
async def every(seconds):
    while True:
        await asyncio.sleep(seconds)
        note(seconds)
async def main():
    machine.RTC().datetime((2026, 11, 28, 0, 23, 59, 50, 0))
    pin = Pin(14, Pin.IN)
    pin.irq(lambda pin: note("pin"), Pin.IRQ_FALLING)
    timer = machine.Timer(-1, period=400000, callback=lambda timer: note("timer"))
    tasks = [asyncio.create_task(every(seconds)) for seconds in (300, 600)]
    await sim.forward(1000)
    print(seen)
    print(time.gmtime()[:5], sim.now() // 1000)
    timer.deinit()
    del seen[:]
    await asyncio.gather(sim.forward(200), sim.forward(400))
    print(seen, "sim_irq" in __import__("sys").modules and __import__("sim_irq")._events)
    before = time.ticks_ms()
    await asyncio.sleep_ms(20)
    print(20 <= time.ticks_diff(time.ticks_ms(), before) < 10000)
    for task in tasks:
        task.cancel()
    try:
        await sim.forward(86400 * 7 if machine.reset_cause() == 1 and SMALL else 0)
    except ValueError as e:
        print(e)
    machine.reset()
"""
MAIN = """
import machine, sim, time, sys
SMALL = sys.maxsize < 2 ** 32
if machine.reset_cause() == machine.PWRON_RESET:
    execfile("program.py")
    asyncio.run(main())
print(sim.now() // 1000, time.gmtime()[:5])
"""


def test_all_that_is_due_comes(vm):
    vm.put("simulation.json", json.dumps({"pins": {"14": [[0, 1], [450000, 0]], "15": [[1000, 1]]}}))
    vm.put("program.py", PROGRAM)
    vm.put("main.py", MAIN)
    told = "a board can be turned forward by 6 days until its reset\n" if vm.bits == 32 else ""
    assert vm.run().out == (
        "[(300, 300), ('timer', 400), ('pin', 450), (600, 600), (300, 600), ('timer', 800), (300, 900)]\n"
        "(2026, 11, 29, 0, 16) 1000\n[(600, 1200), (300, 1200)] []\nTrue\n" + told + "1400 (2026, 11, 29, 0, 23)\n")


def test_a_pin_with_one_step_waits_no_longer(vm32):
    vm32.put("simulation.json", json.dumps({"pins": {"14": [[1, 1]]}}))
    assert vm32.run("""
import time, sim_irq
from machine import Pin
pin = Pin(14, Pin.IN)
while not pin.value(): time.sleep_ms(1)
print(sim_irq._events)
""").out == "[]\n"
