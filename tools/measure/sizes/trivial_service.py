# The service that sizes are measured with; NAME is replaced by a number of its own.

import asyncio

from aioclass import Service


class Trivial(Service):
    info = "Does nothing, for as long as it may"
    enabled = True

    async def task(self):
        while True:
            await asyncio.sleep(3600)


service = Trivial("NAME")
