# What a service may have beside its task: child tasks, callbacks of its start and stop, a restart rule that
# is more than a word. Methods of Service, loaded when the first of them is used.

from time import ticks_add, ticks_ms

from aiobase import group
import aioschedule


def add_callback(service, kind, callback):
    """Adds a function to run at "start" (after setup) or "stop" (before cleanup), in order."""
    if kind not in ("start", "stop"):
        raise ValueError('a callback is for "start" or "stop", not %r' % (kind,))
    if service._callbacks is None:
        service._callbacks = []
    service._callbacks.append((kind, callback))


async def call_back(service, kind, end=None):
    """Runs the callbacks of that kind; one that fails does not skip the others.

    `end`: the ticks by which they have to be done; None: in start_timeout from now.
    """
    if end is None:  # not the caller's to compute: its frame lives as long as the service
        end = ticks_add(ticks_ms(), int(service.start_timeout * 1000))
    if isinstance(service._callbacks, list):  # asyncmd's MQTT service has a dict of its own there
        for each, callback in service._callbacks:
            if each == kind:
                await service._step(kind + " callback", end, callback)


def add_ctask(service, aioctl, coro, name=None, *args, **kwargs):
    """Starts the child task `<service>.service.<name>`; it stops with its service.

    A second one of that name becomes `name@1`; one that is decorated with aiotask takes the
    place of the first, as in asyncmd.
    """
    from aioctl.jobs import find, spawn

    decorated = hasattr(coro, "function")
    function = coro.function if decorated else coro
    full = "%s.service.%s" % (service.name, name or getattr(function, "__name__", "task"))
    kwargs.pop("_id", None)
    if decorated:  # it does not bind
        args = (service,) + args
        taken = find(full)
        if taken is not None:
            taken.delete()
    return spawn(full, coro, args, kwargs, service)


def children(service):
    """The records of its child tasks, of those that ended too."""
    return [r for r in group().records.values() if r.service is service]


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
        now = aioschedule.uptime()
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
