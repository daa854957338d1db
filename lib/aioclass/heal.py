# What follows a failure: the restart, where its rule is more than a word; and what is kept of failures is
# forgotten when a service was up for a minute again. Loaded with the first service that fails so or comes
# back, and given back with the last.

import asyncio

from aiobase import forget, group
from aioschedule import uptime

_MINUTE = const(60)  # s
_names = []  # of those that are looked after; not the services, which may be unloaded meanwhile


def rule(service, failed):
    """The restart rule where it is not a word: seconds until the restart after an end, or None."""
    rule = service.restart
    if isinstance(rule, (list, tuple, set)):  # asyncmd: names to restart in its place
        if not failed:
            return None
        from .arguments import restart_others

        return restart_others(service, rule)
    if not isinstance(rule, dict):
        rule = {"policy": "on-failure" if rule else "no"}
    policy = rule.get("policy", "on-failure")
    delay = rule.get("delay", 1)
    if policy == "no" or not failed and policy != "always":
        return None
    if not failed:
        return delay
    limit = rule.get("limit")
    if limit is not None:
        now = uptime()
        recent = [t for t in getattr(service, "failures", ()) if now - t < limit[1]]
        recent.append(now)
        service.failures = recent
        if len(recent) >= limit[0]:
            if rule.get("on_limit") == "reset":
                from machine import reset

                try:
                    from aioboot.guard import foretell

                    foretell(service.name, "%d failures within %s s" % tuple(limit))
                except Exception:  # no memory to say more; a reset may help
                    pass
                reset()
            return None
    return min(max(service.delay * 2, delay), max(60, delay))


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
