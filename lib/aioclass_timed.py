# The life of a service that runs at times; loaded with the first one.

import aioschedule


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
    if service._life is not None:
        if service.state != "restarting":
            return False
        service._life.cancel()  # the schedule is faster than the restart delay
    service._armed = aioschedule.group().next_due(service.name) is not None
    service.launch()
