# Of the working board: lights a lamp at dusk.
import asyncio

from aioclass import Service


class Lamp(Service):
    info = "Lights a lamp at dusk"
    enabled = True
    require = "board"
    kwargs = {"look": 10, "dusk": 200}
    light = lit = 0

    async def task(self, look, dusk):
        while True:
            self.light = (self.light + 90) % 1000
            self.lit += self.light < dusk
            await asyncio.sleep(look)


service = Lamp("lamp")
