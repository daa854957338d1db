# Of the working board: measures how full a tank is.
import asyncio

from aioclass import Service


class Level(Service):
    info = "Measures how full a tank is"
    enabled = True
    require = "board"
    kwargs = {"period": 20, "depth": 120}
    distance = full = 0

    async def task(self, period, depth):
        while True:
            self.distance = (self.distance + 11) % depth
            self.full = depth - self.distance
            await asyncio.sleep(period)


service = Level("level")
