# For the pictures: a service that works for a moment ten times a second.

import asyncio
from time import sleep_ms

import aioctl
from aioclass import Service


class Sensor(Service):
    info = "Temperature, ten times a second"
    enabled = True

    async def setup(self):
        self.buffer = bytearray(1500)
        await asyncio.sleep_ms(180)
        self.add_ctask(aioctl, self.average, "average")

    async def average(self):
        while True:
            await asyncio.sleep_ms(500)
            sleep_ms(9)

    async def task(self):
        self.log.info("21.4 C")
        while True:
            await asyncio.sleep_ms(100)
            sleep_ms(6)


service = Sensor("sensor")
