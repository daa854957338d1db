# Of the working board: opens a valve when it is dry.
import asyncio

from aioclass import Service


class Valve(Service):
    info = "Opens a valve when it is dry"
    enabled = True
    require = "board"
    kwargs = {"every": 30, "dry": 40}
    level = opened = 0

    async def task(self, every, dry):
        while True:
            self.level = (self.level + 7) % 100
            self.opened += self.level < dry
            await asyncio.sleep(every)


service = Valve("valve")
