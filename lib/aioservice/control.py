# What a person does to services: load, unload, start, stop, restart, shut down.

import asyncio

from aioclass_errors import ServiceError, ServiceNotFound  # noqa: F401 - aioservice has both from here
from aioctl.core import describe
from aioctl.text import plain

from .manager import manager, names
from .verbs import operation


def service(name):
    """The instance of a service; raises ServiceNotFound, which names what exists."""
    chosen = _select(name)
    if len(chosen) > 1:
        raise ValueError("%s stands for %s: name one" % (name, ", ".join([s.name for s in chosen])))
    return chosen[0]


def _select(name):
    """The services that a name or a pattern with `*` stands for; at least one."""
    mgr = manager()
    if "*" in name:
        from .report import pick

        found = [mgr.services[n] for n in pick(name, mgr.services)]
        if found:
            return found
    return [mgr.get(name)]


def _choose(mgr, finder, name):
    """Imports what load() is to load; the names of it."""
    if name is None:
        before = [n for n in mgr.services if mgr.services[n].state != "init"]
        finder.bring_all()
        return [n for n in sorted(list(mgr.services) + list(mgr.failed)) if n not in before]
    every = set(finder.known())
    every.update(mgr.services)
    if "*" in name:
        from .report import pick

        chosen = pick(name, every)
    else:
        chosen = [plain(name)] if plain(name) in every else []
    if not chosen:
        mgr.get(name)  # raises
    for each in chosen:
        finder.bring(each, True)
    return chosen


def load(name=None, debug=False, log=None, debug_log=False, config=False):
    """Loads and starts one service with the enabled services it requires, and prints its line.

    None: every enabled service that is not loaded yet. With debug the lines of those that
    come along are printed too, as they come up, and what its own line has become. The
    settings as they are in services.config apply, whatever `config` says. A service that
    is just being unloaded is loaded again when its cleanup has ended.
    """
    from .discovery import Finder

    mgr = manager()
    mgr.log = log or mgr.log
    finder = Finder(mgr)
    before = list(mgr.leaving)
    chosen = _choose(mgr, finder, name)
    services = [mgr.services[n] for n in chosen if n in mgr.services]
    log = log if debug_log else None
    # What is to be loaded, or what it requires, may be just leaving.
    leaving = [n for n in chosen if n in before] + _bring_required(finder, services)
    if name is None:
        leaving = before
    if leaving:
        operation(mgr.leaving[leaving[0]].service, _load_later(mgr, leaving, name, debug, log), "starting")
    if name is None or not leaving:
        _begin(mgr, services, [n for n in chosen if n not in before], debug, log)
    finder = None
    mgr.release()


def _bring_required(finder, services):
    """Imports what services require, as far as that is enabled; returns the names that are leaving."""
    mgr = finder.manager
    leaving = []
    every = None
    todo = [name for service in services for name in names(service.require)]
    for name in todo:  # grows while it is walked
        found = mgr.services.get(name)
        if found is None and name in mgr.leaving:
            leaving.append(name)
        elif found is None and mgr.held.get(name) != "excluded":
            every = every or finder.known()
            if name in every:
                found = finder.bring(name)
        if found is not None:
            todo.extend([n for n in names(found.require) if n not in todo])
    return leaving


def _begin(mgr, services, chosen, debug, log):
    """Starts what was loaded, and what waits for it; prints the lines."""
    from .report import teller

    active = [s for s in mgr.services.values() if s.is_active()]
    every = mgr.begin(services) if services else []
    if any([s in every for s in active]):
        mgr.start(services)  # one that is about to stop begins again behind that
    say = teller(True, log, [])
    for name in chosen:
        say(mgr.services.get(name, name))
    if debug:
        from .startup import announce

        asyncio.create_task(announce(mgr, [s for s in every if s not in active], say))


async def _load_later(mgr, leaving, name, debug, log):
    for each in leaving:
        if each in mgr.leaving:
            await mgr.leaving[each]
    try:
        load(name, debug, log, log is not None)
    except ServiceError as e:
        print(e)


def unload(name):
    """Stops a service and forgets it and its module; True. Its name is free at once.

    A pattern leaves out the service that serves the prompt: it has to be named.
    """
    mgr = manager()
    from .report import select

    chosen = select(name)
    if not chosen:
        mgr.get(name)  # raises
    for each in _spare(name, [mgr.services.get(each, each) for each in chosen]):
        if not isinstance(each, str):
            mgr.forget(each)
        else:
            del mgr.failed[each]
    mgr.release()
    return True


def start(name):
    """Starts a service and what it requires; what is not loaded is loaded first."""
    mgr = manager()
    if "*" in name or plain(name) in mgr.services:
        chosen = _select(name)
    else:
        chosen = []
    if not chosen or _lacks(mgr, chosen):
        from .discovery import Finder

        finder = Finder(mgr)
        if not chosen:
            found = finder.bring(plain(name), True) if plain(name) in finder.known() else None
            if found is None and plain(name) in mgr.failed:
                error = mgr.failed[plain(name)][1]
                raise ServiceError("%s.service not loaded: %s" % (plain(name), describe(error)))
            chosen = [found or mgr.get(name)]  # get() raises
        _bring_required(finder, chosen)
    return mgr.start(chosen)


def _lacks(mgr, services):
    """Whether something that these services require is not loaded."""
    seen = list(services)
    for each in seen:  # grows while it is walked
        for name in names(each.require):
            other = mgr.services.get(name)
            if other is None:
                return True
            if other not in seen:
                seen.append(other)
    return False


def _spare(name, chosen):
    """What a name or pattern chose, without the service of the prompt if that was not meant."""
    others = [each for each in chosen if not getattr(each, "prompt", False)]
    if "*" not in name or not others or len(others) == len(chosen):
        return chosen
    print("The service of the prompt stays: it has to be named to be stopped.")
    return others


def stop(name):
    """Stops a service, after those that require it. The returned object may be awaited.

    A pattern leaves out the service that serves the prompt: it has to be named.
    """
    return manager().stop(_spare(name, _select(name)))


def restart(name):
    """Stops a service with those that require it, and brings back exactly those that ran."""
    return manager().restart(_select(name))


async def shutdown(grace=None):
    """Stops everything, dependents before what they require."""
    await manager().shutdown(grace)
    from .masks import _guard

    _guard("ended")
