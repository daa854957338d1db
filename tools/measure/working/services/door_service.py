# Of the working board: tells when a door stands open.
import asyncio

from aioclass import Service


class Door(Service):
    info = "Tells when a door stands open"
    enabled = True
    require = "board"
    kwargs = {"check": 2, "limit": 5}
    open_for = told = 0

    async def task(self, check, limit):
        while True:
            self.open_for = (self.open_for + 1) % 9
            self.told += self.open_for > limit
            await asyncio.sleep(check)


service = Door("door")
