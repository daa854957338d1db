# What the manager does when it is asked: start, restart, unload. Loaded on use.

from aioclass import ServiceError, ServiceNotFound  # noqa: F401 - aioservice has both from here
from aioctl.text import plain

from .manager import Operation, names


def get(mgr, name):
    """The service of that name; raises ServiceNotFound."""
    name = plain(name)
    service = mgr.services.get(name)
    if service is None:
        from .discovery import files

        known = set(files())
        known.update(mgr.services, mgr.failed, mgr.held)
        text = "%s.service is not loaded" if name in known else "no service %s"
        raise ServiceNotFound((text + "; there are: %s") % (name, ", ".join(sorted(known)) or "none"))
    return service


def begin(mgr, wanted):
    """Starts services and the ones they require, as their requirements allow.

    Returns all of them. Touches nothing that is active already.
    """
    from .order import closure, cycles

    services = mgr.services
    graph = {name: names(services[name].require) for name in services}
    every = [services[name] for name in closure([s.name for s in wanted], graph)]
    fresh = [s for s in every if not s.is_active() and s.state not in ("waiting", "masked")]
    loops = cycles([s.name for s in fresh], graph)
    for service in fresh:
        service.error = None
        inject(service, services)
        service.want = _unlooped(service, services)
    mgr.fresh = list(fresh)
    for service in fresh:
        mgr.fresh.remove(service)
        if service.name in loops:
            service.move("blocked")
        else:
            mgr.advance(service)
    return every


def _unlooped(service, services):
    """Its wants without those that lead back to it: a cycle is broken at its `want`."""
    want = tuple(names(service.want))
    bad = [name for name in want if name in services and _reaches(services[name], service, services, [])]
    return tuple([name for name in want if name not in bad]) if bad else service.want


def _reaches(service, target, services, seen):
    """Whether a service requires or wants another one, directly or through others."""
    for name in list(names(service.require)) + list(names(service.want)):
        other = services.get(name)
        if other is target:
            return True
        if other is not None and other not in seen:
            seen.append(other)
            if _reaches(other, target, services, seen):
                return True
    return False


def inject(service, services):
    """deps, and the attributes that `require` names: valid for good, as instances stay."""
    needs = list(names(service.require)) + list(names(service.want))
    if needs:
        service.deps = {name: services[name] for name in needs if name in services}
    if isinstance(service.require, dict):
        for attribute, name in service.require.items():
            setattr(service, attribute, services.get(name))


def start(mgr, wanted):
    """Starts services; the Operation ends when each has had its first outcome."""
    return Operation(wanted[0], mgr.outcome(begin(mgr, wanted)), "starting")


def restart(mgr, services):
    """Stops services with their dependents, and brings back exactly those."""
    return Operation(services[0], _restart(mgr, services, mgr.shutdowns), "restarting")


async def _restart(mgr, services, shutdowns):
    back = mgr.dependents(services)
    await mgr.stopped(list(back))
    if mgr.shutdowns == shutdowns:  # a shutdown meanwhile means all of them
        await mgr.outcome(begin(mgr, back))


def forget(mgr, service):
    """Unloads: the name goes at once, the module when the cleanup has ended."""
    operation = mgr.leaving[service.name] = Operation(service, _leave(mgr, service), "stopping")
    mgr.services.pop(service.name, None)
    return operation


async def _leave(mgr, service):
    await mgr.stopped(mgr.dependents([service]))
    if service in mgr._pending:
        mgr._pending.remove(service)
    children = service.children()
    if children:
        from aioctl.jobs import drop

        for record in children:  # each holds its service
            drop(record, True)
    from .discovery import purge

    purge(service, mgr.services)
    del mgr.leaving[service.name]
