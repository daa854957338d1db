# How services are started, and what is given back when a boot is over. Methods of the manager,
# loaded on use.

import sys

from aiobase import names
import aioschedule

from .order import closure, cycles

_DECIDED = const(("init", "restarting", "failed", "blocked", "stopped", "masked"))
_MINUTE = const(60)  # s; running that long is healthy
# To be given back, like this package.
_ALSO = const(
    (
        "aioclass.asyncmd",
        "aioschedule.add",
        "aioschedule.format",
        "aioschedule.rule",
        "aiobase.fault",
        "aiobase.text",
        "aioctl.env",
        "aioctl.utf8",
        "aioboot.kept",
        "aioboot.rom",
    )
)


def decided(service):
    """Whether a start has had its first outcome."""
    return service.is_up() or service.state in _DECIDED


def _failing(services):
    """Those of these services whose series of failures no healthy minute has ended yet."""
    now = aioschedule.uptime()
    return [s for s in services if s.series and not (s.state == "running" and now - s.since >= _MINUTE)]


def begin(self, chosen, keep=()):
    """Starts services and the ones they require, as their requirements allow.

    Returns all of them. Touches nothing that is active already. A series of failures begins anew, but for
    services to `keep`, which somebody's word to others has stopped.
    """
    services = self.services
    graph = {name: names(services[name].require) for name in services}
    every = [services[name] for name in closure([s.name for s in chosen], graph)]
    fresh = [s for s in every if s.state not in ("waiting", "masked") and not s.is_active()]
    fresh = [s for s in fresh if s.name not in self.held]  # about to be masked, or disabled
    loops = cycles([s.name for s in fresh], graph)
    for service in services.values():  # what they require or want may be new
        if service.require or service.want:
            _inject(service, services)
    for service in fresh:
        if service._fault is not None:  # an attribute that is not there costs nothing
            service._fault = None
        if (service.delay or service.series) and service not in keep:
            service.delay = service.series = 0
            service._first_fault = None
        if service.want:
            _unloop(service, services)
    self.fresh = list(fresh)
    for service in fresh:
        self.fresh.remove(service)
        if service.name not in loops:
            self.advance(service)
        elif service.state != "blocked":
            service.move("blocked")
    return every


def _unloop(service, services):
    """Leaves out those of its wants that lead back to it: a cycle is broken at its `want`."""
    want = tuple(names(service.want))
    bad = [name for name in want if name in services and _reaches(services[name], service, services, [])]
    if bad:
        service.want = tuple([name for name in want if name not in bad])


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


def _inject(service, services):
    """deps, and the attributes that `require` names: valid for good, as instances stay."""
    needs = list(names(service.require)) + list(names(service.want))
    service.deps = {name: services[name] for name in needs if name in services}
    if isinstance(service.require, dict):
        for attribute, name in service.require.items():
            setattr(service, attribute, services.get(name))


async def outcome(self, services):
    """Waits until each has had its first outcome."""
    for service in services:
        while not decided(service):
            await self.change()


def release(self):
    """Gives back the memory of what only a boot, a look or a change by hand needs.

    That is every file of this package but the manager; code that runs stays until it ends.
    """
    modules = sys.modules
    for full in list(modules):
        if full in _ALSO or full.startswith("aioservice.") and full != "aioservice.manager":
            del modules[full]
            parent, _, leaf = full.rpartition(".")
            if parent in modules and hasattr(modules[parent], leaf):
                delattr(modules[parent], leaf)
