# hello_core: a core service: its task runs once at boot, and others wait until it returned.

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
