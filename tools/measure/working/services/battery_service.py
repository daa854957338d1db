# Of the working board: watches the voltage of a battery.
import asyncio

from aioclass import Service


class Battery(Service):
    info = "Watches the voltage of a battery"
    enabled = True
    require = "board"
    kwargs = {"interval": 45, "low": 3300}
    volts = warned = 0

    async def task(self, interval, low):
        while True:
            self.volts = 4200 - (self.volts + 40) % 1000
            self.warned += self.volts < low
            await asyncio.sleep(interval)


service = Battery("battery")
