# Of the working board: turns a fan with the warmth.
import asyncio

from aioclass import Service


class Fan(Service):
    info = "Turns a fan with the warmth"
    enabled = True
    require = "board"
    kwargs = {"pause": 5, "warm": 25}
    warmth = speed = 0

    async def task(self, pause, warm):
        while True:
            self.warmth = (self.warmth + 3) % 50
            self.speed = max(self.warmth - warm, 0)
            await asyncio.sleep(pause)


service = Fan("fan")
