# boot() and init(): the two ways in which a board brings all its services up.

import asyncio

from .manager import decided, manager, release


def _find(config, groups, exclude):
    """(manager, names that could not be loaded): discovers the services, the first time."""
    mgr = manager()
    if mgr.found:
        return mgr, []
    from .discovery import Finder

    Finder(mgr, config).bring_all(groups, exclude)
    mgr.found = True
    return mgr, sorted(mgr.failed)


def _say(mgr, failed, debug, log, debug_log):
    """Reports what could not be loaded; returns a function that reports a service."""
    if not debug and (log is None or not debug_log):
        return None
    from .report import line

    def say(service):
        if debug:
            print(line(service))
        if log is not None and debug_log:
            log.info(line(service, False))

    for name in failed:
        say(name)
    if mgr.fault is not None and debug:
        print(mgr.fault)
    return say


async def _follow(mgr, services, say):
    """Reports each service as it has its first outcome."""
    services = list(services)
    while services:
        for service in [s for s in services if decided(s)]:
            services.remove(service)
            say(service)
        if services:
            await mgr.change()


def _of_type(mgr, types):
    return [mgr.services[name] for name in sorted(mgr.services) if mgr.services[name].type in types]


async def boot(debug=True, log=None, debug_log=False, config=True, groups=None, exclude=None):
    """Starts the core services, and what they require, as their requirements allow.

    Returns when each had its first outcome: True if all are up. Retries go on behind it.
    """
    mgr, failed = _find(config, groups, exclude)
    mgr.log = log or mgr.log
    core = _of_type(mgr, ("core.service",))
    say = _say(mgr, failed, debug, log, debug_log)
    every = mgr.begin(core)
    if say is not None:
        asyncio.create_task(_follow(mgr, every, say))
    await mgr.outcome(every)
    return all([s.is_up() for s in every])


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
    written there. `init_schedule=False` leaves the schedule services out.
    """
    mgr, failed = _find(config, groups, exclude)
    mgr.log = log or mgr.log
    types = ("runtime.service", "schedule.service") if init_schedule else ("runtime.service",)
    rest = [s for s in _of_type(mgr, types) if s.name != mgr.last and s.state == "init"]
    say = _say(mgr, failed, debug, log, debug_log)
    done = [s for s in mgr.services.values() if s.state != "init"]
    every = mgr.begin(rest)
    if say is not None:
        asyncio.create_task(_follow(mgr, [s for s in every if s not in done], say))
    release()
