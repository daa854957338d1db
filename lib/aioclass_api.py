# What authors and people ask of a service beside its life; methods of aioclass.Service,
# loaded when the first of them is used.

import aioschedule
from aioclass import ServiceError
from aioctl.core import describe, group



def path(service):
    """The file it came from, as `./aioservices/services/hello_service.mpy`."""
    file = getattr(service.module, "__file__", "?")
    return file if file[0] in "/." else "./" + file


def log(service):
    """Its logger, tagged with its name; it has `debug()` to `exception()`."""
    import aiolog

    service.log = made = aiolog.Logger(group().log, service.name + ".service", aiolog.level(service.loglevel))
    return made


def add_logger(service, log, level=None, service_logger=False):
    """Uses `log` for this service (None: the journal); its level, a name as "INFO", may be set."""
    if log is not None:
        service.log = log
    if level is not None and hasattr(service.log, "setLevel"):
        service.log.setLevel(level)


def add_callback(service, kind, callback):
    """Adds a function to run at "start" (after setup) or "stop" (before cleanup), in order."""
    if kind not in ("start", "stop"):
        raise ValueError('a callback is for "start" or "stop", not %r' % (kind,))
    if service._callbacks is None:
        service._callbacks = []
    service._callbacks.append((kind, callback))


async def call_back(service, kind, end):
    """Runs the callbacks of that kind; one that fails does not skip the others."""
    for each, callback in service._callbacks:
        if each == kind:
            await service._step(kind + " callback", end, callback)


def add_ctask(service, aioctl, coro, name=None, *args, **kwargs):
    """Starts the child task `<service>.service.<name>`; it stops with its service."""
    from aioctl.jobs import spawn

    if hasattr(coro, "function"):  # decorated with aiotask: it does not bind
        name = name or coro.function.__name__
        args = (service,) + args
    kwargs.pop("_id", None)
    full = "%s.service.%s" % (service.name, name or coro.__name__)
    return spawn(full, coro, args, kwargs, service)


def children(service):
    """The records of its child tasks, of those that ended too."""
    return [r for r in group().records.values() if r.service is service]


def prepared(service, opened=True):
    """The task's awaitable, with all it takes: values of ${NAME}, the logger, the service itself.

    With opened False the arguments and keyword arguments alone.
    """
    from aioclass_asyncmd import MANAGER_KEYS

    args = service.args
    kwargs = {k: v for k, v in service.kwargs.items() if k not in MANAGER_KEYS}
    if "${" in repr(args) or "${" in repr(kwargs):
        from aioctl.env import expand

        args, kwargs = expand([args, kwargs])
    if hasattr(service.task, "function"):
        given = service.manager.log if service.manager is not None else None
        kwargs["log"] = given or log(service)
        args = (service,) + tuple(args)
    return service.task(*args, **kwargs) if opened else (args, kwargs)


async def startup(service):
    """Starts it, and what it requires; returns when it is up. Raises why it is not."""
    if service.manager is not None:
        await service.manager.start([service])
    elif not service.is_active():
        group().services[service.name] = service
        from aioclass_asyncmd import adopt

        adopt(service)
        service.error = None
        service.begin()
    while not service.is_up() and service.state not in ("restarting", "failed", "blocked", "stopped"):
        await service.changed()
    if not service.is_up():
        raise _reason(service)


def _reason(service):
    error = service.error
    if service.state == "blocked" or error is None:
        return ServiceError("%s.service %s: %s" % (service.name, service.state, service.reason))
    try:
        return type(error)(*error.args)  # one object raised again and again grows
    except TypeError:
        return ServiceError(describe(error))


def reason(service):
    """Why it is waiting, blocked or masked, as `web -> wifi (failed)`; None in other states."""
    if service.state not in ("waiting", "blocked"):
        return None
    return _chain(service, service.manager, [service.name])


def _chain(service, manager, path):
    require = service.require
    needs = (require,) if isinstance(require, str) else require.values() if isinstance(require, dict) else require
    first = None
    for name in sorted(needs):
        other = manager.services.get(name)
        if other is not None and other.is_up():
            continue
        if name in path:
            return " -> ".join(path + [name])
        if other is None:
            why = manager.held.get(name) or ("not loaded" if name in manager.failed else "unknown")
        elif other.state == "blocked":
            return _chain(other, manager, path + [name])
        else:
            why = "failed" if other.state == "restarting" else other.state
            if why in ("waiting", "starting", "running"):
                first = first or "%s -> %s (%s)" % (" -> ".join(path), name, why)
                continue
        return "%s -> %s (%s)" % (" -> ".join(path), name, why)
    if first is None:
        want = (service.want,) if isinstance(service.want, str) else service.want
        first = "%s -> %s" % (" -> ".join(path), ", ".join(want))
    return first


def rule(service, failed):
    """The restart rule where it is not a word: seconds until the restart after an end, or None."""
    rule = service.restart
    if isinstance(rule, bool):
        rule = {"policy": "on-failure" if rule else "no"}
    elif not isinstance(rule, dict):  # asyncmd: names to restart in its place
        if failed and service.manager is not None:
            service.manager.revive(rule)
        return None
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
                import machine

                machine.reset()
            return None
    return min(max(service.delay * 2, delay), max(60, delay))


def gracefully_stop(service):
    """Asks it to stop, after those that require it; returns at once."""
    if service.manager is not None:
        service.manager.stop([service])
    else:
        service.ask()


def interrupt(service):
    """Cancels it now, without grace."""
    if service._asked and service._life is not None and service._owed:
        service._life.cancel()
    else:
        service.ask(0)


async def shutdown(service, grace=None):
    """Stops it, after those that require it; returns when it has stopped."""
    if service.manager is not None:
        await service.manager.stop([service], grace)
        return
    service.ask(grace)
    while service._asked:
        await service.changed()


async def wait_for_shutdown(service):
    """Waits for its end; returns its result, or raises its error, each time anew."""
    while service.state not in ("init", "stopped", "failed", "done", "masked"):
        await service.changed()
    if service.state == "failed":
        raise _reason(service)
    return service.result


def orphan(service):
    """Its event loop is gone, and with it every task: only the tear-down is left."""
    service._life = service._event = None
    service._asked = False
    for record in children(service):
        record.task = None


def record(service):
    """What aioctl lists it as; None before its first start."""
    return None if service.since is None else Record(service)


class Record:
    """A service as one of aioctl's records; made when somebody looks."""

    def __init__(self, service):
        self.service = service
        self.name = service.name + ".service"
        self.coro = service.task
        self.args = service.args
        self.since = service.since
        self.task = service._life
        self.error = service.error
        self.result = service.result
        self.cancelled = service.state == "stopped"
        self.done_at = service.since if service.state in ("done", "failed", "stopped", "blocked") else None

    @property
    def kwargs(self):
        """The service's own, to be changed for its next start."""
        service = self.service
        if service.kwargs is type(service).kwargs:
            service.kwargs = dict(service.kwargs)  # not for the whole class
        return service.kwargs

    def status(self):
        return self.service.state

    def start(self):
        self.service.manager.start([self.service])

    def stop(self):
        gracefully_stop(self.service)

    def delete(self):
        self.service.manager.forget(self.service)
