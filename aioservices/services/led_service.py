# led: a heartbeat that shows how the services are. One flash: all is well. Two: a service has failed, waits
# to be started again, is blocked, or could not be loaded. Three: safe mode. Settings, in `kwargs`:
#
#   pin       "LED" on a Pico; on other boards its number
#   invert    true for a LED that is on while its pin is low
#   every     seconds from one heartbeat to the next

import asyncio
import sys

from aioclass import Service

_ON = const(60)  # ms
_OFF = const(180)
_BAD = ("failed", "restarting", "blocked")


class Led(Service):
    info = "A heartbeat that shows how the services are"
    type = "runtime.service"
    enabled = False
    safe = True  # it has something to show then
    kwargs = {"pin": "LED", "invert": False, "every": 2}
    led = None

    async def task(self, pin, invert, every):
        from machine import Pin, Signal

        try:
            self.led = Signal(Pin(pin, Pin.OUT), invert=invert)
        except (ValueError, TypeError):
            raise ValueError("this board has no pin %r: set `pin` in services.config" % (pin,))
        while True:
            for _ in range(self.flashes()):
                self.led.on()
                await asyncio.sleep_ms(_ON)
                self.led.off()
                await asyncio.sleep_ms(_OFF)
            await asyncio.sleep(every)

    def flashes(self):
        guard = sys.modules.get("aioboot.guard")
        if guard is not None and guard.safe():
            return 3
        manager = self.manager
        if manager.failed:
            return 2
        for name in manager.services:
            if manager.services[name].state in _BAD:
                return 2
        return 1

    def cleanup(self):
        if self.led is not None:
            self.led.off()
            self.led = None

    def show(self):
        return "Health", ("steady", "failing", "safe mode")[self.flashes() - 1]


service = Led("led")
