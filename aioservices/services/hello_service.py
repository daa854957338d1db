# hello: the template. Copy it to <name>_service.py, change what it does, and
# load("<name>"); after a further change reload("<name>").

import asyncio

from aioclass import Service


class Hello(Service):
    info = "Says hello every few seconds: the template of a service"
    type = "runtime.service"  # or "core.service": once at boot; "schedule.service": at times
    enabled = True  # runs at each boot, unless services.config says otherwise
    docs = "https://docs.micropython.org/en/latest/library/asyncio.html"
    # What task() is called with, unless services.config says otherwise:
    # config("hello", True, 3, 2) saves other args, config("hello", True, greeting="hi") a kwarg.
    args = (2, 5)
    kwargs = {"greeting": "hello"}
    # require = ("network",)  # must be up first; it is self.deps["network"] then

    async def setup(self):
        """Acquires what the task needs: a pin, a socket. What it raises is this service's failure."""
        self.count = 0

    async def task(self, times, period, greeting="hello"):
        """Runs as long as the service does. `times`: greetings in a row; `period`: seconds."""
        while self.is_running():
            for _ in range(times):
                self.count += 1
                self.log.info("%s %d", greeting, self.count)
            await asyncio.sleep(period)

    async def cleanup(self):
        """Releases what setup() acquired; runs once for each setup(), however the task ended."""

    def on_stop(self, *args, **kwargs):
        """After a requested stop; what it returns is the service's result."""
        return self.count

    def show(self):
        """What aioctl.status("hello.service", debug=True) shows beside the rest."""
        return "Hellos", self.count


service = Hello("hello")
