# What the manager does when people ask: start, stop, restart, unload. Methods of the manager, loaded
# on use.

from aioctl.text import plain

from .starting import _failing, begin, outcome


def operation(service, coro, word):
    """Begins something that takes its time; may be awaited for its end."""
    from .operation import Operation

    return Operation(service, coro, word)


def get(self, name):
    """The service of that name; raises ServiceNotFound."""
    name = plain(name)
    service = self.services.get(name)
    if service is None:
        from .discovery import files

        known = set(files())
        known.update(self.services, self.failed, self.held)
        text = "%s.service is not loaded" if name in known else "no service %s"
        like = ""
        if name not in known:
            from .near import near

            like = near(name, known)
        from aioclass_errors import ServiceNotFound

        raise ServiceNotFound((text + "; there are: %s%s") % (name, ", ".join(sorted(known)) or "none", like))
    return service


def start(self, wanted):
    """Starts services; the Operation ends when each has had its first outcome."""
    every = begin(self, wanted)
    return operation(wanted[0], _start(self, wanted, every, ending(self, every), self.shutdowns), "starting")


async def _start(self, wanted, every, again, shutdowns):
    for service in every:  # one that waited was stopped at once by who was asked before
        again = again or service.state == "stopped"
    while ending(self, every):  # they stop, and begin behind that
        again = True
        await self.change()
    if again and self.shutdowns == shutdowns:
        every = begin(self, wanted)
    await outcome(self, every)


def ending(self, services):
    """Whether one of these stops, or is about to when those that require it have stopped."""
    for service in services:
        if service._asked or any([service in left for left in self.stopping]):
            return True
    return False


def stop(self, services, grace=None):
    """Stops services, their dependents first; the Operation ends with the last of them."""
    return operation(services[0], self.stopped(self.dependents(services), grace), "stopping")


def restart(self, services, anew=True):
    """Stops services with their dependents, and brings back exactly those.

    With anew the series of failures of these services, not of their dependents, ends.
    """
    return operation(services[0], _restart(self, services, anew, self.shutdowns), "restarting")


async def _restart(self, services, anew, shutdowns):
    back = self.dependents(services)
    keep = [s for s in _failing(back) if not anew or s not in services]
    await self.stopped(list(back))
    if self.shutdowns == shutdowns:  # a shutdown meanwhile means all of them
        await outcome(self, begin(self, back, keep))


def forget(self, service):
    """Unloads: the name goes at once, the module when the cleanup has ended."""
    leaving = self.leaving[service.name] = operation(service, _leave(self, service), "stopping")
    self.services.pop(service.name, None)
    return leaving


async def _leave(self, service):
    await self.stopped(self.dependents([service]))
    if service in self._pending:
        self._pending.remove(service)
    children = service.children()
    if children:
        from aioctl.jobs import drop

        for record in children:  # each holds its service
            drop(record, True)
    from .discovery import purge

    purge(service, self.services)
    del self.leaving[service.name]
