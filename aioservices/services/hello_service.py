# hello: the template. Copy it to <name>_service.py, change what it does, and load("<name>").

import asyncio

from aioclass import Service


class Hello(Service):
    info = "Says hello every few seconds: the template of a service"
    type = "runtime.service"  # or "core.service": once at boot; "schedule.service": at times
    enabled = True  # runs unless services.config says otherwise
    docs = "https://docs.micropython.org/en/latest/library/asyncio.html"
    args = (2, 5)  # what task() is called with; services.config may have other values
    kwargs = {}

    async def setup(self):
        """Acquires what the task needs. What it raises is this service's failure."""
        self.count = 0

    async def task(self, times, period):
        """Runs as long as the service does."""
        while self.is_running():
            self.count += 1
            self.log.info("hello, %d times %d", times, self.count)
            await asyncio.sleep(period)

    async def cleanup(self):
        """Releases what setup() acquired; runs once for each setup()."""

    def on_stop(self, *args, **kwargs):
        return self.count

    def show(self):
        return "Hellos", self.count


service = Hello("hello")
