# Services that have to call alive() in time. Loaded with the first of them.

import asyncio
from time import ticks_diff, ticks_ms

from aioschedule.timer import Timer, timers

_UNWIND = const(200)  # ms that a hung task has before it is left behind


def watch(service):
    """Expects alive() at least every `watchdog` seconds, for as long as this life runs.

    Sets its timer by hand, without the file that schedules: it begins at each restart, also
    where memory is short.
    """
    life = service._life
    key = service.name + ".watchdog"

    def check():
        if service._life is not life or not service.is_running():
            return
        left = ms - ticks_diff(ticks_ms(), service.seen)
        if left <= 0:
            try:
                asyncio.create_task(_fail(service, life))
                service._life = None  # whatever that life does now, the service goes on without it
                life.cancel()
                return
            except MemoryError:
                left = _UNWIND  # it must not end the watch
        timer.delay(left)
        timers.insert(timer)

    ms = int(service.watchdog * 1000)  # once, as a float would need memory at each look
    service.seen = ticks_ms()
    timers.remove(key)
    timer = Timer(key, check, 0, service.seen)
    timer.delay(ms)
    timers.insert(timer)
    timers.wake()


async def _fail(service, life):
    await asyncio.sleep_ms(_UNWIND)
    if not life.done():
        service.forced = True
    if service._life is None and service.is_running():
        from aiobase.errors import ServiceError

        error = ServiceError("no alive() within %s s" % service.watchdog)
        service._life = asyncio.create_task(service._live(error))
