# One of each kind: a service that requires another one.

import asyncio

from aioclass import Service


class User(Service):
    enabled = True
    require = "core"

    async def task(self):
        while True:
            await asyncio.sleep(3600)


service = User("NAME")
