# A service that fails when it is told to, and is restarted at once.

import asyncio

from aioclass import Service


class Fails(Service):
    enabled = True
    restart = {"delay": 0}
    told = None

    async def setup(self):
        self.told = asyncio.Event()

    async def task(self):
        await self.told.wait()
        raise OSError(5)

    async def cleanup(self):
        self.told = None


service = Fails("NAME")
