# Services and time: those that run at times, and those that have to call alive() in time.
# Loaded with the first of them.

import asyncio
from time import ticks_diff, ticks_ms

import aioschedule
from aioclass import ServiceError
from aioctl.core import group

_WARNING = const(30)  # aiolog's level
_UNWIND = const(200)  # ms that a hung task has before it is left behind


def arm(service):
    """Puts a service into the schedule; each run is a whole life."""
    timing = service.schedule or {"start_in": 0}
    service._armed = True
    service.move("scheduled")
    aioschedule.schedule(
        service.name, lambda: due(service), timing.get("start_in"), timing.get("repeat", False)
    )


def disarm(service):
    """Takes a service out of the schedule."""
    service._armed = False
    aioschedule.unschedule(service.name)


def due(service):
    """Begins a run; False tells the schedule that the one before is still going."""
    if service._life is not None and service.state != "restarting":
        return False
    if service.manager is not None and service.manager.verdict(service) is not None:
        group().note(_WARNING, service.name + ".service", "run skipped: a requirement is not up")
        return False
    if service._life is not None:
        service._life.cancel()  # the schedule is faster than the restart delay
    service._armed = aioschedule.group().next_due(service.name) is not None
    service.launch()


def watch(service):
    """Expects alive() at least every `watchdog` seconds, for as long as this life runs."""
    life = service._life
    service.seen = ticks_ms()

    def check():
        if service._life is not life or not service.is_running():
            return
        left = service.watchdog - ticks_diff(ticks_ms(), service.seen) / 1000
        if left > 0:
            aioschedule.schedule(key, check, left)
        else:
            service._life = None  # whatever that life does now, the service goes on without it
            life.cancel()
            asyncio.create_task(_fail(service))

    key = service.name + ".watchdog"
    aioschedule.schedule(key, check, service.watchdog)


async def _fail(service):
    await asyncio.sleep_ms(_UNWIND)
    if service._life is None and service.is_running():
        error = ServiceError("no alive() within %s s" % service.watchdog)
        service._life = asyncio.create_task(service._live(error))
