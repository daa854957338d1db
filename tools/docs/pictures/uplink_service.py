# For the pictures: a service that others wait for.

import asyncio

from aioclass import Service


class Uplink(Service):
    info = "Sends what the sensor measures"
    enabled = True
    require = ("network", "clock")
    want = ("sensor",)

    async def setup(self):
        self.queue = [0] * 200
        await asyncio.sleep_ms(260)

    async def task(self):
        self.log.info("connected")
        while True:
            await asyncio.sleep(3600)


service = Uplink("uplink")
