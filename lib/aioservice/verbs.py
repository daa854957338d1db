# What the manager does when people ask: start, stop, restart, unload, and what these return. Methods of the
# manager, loaded on use.
#
# Some words have to wait: for the end of a stop, or of a service that is being unloaded. What they will
# do then stands in the manager's `coming`, where each later word changes it. So the last word about a
# service wins, at whatever moment it comes.

import asyncio

from aiobase import describe, is_interrupt, kept_of, names
from aiobase.errors import ServiceError, anew
from aiobase.text import plain

from .order import closure
from .starting import _failing, begin, outcome

_TOLD = const(600)  # characters that what the manager itself says may have


class Operation:
    """Something under way with a service: may be awaited for its end, or left alone."""

    awaited = ()  # lists, as in `coming`, of loads that wait for it and take it out of `leaving`

    def __init__(self, service, coro, word):
        self.service = service  # None: with the settings
        self.word = word  # what is under way: "stopping"
        self._fault = None  # what is kept of its error
        self.ended = asyncio.Event()
        asyncio.create_task(self._run(coro))

    async def _run(self, coro):
        try:
            await coro
        except BaseException as e:
            if is_interrupt(e):
                raise
            args = e.args
            if type(e) is ServiceError and len(args[0]) < _TOLD:  # made by the manager of what is bounded
                self._fault = ServiceError, describe(e), args[0]
            else:
                self._fault = kept_of(e)
        self.ended.set()

    @property
    def error(self):
        """What went wrong, made anew at each look; None if nothing did."""
        return anew(self._fault)

    def __repr__(self):
        if self.service is None:
            ended = "reloaded" if self._fault is None else "not reloaded"
            return "services.config: " + (ended if self.ended.is_set() else self.word)
        word = self.service.state if self.ended.is_set() else self.word
        return "%s.service: %s" % (self.service.name, word)

    async def _wait(self):
        await self.ended.wait()
        if self._fault is not None:
            raise self.error

    def __iter__(self):
        return self._wait()

    __await__ = __iter__


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
            from .spelling import near

            like = near(name, known)
        from aiobase.errors import ServiceNotFound

        raise ServiceNotFound((text + "; there are: %s%s") % (name, ", ".join(sorted(known)) or "none", like))
    return service


def _graph(self):
    return {service.name: names(service.require) for service in self.every()}


def _expect(self, wanted):
    """Has these names, with what they require, begin behind what ends; returns the lists that say so."""
    graph = _graph(self)
    found = closure(wanted, graph) + [name for name in wanted if name not in graph]
    found = [name for name in found if name in wanted or self.held.get(name) != "disabled"]
    lists = ([name for name in found if not _is_masked(self, name)], [])
    self.coming.append(lists)
    return lists


def _is_masked(self, name):
    """Whether a service is masked, or about to be."""
    service = self.services.get(name)
    return service is not None and (service.state == "masked" or self.held.get(name) == "masked")


def _expected(self, lists):
    """The services that are still to begin; nothing is expected any more."""
    self.coming[:] = [each for each in self.coming if each is not lists]
    return [self.services[name] for name in lists[0] if name in self.services]


def _drop(self, wanted, forget=False):
    """A later word: these do not begin, nor what requires them; with forget they are not loaded either.

    True if that took something back.
    """
    found = False
    graph = _graph(self)
    for to_begin, to_load in self.coming:
        for name in list(to_begin):
            if any([each in wanted for each in [name] + closure([name], graph)]):
                to_begin.remove(name)
                to_load.append(name)
                found = True
        for name in list(to_load) if forget else ():
            if name in wanted:
                to_load.remove(name)
                found = True
    return found


def _runs(self, service):
    """Whether it runs, as far as the words so far go."""
    if any([service.name in lists[0] for lists in self.coming]):
        return True
    return service.is_active() and not ending(self, [service])


def _back(self, services):
    """These services, and those of their dependents that run, or are about to."""
    graph = _graph(self)
    chosen = [service.name for service in services]
    back = list(services)
    for service in self.services.values():
        if service not in back and (service.state == "waiting" or _runs(self, service)):
            if any([name in chosen for name in closure([service.name], graph)]):
                back.append(service)
    return back


def ending(self, services):
    """Whether one of these stops, or is about to when those that require it have stopped."""
    for service in services:
        if service._asked or any([service in left for left in self.stopping]):
            return True
    return False


def _halt(self, services):
    """These services and those that require them: they are about to stop from now on."""
    left = self.dependents(services)
    self.stopping.append(left)
    return left


def _with(self, wanted):
    """The services of these names, and what they require."""
    return [self.services[name] for name in closure(wanted, _graph(self)) if name in self.services]


async def _still(self, lists):
    """Returns when nothing ends any more of what is expected, and of what that requires."""
    while ending(self, _with(self, lists[0])):
        await self.change()


async def _resume(self, lists, keep=()):
    """Begins what is expected, when it may; returns after the first outcomes."""
    await _still(self, lists)
    await outcome(self, begin(self, _expected(self, lists), keep))


def _allow(self, services):
    """What reload() has found disabled may run all the same, by hand."""
    for service in services:
        if self.held.get(service.name) == "disabled":
            del self.held[service.name]


def start(self, wanted):
    """Starts services, disabled ones too; the Operation ends when each has had its first outcome."""
    _allow(self, wanted)
    lists = _expect(self, [service.name for service in wanted])
    every = _with(self, lists[0])
    if ending(self, every):
        coro = _resume(self, lists)
    else:
        coro = outcome(self, begin(self, _expected(self, lists)))
    started = Operation(wanted[0], coro, "starting")
    started.every = every
    return started


def stop(self, services, grace=None):
    """Stops services, their dependents first; the Operation ends with the last of them."""
    _drop(self, [service.name for service in services])
    return Operation(services[0], self.stopped(_halt(self, services), grace, True), "stopping")


def restart(self, services, anew=True):
    """Stops services with their dependents, and brings back exactly those.

    With anew the series of failures of these services, not of their dependents, ends.
    """
    _allow(self, services)
    back = _back(self, services)
    keep = [s for s in _failing(back) if not anew or s not in services]
    lists = _expect(self, [service.name for service in back])
    return Operation(services[0], _restart(self, _halt(self, services), lists, keep), "restarting")


async def _restart(self, left, lists, keep):
    await self.stopped(left, None, True)
    await _resume(self, lists, keep)


def forget(self, service):
    """Unloads: the name goes at once, the module when the cleanup has ended."""
    if self.services.get(service.name) is not service:  # it is on its way
        return self.leaving.get(service.name)
    _drop(self, [service.name], True)
    coro = _leave(self, service, _halt(self, [service]))
    leaving = self.leaving[service.name] = Operation(service, coro, "stopping")
    self.services.pop(service.name, None)
    return leaving


async def _leave(self, service, left):
    await self.stopped(left, None, True)
    if service in self._pending:
        self._pending.remove(service)
    children = service.children()
    if children:
        from aioctl.jobs import drop

        for record in children:  # each holds its service
            drop(record, True)
    from .discovery import purge

    purge(service, self.services)
    if not any([lists[0] or lists[1] for lists in self.leaving[service.name].awaited]):
        del self.leaving[service.name]
