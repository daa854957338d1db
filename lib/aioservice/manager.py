# The one manager: what follows when a service changes its state, and how all of them stop.
# Resident. Starting and everything else that people ask for is in verbs, loaded on use.

import asyncio
import sys

from aioclass import Service
from aioctl.core import bound, group

_ALSO = const(("aioclass_asyncmd", "aioctl.text", "aioctl.env"))  # to be given back, like this package
_ROUNDS = const(5)  # of a shutdown, while somebody goes on starting services
_MORE = const(" begin forget get restart start ")


def names(value):
    """The names in a `require`, `want` or `groups`: a name, a list of names, or a dict of them."""
    if isinstance(value, str):
        return (value,)
    return value.values() if isinstance(value, dict) else value


_WAITS = ("waiting", "blocked")
# States of a requirement that may be up soon.
_COMING = ("waiting", "starting", "running")


def decided(service):
    """Whether a start has had its first outcome."""
    return service.is_up() or service.state in ("restarting", "failed", "blocked", "stopped", "masked")


class Operation:
    """Something under way with a service: may be awaited for its end, or left alone."""

    def __init__(self, service, coro, word):
        self.service = service
        self.word = word  # what is under way: "stopping"
        self.error = None
        self.ended = asyncio.Event()
        asyncio.create_task(self._run(coro))

    async def _run(self, coro):
        try:
            await coro
        except Exception as e:
            self.error = e
        self.ended.set()

    def __repr__(self):
        word = self.service.state if self.ended.is_set() else self.word
        return "%s.service: %s" % (self.service.name, word)

    async def _wait(self):
        await self.ended.wait()
        if self.error is not None:
            raise self.error

    def __iter__(self):
        return self._wait()

    __await__ = __iter__


class Manager:
    """All services by name, in `services`, which is the group's own dict."""

    log = None  # the logger that boot() or init() was given
    fault = None  # what is wrong with services.config as a whole
    found = False  # whether the services were discovered
    last = None  # the name of the service that run() starts when all others are up
    quit = None  # the Event that ends run()
    patches = {}  # name -> class that stands in for a service
    fresh = ()  # services about to be started
    shutdowns = 0
    _missed = False  # whether a change could not be followed for lack of memory
    _event = None

    def __init__(self):
        self.services = group().services
        self.failed = {}  # name -> (path, error): files that could not be loaded
        self.held = {}  # name -> "disabled" | "excluded": known, but not to run
        self.leaving = {}  # name -> Operation: unloaded, but not ended yet
        self._pending = []  # services in `waiting` or `blocked`
        self._dirty = []  # services whose change is not dealt with yet

    def __getattr__(self, name):
        if " %s " % name not in _MORE:
            raise AttributeError(name)
        return bound(self, "aioservice.verbs", name)

    # -- what follows a change ------------------------------------------------

    def changed(self, service):
        """Called at each change of a service's state.

        A queue instead of recursion: chains of services are long, stacks of boards short.
        """
        dirty = self._dirty
        try:
            dirty.append(service)
            if len(dirty) > 1:
                return
            while dirty:
                self._follow(dirty[0])
                dirty.pop(0)
            self._missed = False
        except MemoryError:  # nothing is lost: the next change looks at all that wait
            dirty.clear()
            self._missed = True
        if self._event is not None:
            self._event.set()
            self._event = None

    def _follow(self, service):
        pending = self._pending
        if service in pending:
            pending.remove(service)
        if service.state in _WAITS:
            pending.append(service)
        name = service.name
        for other in pending[:] if pending else ():
            if other.state in _WAITS:  # not one whose own change is still to be followed
                if self._missed or name in names(other.require) or name in names(other.want):
                    self.advance(other)

    def change(self):
        """To be awaited: the next change of any service from now on."""
        if self._event is None:
            self._event = asyncio.Event()
        return self._event.wait()

    def verdict(self, service):
        """None if its requirements let a service run, else the state that it has to be in."""
        state = None
        for name in names(service.require):
            other = self.services.get(name)
            if other is None or not other.is_up():
                if other is None or not (other in self.fresh or other.state in _COMING):
                    return "blocked"
                state = "waiting"
        if state is None:
            for name in names(service.want):
                other = self.services.get(name)
                if other is not None and (other in self.fresh or other.state in _COMING):
                    if not decided(other):
                        return "waiting"
        return state

    def advance(self, service):
        """Begins a service that may run, else has it wait; `reason` tells why it does."""
        if not service.is_active():  # what was begun meanwhile is not begun again
            state = self.verdict(service)
            if state is None:
                try:
                    service.begin()
                except Exception as e:  # short of memory, or a schedule beyond what the clock holds
                    service._armed = False
                    service.error = e
                    service.move("failed")
            elif state != service.state:
                service.move(state)

    async def outcome(self, services):
        """Waits until each has had its first outcome."""
        for service in services:
            while not decided(service):
                await self.change()

    # -- stop -----------------------------------------------------------------

    def dependents(self, services):
        """These services, and the active ones that require one of them."""
        found = list(services)
        for service in found:  # grows while it is walked
            for other in self.services.values():
                if service.name in names(other.require) and other not in found and other.is_active():
                    found.append(other)
        return found

    def stop(self, services, grace=None):
        """Stops services, their dependents first; the Operation ends with the last of them."""
        return Operation(services[0], self.stopped(self.dependents(services), grace), "stopping")

    async def stopped(self, left, grace=None):
        """The exact reverse of starting: each stops as soon as nothing in the list needs it."""
        asked = []  # one that is started again after its stop is not stopped again
        while True:
            left = [s for s in left if (s._asked if s in asked else s.is_active() or s.state in _WAITS)]
            if not left:
                return
            # One that waited may have begun meanwhile.
            left.extend([s for s in self.dependents(left) if s not in left and s not in asked])
            change = self.change()
            for service in left:
                for other in left:
                    if service.name in names(other.require) or service.name in names(other.want):
                        break
                else:
                    service.ask(grace)
                    asked.append(service)
            await change

    async def shutdown(self, grace=None):
        """Stops everything. Needs no import: the last thing that a board short of memory can do."""
        self.shutdowns += 1  # restarts that are under way are given up
        for _ in range(_ROUNDS):  # what somebody started meanwhile stops too
            left = [s for s in self.services.values() if s.is_active() or s.state in _WAITS]
            if not left:
                break
            await self.stopped(left, grace)
        if self.quit is not None:
            self.quit.set()


_manager = None


def manager():
    """The manager; made when it is first asked for, with the journal."""
    global _manager
    if _manager is None:
        _manager = Service.manager = Manager()
        if group().log is None:
            from aiolog import Journal
            from aioschedule import uptime

            group().log = Journal(2000, uptime)
    return _manager


def release():
    """Gives back the memory of what only a boot, a look or a change by hand needs.

    That is every file of this package but this one; code that runs stays until it ends.
    """
    modules = sys.modules
    for full in list(modules):
        if full in _ALSO or full.startswith("aioservice.") and full != "aioservice.manager":
            del modules[full]
            parent, _, leaf = full.rpartition(".")
            if parent in modules and hasattr(modules[parent], leaf):
                delattr(modules[parent], leaf)
