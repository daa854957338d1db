# What people ask of a service: to start, to stop, why it waits. Methods of aioclass.Service,
# loaded when the first of them is used.

from aioclass_errors import ServiceError, anew
from aioctl.core import group


def path(service):
    """The file it came from, as `./aioservices/services/hello_service.mpy`."""
    file = getattr(service.module, "__file__", "?")
    return file if file[0] in "/." else "./" + file


def _child_tasks(service):
    """asyncmd: the names of its child tasks, as a set."""
    return {record.name for record in service.children()}


async def startup(service):
    """Starts it, and what it requires; returns when it is up. Raises why it is not."""
    services = group().services
    known = services.get(service.name)
    if known is None:  # neither loaded nor started before
        from aioclass_asyncmd import adopt

        adopt(service)
        services[service.name] = service
    elif known is not service:
        raise ServiceError("another service is called %s" % service.name)
    if service.manager is not None:
        await service.manager.start([service])
    elif not service.is_active():
        service._fault = service._first_fault = None
        service.delay = service.series = 0
        service.begin()
    ends = ("restarting", "failed", "blocked", "stopped", "masked")
    while not service.is_up() and service.state not in ends:
        await service.changed()
    if not service.is_up():
        raise _reason(service)


def _reason(service):
    if service.state in ("blocked", "masked") or service._fault is None:
        return ServiceError("%s.service %s: %s" % (service.name, service.state, service.reason))
    return anew(service._fault)  # each time: one object raised again and again grows


def reason(service):
    """Why it is waiting, blocked or masked, as `web -> wifi (failed)`; None in other states."""
    if service.state not in ("waiting", "blocked"):
        return None
    return _chain(service, service.manager, [service.name])


def _chain(service, manager, path):
    require = service.require
    if isinstance(require, dict):
        require = require.values()
    first = None
    for name in sorted((require,) if isinstance(require, str) else require):
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
            why = other.state
            if why == "restarting" or why == "stopping" and other.series and not other._asked:
                why = "failed"
            if why in ("waiting", "starting", "running"):
                first = first or "%s -> %s (%s)" % (" -> ".join(path), name, why)
                continue
        return "%s -> %s (%s)" % (" -> ".join(path), name, why)
    if first is None:
        want = (service.want,) if isinstance(service.want, str) else service.want
        first = "%s -> %s" % (" -> ".join(path), ", ".join(want))
    return first


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


def record(service):
    """What aioctl lists it as; None before its first start."""
    if service.since is None:
        return None
    from aioclass_record import Record

    return Record(service)
