# stats: how the board is doing. service("stats").stats() at the prompt returns it, service("stats")() writes
# it to the journal. Settings, in `kwargs`:
#
#   every     seconds from one line in the journal to the next; 0: only when asked

import asyncio
import gc
import os
from asyncio import core
from time import ticks_diff, ticks_ms

import aioschedule
from aioclass import Service

_DAY = const(86400)


class Load:
    """How busy the event loop is. It stands in for the poller in which the loop waits between two steps."""

    def __init__(self):
        self.queue = core._io_queue
        poller = self.poller = self.queue.poller
        self.register, self.modify, self.unregister = poller.register, poller.modify, poller.unregister
        self.since, self.idle = ticks_ms(), 0
        self.queue.poller = self

    def ipoll(self, ms):
        begun = ticks_ms()  # to whole milliseconds, but too long as often as too short
        ready = self.poller.ipoll(ms)
        self.idle += ticks_diff(ticks_ms(), begun)
        return ready

    def percent(self):
        """Of the time since this was asked last, in which the loop did not wait."""
        now = ticks_ms()
        passed = ticks_diff(now, self.since)
        busy = 100 - 100 * self.idle // passed if passed > 0 else 0
        self.since, self.idle = now, 0
        return min(max(busy, 0), 100)

    def end(self):
        self.queue.poller = self.poller


class Stats(Service):
    info = "Heap, flash, uptime and the load of the event loop"
    type = "runtime.service"
    enabled = False
    kwargs = {"every": 0}
    load = None

    def setup(self):
        self.load = Load()

    async def task(self, every=0):
        while True:
            await asyncio.sleep(min(every or _DAY, _DAY))
            if every:
                self()
            else:
                self.load.percent()  # a look each day: the ticks do not reach farther

    def cleanup(self):
        if self.load is not None:
            self.load.end()
            self.load = None

    def stats(self):
        """A dict: uptime in s, load in % since the last look; heap_… and flash_… in bytes."""
        gc.collect()
        flash = os.statvfs("/")
        return {
            "uptime": aioschedule.uptime(),
            "load": None if self.load is None else self.load.percent(),
            "heap_free": gc.mem_free(),
            "heap_used": gc.mem_alloc(),
            "flash_free": flash[0] * flash[3],
            "flash_size": flash[1] * flash[2],
        }

    def __call__(self):
        """Writes them to the journal, and returns them."""
        found = self.stats()
        text = "up %s, load %s %%, heap %d free of %d, flash %d free of %d kB"
        heap = found["heap_free"], found["heap_free"] + found["heap_used"]
        flash = found["flash_free"] // 1024, found["flash_size"] // 1024
        self.log.info(text, aioschedule.tmdelta_fmt(found["uptime"]), found["load"], *(heap + flash))
        return found

    def show(self):
        return "Stats", self.stats()


service = Stats("stats")
