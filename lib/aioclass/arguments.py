# How tasks are called that need more than args and kwargs: those with ${NAME}, and those
# that were written for asyncmd. Loaded with the first one.

import asyncio
from time import ticks_diff, ticks_ms

from aiobase import group

from .asyncmd import HOOKS, MANAGED


def prepared(service, opened=True):
    """The task's awaitable, with all it takes: values of ${NAME}, the logger, the service itself.

    With opened False the arguments and keyword arguments alone.
    """
    args, kwargs = service.args, service.kwargs
    if "${" in repr(args) or "${" in repr(kwargs):
        from aioctl.env import expand

        args, kwargs = expand([args, kwargs])
    log = None
    if hasattr(service.task, "function"):
        log = service.manager.log if service.manager is not None else None
        if log is None:
            from aiolog.tagged import Tagged

            log = Tagged(group().log, service.name + ".service", service.loglevel, service)
    return _arguments(service, tuple(args), kwargs, log, opened)


def _without(kwargs, keys):
    return {key: value for key, value in kwargs.items() if key not in keys}


def _arguments(service, args, kwargs, log, opened):
    """What a service's task is called with: its awaitable, or with opened False (args, kwargs).

    `log` is None where the task is not decorated. A decorated one may have parameters for
    what the manager reads in kwargs, or not: calling it runs nothing of it, so it is tried.
    """
    task = service.task
    if log is None:
        kwargs = _without(kwargs, MANAGED + HOOKS + ("log",))
        return task(*args, **kwargs) if opened else (args, kwargs)
    if opened:  # some add a child only if they do not see the one of the life before
        for child in service.children():
            if child.cancelled and child.task.done():
                child.delete()
    args = (service,) + args
    kwargs = _without(kwargs, HOOKS)
    kwargs["log"] = log
    try:
        work = task(*args, **kwargs)
    except TypeError:
        kwargs = _without(kwargs, MANAGED)
        work = task(*args, **kwargs)
    return work if opened else (args, kwargs)


def own(awaitable):
    """An awaitable that may be awaited later; what asyncio.sleep() returns is one for all who sleep."""
    if hasattr(awaitable, "exc"):
        return _sleep(ticks_diff(awaitable.state, ticks_ms()))
    return awaitable


async def _sleep(ms):
    await asyncio.sleep_ms(ms)


def restart_others(service, names):
    """asyncmd: a failing service may name others to restart in its place.

    Returns the seconds until its own restart, if it is among them, else None.
    """
    own = (service.name, service.name + ".service")
    others = [name for name in names if name not in own]
    delay = service.delay = min(max(service.delay * 2, 1), 60)
    if others and service.manager is not None:
        asyncio.create_task(_restart(service.manager, others, delay))
    return delay if len(others) < len(names) else None


async def _restart(manager, names, delay):
    await asyncio.sleep(delay)  # two that restart each other must not do so without a pause
    for name in names:
        plain = name[:-8] if name.endswith(".service") else name
        if plain in manager.services:
            manager.restart([manager.services[plain]], False)
        elif name in group().records:
            group().records[name].stop()
            group().records[name].start()
