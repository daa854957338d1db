# Services that run at times. Loaded with the first of them.

from aiobase import group
import aioschedule

_WARNING = const(30)  # aiolog's level


def arm(service):
    """Puts a service into the schedule; each run is a whole life."""
    timing = service.schedule or {"start_in": 0}
    service._armed = True
    service.move("scheduled")
    start = timing.get("start_in")
    if "at" in timing or isinstance(start, (tuple, list)):
        from .calendar import arm

        arm(service, timing, due)
    else:
        aioschedule.schedule(service.name, lambda: due(service), start, timing.get("repeat", False))


def disarm(service):
    """Takes a service out of the schedule."""
    service._armed = False
    aioschedule.timers.remove(service.name)


def due(service):
    """Begins a run; False tells the schedule that the one before is still going."""
    if service._life is not None and service.state != "restarting":
        return False
    if service.manager is not None and service.manager.verdict(service) is not None:
        group().note(_WARNING, service.name + ".service", "run skipped: a requirement is not up")
        return False
    if service._life is not None:
        service._life.cancel()  # the schedule is faster than the restart delay
    service._armed = aioschedule.timers.info(service.name) is not None
    service.launch()
