# Of the working board: keeps the strongest gust.
import asyncio

from aioclass import Service


class Wind(Service):
    info = "Keeps the strongest gust"
    enabled = True
    require = "board"
    kwargs = {"window": 3, "scale": 2}
    speed = gust = 0

    async def task(self, window, scale):
        while True:
            self.speed = (self.speed + 5) % 60 * scale
            self.gust = max(self.gust, self.speed)
            await asyncio.sleep(window)


service = Wind("wind")
