# Of the working board: runs a pump now and then.
import asyncio

from aioclass import Service


class Pump(Service):
    info = "Runs a pump now and then"
    enabled = True
    require = ("board", "level")
    kwargs = {"rest": 15, "run": 4}
    runs = seconds = 0

    async def task(self, rest, run):
        while True:
            self.runs += 1
            self.seconds += run
            await asyncio.sleep(rest)


service = Pump("pump")
