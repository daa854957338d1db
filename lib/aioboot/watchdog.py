# The hardware watchdog: boot.py armed it, this feeds it while every critical service is healthy.
# Loaded by boot.py, and only where `_boot.watchdog` in services.config asks for it.
#
# A critical service is healthy, unless
#   - it is `failed`, and no schedule starts it again;
#   - it is `blocked`, and nobody brings up what it waits for: a requirement that is itself
#     restarting, waiting or starting is being worked on;
#   - something of it was left behind: a task, a child or a cleanup() that did not end;
#   - its alive() is overdue by a second period: its own watchdog, which acts after the first
#     one, did not.
# All other states are healthy: `waiting`, `starting`, `stopping` and `restarting` are bounded
# or retried, and `stopped`, `masked` and `done` are what somebody wanted. A service that could
# not be loaded is not watched: a reset would not load it. Code that blocks feeds nothing; that
# of a host is code too, and while micropython-lib's aiorepl serves a host nothing else runs.

import asyncio
from time import ticks_diff, ticks_ms

import aiobase
from aiobase import describe, group, names

_ERROR = const(40)  # aiolog's levels
_INFO = const(20)
_NEAR = const(100)  # ms of silence that are no news, whatever a `watchdog` is
_WAKES = const(4)  # looks within one timeout, when nothing happens
_OFTEN = const(8)  # and when much does
_RESTS = ("init", "stopped", "masked", "done")
# States of a requirement that is being worked on.
_COMES = ("waiting", "starting", "running", "stopping", "restarting")

watchdog = None  # the one Watchdog, from boot.py on


def start(wdt, ms, wanted, error):
    """Takes over the machine.WDT (None: there is none) that boot.py armed for `ms`.

    `wanted` is what the settings ask for, in seconds; `error` what the port said to that.
    """
    global watchdog
    watchdog = Watchdog(wdt, ms)
    watchdog.wanted = wanted
    if error is not None:
        watchdog.fault = "services.config: _boot.watchdog: %s s refused (%s), %s" % (
            wanted,
            describe(error),
            "no hardware watchdog" if wdt is None else "armed for %s s" % watchdog.within,
        )


def feed():
    """Feeds it, if there is one: for code that gets on, but keeps the loop from running."""
    if watchdog is not None and watchdog.wdt is not None:
        watchdog.wdt.feed()


def begin(manager):
    """Feeds it from now on, in an event loop; returns what was refused, or None."""
    if watchdog is not None:
        watchdog.begin(manager)
        return watchdog.fault


def _unhealthy(service, services):
    """Why a critical service is not healthy; None if it is."""
    state = service.state
    if service._asked or state in _RESTS:
        return None
    if state == "failed":
        return None if service._armed else "failed: " + describe(service._fault)
    if state == "blocked" and not _comes(service, services, [service.name]):
        return "blocked: %s" % service.reason
    if service.forced:
        return "something of it does not end"
    if state == "running" and service.watchdog:
        # `seen` may be of the run before, until this one has its first alive(). Whole seconds
        # first: a fraction would need memory at each look.
        whole = 2 * int(service.watchdog)
        since = aiobase.uptime() - service.since
        if since > whole and ticks_diff(ticks_ms(), service.seen) > whole * 1000 + _NEAR:
            late = 2 * service.watchdog
            if since > late and ticks_diff(ticks_ms(), service.seen) > late * 1000:
                return "no alive() within %s s" % late
    return None


def _comes(service, services, path):
    """Whether all that a blocked service requires is up, or is being worked on."""
    for name in names(service.require):
        other = services.get(name)
        if other is None or name in path:
            return False
        if other.state == "blocked":
            if not _comes(other, services, path + [name]):
                return False
        elif not other.is_up() and other.state not in _COMES:
            return False
    return True


class Watchdog:
    """Feeds a machine.WDT whose timeout is `ms`."""

    fault = None  # what was refused, for the status
    why = None  # why it is not fed
    manager = None
    wanted = None  # what boot.py found in the settings, in seconds
    ending = 0  # shutdowns under way: they are bounded, and it is fed to their end
    _looked = 0  # ticks of the last look
    _last = False  # whether the board goes down: nobody will feed it any more
    _queue = None  # the queue of the event loop in which it is fed

    def __init__(self, wdt, ms):
        self.wdt = wdt
        self.ms = ms
        self.within = "%g" % (ms / 1000)  # s

    def begin(self, manager):
        """Feeds it from now on; may be called again."""
        if self.manager is None:
            self.manager = manager
            if self.fault is not None:
                group().note(_ERROR, "watchdog", self.fault)
            if self.wdt is not None:  # no board without a watchdog pays for these two
                manager.changed = self._changed
                manager.shutdown = self._shutdown
        if self.wdt is not None:
            self.wdt.feed()
            self._run()

    def _run(self):
        """Has a task feed it in the present event loop; True if the one before was dropped."""
        queue = asyncio.core._task_queue
        if self._queue is queue:
            return False
        lost = self._queue is not None
        self._queue = queue
        asyncio.create_task(self._feed())
        return lost

    async def _feed(self):
        while True:
            self.look()
            await asyncio.sleep_ms(self.ms // _WAKES)

    def look(self):
        """Feeds it if every critical service is healthy; says so once when one is not."""
        self._looked = ticks_ms()
        try:
            why = None
            services = self.manager.services
            for name in services if not self.ending else ():  # values() would need memory
                service = services[name]
                if service.critical:
                    why = _unhealthy(service, services)
                    if why is not None:
                        why = "%s.service %s" % (service.name, why)
                        break
            if why != self.why:
                self._say(why)
        except MemoryError:  # the next look is soon; a board that stays short of it is reset
            return
        if why is None:
            self.wdt.feed()

    def _say(self, why):
        self.why = why
        if why is None:
            text = "fed again"
        else:
            text = "not fed: %s; the board resets within %s s" % (why, self.within)
        print("hardware watchdog:", text)
        group().note(_INFO if why is None else _ERROR, "watchdog", text)
        try:
            from .guard import foretell

            words = (None, None) if why is None else why.split(".service ", 1)
            foretell(*words)
        except Exception:  # no memory for it, or no such file: the reset comes all the same
            pass

    def _changed(self, service):
        """The manager's changed(), and a look: at what happened to a critical service, and
        because many that start one after the other keep the task that feeds from its turn."""
        manager = self.manager
        type(manager).changed(manager, service)
        if service.critical or ticks_diff(ticks_ms(), self._looked) > self.ms // _OFTEN:
            self.look()

    async def _shutdown(self, grace=None):
        """The manager's shutdown(), fed to its end. A last warning when nobody goes on after it."""
        manager = self.manager
        if self._run() or manager.quit is not None and manager.quit.is_set():
            self._last = True  # run() is told to end, or its event loop is gone
        self.ending += 1
        try:
            await type(manager).shutdown(manager, grace)
        finally:
            self.ending -= 1
        self.wdt.feed()
        if self._last:
            print("hardware watchdog: the board resets within %s s" % self.within)
