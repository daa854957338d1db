# What is kept of failures is given back when a service was up for a minute again. Loaded with the first
# service that comes back, and given back with the last.

import asyncio

from aiobase import forget, group
from aioschedule import uptime

_MINUTE = const(60)  # s
_names = []  # of those that are looked after; not the services, which may be unloaded meanwhile


def heal(service):
    """Forgets the failures of a service that has come up, a healthy minute later; its delay is the first."""
    if service.name not in _names:
        asyncio.create_task(_heal(service.name))
        _names.append(service.name)


async def _heal(name):
    left = _MINUTE
    while left > 0:
        await asyncio.sleep(left)
        service = group().services.get(name)
        fault = None if service is None else service._fault
        if fault is None or not service.is_up():
            break
        # One that runs at times is never up for long: it must not have failed for that long.
        since = fault[3] if service._armed and isinstance(fault, tuple) else service.since
        left = _MINUTE - uptime() + since
        if left <= 0:
            service._fault = service._first_fault = None
            service.series = service.delay = 0
    _names.remove(name)
    if not _names:  # not before: a second list would know of none that are looked after
        forget("aioclass.heal")
