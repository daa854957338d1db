# How a board brings all its services up: boot() and init(), and the start of run(), which is these and the
# console. Given back when all is up.

import asyncio

from aiobase import forget

from .manager import manager
from .starting import begin, decided, outcome, release

_MOMENT = const(2)  # s
_HINTS = (
    "aioservice.status() shows the services, aioctl.status() the tasks, aioctl.log() the journal;",
    'load("world"), unload("world"), stop("hello"), config("hello", True, 3, 2) act on them;',
    'traceback("dofail") explains a failure. Ctrl-D shuts down.',
)


def _find(config, groups, exclude):
    """The manager, with all services that are to run: discovers them the first time.

    Later only where other groups or exclusions are asked for: what has not run yet is
    held back, or comes along, as these say.
    """
    mgr = manager()
    given = (groups, exclude)
    if mgr.found:
        if given in ((None, None), mgr.found[0]):
            return mgr
        for service in [s for s in mgr.services.values() if s.state == "init"]:
            del mgr.services[service.name]
            __import__("aioservice.discovery", None, None, ("purge",)).purge(service, mgr.services)
    from .discovery import Finder

    Finder(mgr, config).bring_all(groups, exclude)
    mgr.found = [given, sorted(mgr.failed)]
    forget("aioservice.discovery")
    return mgr


def _say(mgr, debug, log, debug_log):
    """Reports what could not be loaded, once; returns a function that reports a service."""
    if not debug and (log is None or not debug_log):
        return None
    from .report import teller

    say = teller(debug, log if debug_log else None)
    if mgr.fault is not None and mgr.found[1] is not None:
        say(mgr.fault)
    for name in mgr.found[1] or ():
        if name in mgr.failed:
            say(name)
    mgr.found[1] = None
    return say


async def announce(mgr, services, say):
    """Reports each service as it has its first outcome."""
    services = list(services)
    while services:
        for service in [s for s in services if decided(s)]:
            services.remove(service)
            say(service)
        if services:
            await mgr.change()


def _start(mgr, services, say):
    """Begins those that were never started; reports them, and what comes along, as they come up."""
    active = [s for s in mgr.services.values() if s.state != "init"]
    every = mgr.begin([s for s in services if s.state == "init"])
    if say is not None:
        asyncio.create_task(announce(mgr, [s for s in every if s not in active], say))


async def boot(debug=True, log=None, debug_log=False, config=True, groups=None, exclude=None):
    """Starts the core services, and what they require, as their requirements allow.

    Returns when each had its first outcome: True if all are up, and no service that is to
    run failed to load, as that might be one of them. Retries go on behind it.
    """
    mgr = _find(config, groups, exclude)
    mgr.log = log or mgr.log
    core = [mgr.services[name] for name in sorted(mgr.services) if mgr.services[name].type == "core.service"]
    _start(mgr, core, _say(mgr, debug, log, debug_log))
    await mgr.outcome(core)
    return not mgr.failed and all([s.is_up() for s in core])


def init(
    debug=True,
    log=None,
    debug_log=False,
    config=True,
    init_schedule=True,
    groups=None,
    exclude=None,
):
    """Starts the enabled runtime and schedule services; returns at once.

    With debug each service's line is printed as it comes up; with log and debug_log it is
    written there. `init_schedule=False` leaves the schedule services out. Groups and
    exclusions are those of boot() where none are given.
    """
    mgr = _find(config, groups, exclude)
    mgr.log = log or mgr.log
    rest = []
    for name in sorted(mgr.services):
        service = mgr.services[name]
        timed = service.type == "schedule.service"
        if service.type != "core.service" and name != mgr.last and (init_schedule or not timed):
            rest.append(service)
    _start(mgr, rest, _say(mgr, debug, log, debug_log))
    mgr.release()


async def bring_up(self, options):
    """Starts all services, the console's last. Imports nothing on its way: they may take all memory."""
    await boot(**{k: v for k, v in options.items() if k != "init_schedule"})
    init(**options)
    await _settled(self)
    if self.last in self.services:
        for text in _HINTS:
            print(text)
        begin(self, [self.services[self.last]])
    else:
        if not self.services and not self.failed:
            print("no services: put <name>_service.mpy into aioservices/services")
        print("no console; Ctrl-C shuts down")
    release(self)


async def _settled(self):
    """Gives the others a moment to come up, so that their lines stand before the prompt."""
    others = [s for s in self.services.values() if s.name != self.last]
    try:
        await asyncio.wait_for(outcome(self, others), _MOMENT)
    except asyncio.TimeoutError:
        pass
