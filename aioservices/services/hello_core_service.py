# hello_core: a core service. Its task runs once, before the others: those that require it
# start when it has returned. What setup() acquired stays until it is stopped.

import asyncio

from aioclass import Service


class HelloCore(Service):
    info = "Prepares something that others need: a core service"
    type = "core.service"
    enabled = True

    async def task(self):
        await asyncio.sleep_ms(10)
        return "ready"


service = HelloCore("hello_core")
