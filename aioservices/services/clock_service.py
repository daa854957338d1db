# clock: sets the clock by NTP at boot, and once a day from then on. It is `done` when the clock is set, so
# what requires it starts with the right time. The clock is in UTC, as MicroPython has it; local time is ahead
# of it by `utc_offset` minutes of `_boot` in services.config. Settings, in `kwargs`:
#
#   server    name of the NTP server; without it ntptime's own, pool.ntp.org
#   every     seconds from one look at the time to the next
#   timeout   seconds to wait for an answer: the loop stands still meanwhile
#
# A board with a network of another kind says "require": [].

import asyncio
import time

import aioctl
import aioschedule
from aioclass import Service
from aiobase import describe

_SET = const(2025)  # no clock that was set shows an earlier year
_SHORTEST = const(60)  # s until it asks again when nobody answered, doubling
_LONGEST = const(500000)  # s, what the loop can sleep


class Clock(Service):
    info = "The time, by NTP"
    type = "core.service"
    enabled = False
    require = ("network",)
    kwargs = {"server": "", "every": 86400, "timeout": 1}
    offset = 0  # minutes that local time is ahead of UTC
    when = None  # uptime at which it was set last

    def setup(self):
        self.offset = aioschedule.clock[3]

    async def task(self, server, every, timeout):
        self.set(server, timeout)
        self.add_ctask(aioctl, self.daily, "daily", server, every, timeout)
        return aioschedule.get_datetime(self.now())

    def set(self, server, timeout):
        """Asks for the time, and sets the clock; OSError says why it could not."""
        import ntptime

        if server:
            ntptime.host = server
        ntptime.timeout = timeout
        try:
            ntptime.settime()
        except (OSError, IndexError, ValueError) as e:  # no answer, no such name, half an answer
            raise OSError("no time from %s: %s" % (ntptime.host, describe(e)))
        if time.gmtime()[0] < _SET:
            raise OSError("%s says that it is %s" % (ntptime.host, aioschedule.get_datetime(time.gmtime())))
        self.when = aioschedule.uptime()
        self.log.info("%s UTC", aioschedule.get_datetime(time.gmtime()))

    async def daily(self, server, every, timeout):
        delay = None  # s until it asks again after a failure
        while True:
            await asyncio.sleep(min(delay or every, _LONGEST))
            try:
                self.set(server, timeout)
                delay = None
            except (OSError, MemoryError) as e:
                if delay is None:  # the first of a series
                    self.log.warning("%s", e)
                delay = min(delay * 2 if delay else _SHORTEST, every)

    def now(self):
        """Local time: a tuple as of time.gmtime()."""
        return time.gmtime(time.time() + int(self.offset * 60))

    def show(self):
        if self.when is None:
            return "Clock", "not set"
        ago = aioschedule.tmdelta_fmt(aioschedule.uptime() - self.when)
        now = aioschedule.get_datetime(self.now())
        return "Clock", "%s, UTC%+d min, set %s ago" % (now, self.offset, ago)


service = Clock("clock")
