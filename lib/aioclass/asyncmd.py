# What services that were written for asyncmd keep in their kwargs. Given back after a boot.

# What the manager reads there, and what is not for the task.
MANAGED = ("require", "schedule", "restart")
HOOKS = ("on_stop", "on_error", "_id")


def adopt(service, entry=()):
    """Takes over what an asyncmd service keeps in its kwargs, and what else its task needs.

    `entry`: the service's settings; a key that stands there counts more than one in kwargs.
    """
    kwargs = service.kwargs
    for key in MANAGED:
        if key in kwargs and key not in entry:
            setattr(service, key, kwargs[key])
    timing = service.schedule
    if isinstance(timing, dict) and timing.get("repeat") is True:
        service.schedule = dict(timing)
        service.schedule["repeat"] = timing.get("start_in")
    if hasattr(service.task, "function"):
        service.on_stop = kwargs.get("on_stop")
        service.on_error = kwargs.get("on_error")
        service.special = True
    elif any(key in kwargs for key in MANAGED + HOOKS):
        service.special = True
