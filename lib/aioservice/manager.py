# The one manager: what follows when a service changes its state, and how all of them stop.
# Resident. Starting and everything else that people ask for is in starting and verbs, loaded on use.

import asyncio
import gc

from aiobase import bound, group, kept_of, lookup, names
from aioclass import Service

_ROUNDS = const(5)  # of a shutdown, while somebody goes on starting services
_LOOK = const(20)  # ms, where there is no memory to wait for an event in
_LOOKS = const(100)
_ROOM = const(3000)  # bytes that the stop of a service takes, and its cleanup
_MORE = {
    "anew": "anew",
    "starting": "begin outcome release",
    "bringup": "bring_up",
    "verbs": "forget get restart start stop",
}
_WAITS = const(("waiting", "blocked"))
# States of a requirement that may be up soon.
_COMING = const(("waiting", "starting", "running"))


class Manager:
    """All services by name, in `services`, which is the group's own dict."""

    log = None  # the logger that boot() or init() was given
    fault = None  # what is wrong with services.config as a whole
    found = False  # whether the services were discovered
    last = None  # the name of the service that run() starts when all others are up
    quit = None  # the Event that ends run()
    patches = {}  # name -> class that stands in for a service
    fresh = ()  # services about to be started
    stopping = []  # lists of services that are about to stop
    coming = []  # of words that wait: ([names to begin], [names to load only]); later words change them
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
        return bound(lookup("aioservice", _MORE, name), self)

    # -- what follows a change ------------------------------------------------

    def changed(self, service):
        """Called at each change of a service's state.

        A queue instead of recursion: chains of services are long, stacks of boards short.
        """
        if self._event is not None:
            self._event.set()
            self._event = None
        dirty = self._dirty
        pending = self._pending
        if not (dirty or pending or service.state in _WAITS):
            return  # nobody waits, as in most of a boot
        try:
            dirty.append(service)
            if len(dirty) > 1:
                return
            while dirty:
                service = dirty[0]
                if service in pending:
                    pending.remove(service)
                if service.state in _WAITS:
                    pending.append(service)
                for other in pending[:] if pending else ():
                    if other.state in _WAITS and (
                        self._missed
                        or service.name in names(other.require)
                        or service.name in names(other.want)
                    ):
                        self.advance(other)
                dirty.pop(0)
            self._missed = False
        except MemoryError:  # nothing is lost: the next change looks at all that wait
            dirty.clear()
            self._missed = True

    def change(self):
        """To be awaited: the next change of any service from now on."""
        if self._event is None:
            self._event = asyncio.Event()
        return self._event.wait()

    def verdict(self, service):
        """None if its requirements let a service run, else the state that it has to be in."""
        state = None
        for wanted in (service.require, service.want):
            for name in names(wanted) if wanted else ():
                other = self.services.get(name)
                if other is None or not other.is_up():
                    if other is not None and (other in self.fresh or other.state in _COMING):
                        state = "waiting"
                    elif wanted is service.require:
                        return "blocked"
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
                    service._fault = kept_of(e)
                    service.move("failed")
            elif state != service.state:
                service.move(state)

    # -- stop -----------------------------------------------------------------

    def dependents(self, services):
        """These services, and the active ones that require one of them."""
        found = list(services)
        for service in found:  # grows while it is walked
            for other in self.services.values():
                if service.name in names(other.require) and other not in found and other.is_active():
                    found.append(other)
        return found

    async def stopped(self, left, grace=None, known=False):
        """The exact reverse of starting: each stops as soon as nothing in the list needs it.

        Takes the list over; with known it stands in `stopping` already.
        """
        asked = []  # one that is started again after its stop is not stopped again
        looks = _LOOKS
        if not known:
            self.stopping.append(left)
        try:
            while True:
                try:
                    for service in list(left):
                        on = service.is_active() or service.state in _WAITS
                        if not (service._asked if service in asked else on):
                            left.remove(service)
                    if not left:
                        return
                    for service in self.dependents(left):  # one that waited may have begun meanwhile
                        if service not in left and service not in asked:
                            left.append(service)
                    change = self.change()
                    free = []
                    for service in left:
                        for other in left:
                            if service.name in names(other.require) or service.name in names(other.want):
                                break
                        else:
                            free.append(service)
                    one = _is_short(len(left))
                    for service in free or left:  # those of a cycle all at once
                        if one and [s for s in asked if s._asked]:
                            break
                        service.ask(grace)
                        asked.append(service)
                    await change
                except MemoryError:  # what stops gives some back
                    looks -= 1
                    if not looks:
                        raise
                    await asyncio.sleep_ms(_LOOK)
        finally:
            left.clear()
            self.stopping.remove(left)  # any empty one: they are all the same
            if self._event is not None:  # who waits for that may start now
                self._event.set()
                self._event = None

    def every(self):
        """All services, those that are being unloaded too."""
        return list(self.services.values()) + [each.service for each in self.leaving.values()]

    async def shutdown(self, grace=None):
        """Stops everything. Needs no import: the last thing that a board short of memory can do."""
        looks = _LOOKS
        rounds = 0
        while rounds < _ROUNDS:  # what somebody started meanwhile stops too
            for lists in self.coming:  # what waits is given up
                lists[0].clear()
                lists[1].clear()
            try:
                await self.stopped(self.every(), grace)
                rounds += 1
            except MemoryError:
                looks -= 1
                if not looks:
                    raise
                await asyncio.sleep_ms(_LOOK)
        if self.quit is not None:
            self.quit.set()


def _is_short(n):
    """Whether there is no memory to stop so many at once."""
    if gc.mem_free() >= _ROOM * n:
        return False
    gc.collect()
    return gc.mem_free() < _ROOM * n


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
