# new_name: a runtime service: it runs as long as the board does.

import asyncio

from aioclass import Service


class NewName(Service):
    info = "What it is for, in a line"
    type = "runtime.service"
    enabled = True  # runs at each boot, unless services.config says otherwise
    kwargs = {"period": 1000}  # what task() is called with; svctl config new_name period=500

    async def setup(self):
        """Acquires what the task needs: a pin, a socket. What it raises is this service's failure."""
        self.count = 0

    async def task(self, period):
        """`period`: milliseconds."""
        while self.is_running():
            self.count += 1
            await asyncio.sleep_ms(period)

    async def cleanup(self):
        """Releases what setup() acquired; runs once for each setup(), however the task ended."""

    def on_stop(self, *args, **kwargs):
        """After a requested stop; what it returns is the service's result."""
        return self.count


service = NewName("new_name")
