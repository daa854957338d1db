# Measures how long the loop is held while a host talks to the board: for each command of the host, by its
# number, the longest time in microseconds between two turns of a task that always wants to run.

import asyncio
import time
from array import array


class _hold:
    number = 0
    longest = array("i", [0] * 600)

    async def watch():
        longest = _hold.longest
        last = time.ticks_us()
        while True:
            await asyncio.sleep_ms(0)
            now = time.ticks_us()
            took = time.ticks_diff(now, last)
            last = now
            if took > longest[_hold.number]:
                longest[_hold.number] = took


asyncio.create_task(_hold.watch())
