# Of the working board: fails once when it is told to, and is restarted.
import asyncio

from aioclass import Service


class Radio(Service):
    info = "Sends what others measure"
    enabled = True
    restart = {"delay": 0}
    kwargs = {"channel": 11}
    sent = 0
    told = None

    async def setup(self):
        self.told = asyncio.Event()

    async def task(self, channel):
        self.sent += channel
        await self.told.wait()
        raise OSError(5)

    async def cleanup(self):
        self.told = None


service = Radio("radio")
