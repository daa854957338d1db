# Of the working board: counts the pulses of a meter.
import asyncio

from aioclass import Service


class Meter(Service):
    info = "Counts the pulses of a meter"
    enabled = True
    require = "board"
    kwargs = {"every": 60, "factor": 3}
    pulses = total = 0

    async def task(self, every, factor):
        while True:
            self.pulses += factor
            self.total += self.pulses
            await asyncio.sleep(every)


service = Meter("meter")
