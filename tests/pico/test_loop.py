"""What a service does to the event loop, and what the firmware calls beside it, on real firmware."""
from __future__ import annotations

FAULTS = """
import asyncio
import sys
import machine
from machine import Timer
from aioclass import Service

def late(timer):
    raise ValueError("late %d" % len(left))

left = [1, 2, 3]

class It(Service):
    enabled = True
    restart = "no"

    async def ends(self):
        sys.exit(3)

    async def task(self):
        asyncio.new_event_loop()
        asyncio.create_task(self.ends())
        Timer(mode=Timer.ONE_SHOT, period=1, callback=late)
        await asyncio.sleep_ms(50)
        left.pop()
        timer = machine.Timer()
        timer.init(mode=machine.Timer.ONE_SHOT, period=1, callback=late)
        await asyncio.sleep_ms(50)
        try:
            await asyncio.wait_for(self.ends(), 1)
        except SystemExit:
            asyncio.run(self.ends())

service = It("it")
"""


def test_a_service_that_does_all_of_it_harms_nobody(pico, tmp_path):
    pico.put(tmp_path, {"aioservices/services/it_service.py": FAULTS})
    pico.power()
    pico.up()
    text = ""
    for _ in range(20):
        pico.line("await asyncio.sleep(0.5)")
        text = pico.line('aioctl.log(name="it")')
        if "await it instead" in text:
            break
    for what in ("asyncio.new_event_loop(): there is one loop for all", "task 'ends' failed: SystemExit: 3",
                 "timer 'late' failed: ValueError: late 3", "timer 'late' failed: ValueError: late 2",
                 "RuntimeError: the loop runs already; await it instead"):
        assert text.count(what) == 1, text
    assert pico.line('aioservice.service("hello").state') == "'running'\n"
