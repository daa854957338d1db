# new_name: a core service: its task runs once at a boot, and those that require it start when it has
# returned. What setup() acquired stays until it is stopped.

import asyncio

from aioclass import Service


class NewName(Service):
    info = "What it is for, in a line"
    type = "core.service"
    enabled = True  # runs at each boot, unless services.config says otherwise

    async def setup(self):
        """Acquires what others need: a bus, a socket. What it raises is this service's failure."""

    async def task(self):
        """What it returns is its `result`, and it is `done` then."""
        await asyncio.sleep_ms(10)
        return "ready"

    async def cleanup(self):
        """Releases what setup() acquired; runs once for each setup()."""


service = NewName("new_name")
