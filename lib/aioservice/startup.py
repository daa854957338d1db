# boot() and init(): the two ways in which a board brings all its services up.
# Given back when all is up.

import asyncio
import gc

from aiobase import forget

from .manager import manager
from .starting import decided


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
    # The settings first: a small heap has room for what reads them, or for what finds services.
    settings = __import__("aioservice.settings", None, None, ("given",)).given(mgr) if config else ()
    forget("aioservice.settings")
    gc.collect()  # what stays is then made where these were
    from .discovery import Finder

    Finder(mgr, settings).bring_all(groups, exclude)
    mgr.found = [given, sorted(mgr.failed)]
    forget("aioservice.discovery")
    gc.collect()
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
