# What services that were written for asyncmd keep in their kwargs. Given back after a boot.

# Meant for their manager, not for their task.
MANAGER_KEYS = ("on_stop", "on_error", "require", "schedule", "restart", "_id", "log")


def adopt(service):
    """Takes over what an asyncmd service keeps in its kwargs, and what else its task needs."""
    kwargs = service.kwargs
    for key in ("require", "schedule", "restart"):
        if key in kwargs:
            setattr(service, key, kwargs[key])
    if hasattr(service.task, "function"):
        service.on_stop = kwargs.get("on_stop")
        service.on_error = kwargs.get("on_error")
        service.special = True
    elif any(key in kwargs for key in MANAGER_KEYS):
        service.special = True
