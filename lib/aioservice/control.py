# What a person does to services: load, unload, start, stop, restart, shut down.

import asyncio

from aiobase import describe, names
from aiobase.errors import ServiceError, ServiceNotFound  # noqa: F401 - aioservice has both from here
from aiobase.text import plain

from .manager import manager
from .verbs import Operation, _drop, _expect, _expected, outcome


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
        _begin(mgr, services, chosen, debug, log)
        leaving, chosen, services = before, before, ()
    if leaving:
        _behind(mgr, leaving, chosen, services, name is not None, debug, log)
    elif name is not None:
        _begin(mgr, services, chosen, debug, log)
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
            if mgr.held.get(name) != "disabled":
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
    every = mgr.start(services).every if services else []
    say = teller(True, log, [])
    for name in chosen:
        say(mgr.services.get(name, name))
    if debug:
        from .startup import announce

        asyncio.create_task(announce(mgr, [s for s in every if s not in active], say))


def _behind(mgr, leaving, chosen, services, force, debug=False, log=None, shown=True):
    """Loads and starts what was chosen when what is leaving has left; returns the Operation.

    `chosen`: names, of which `services` are there already; with force also what is disabled.
    """
    lists = _expect(mgr, list(chosen) + [name for name in leaving if name not in chosen])
    for name in leaving:
        mgr.leaving[name].awaited += (lists,)
    coro = _load_later(mgr, lists, chosen, force, debug, log, shown)
    return Operation(mgr.leaving[leaving[0]].service, coro, "starting")


async def _load_later(mgr, lists, chosen, force, debug, log, shown):
    from .discovery import Finder

    while lists[0] or lists[1]:
        ending = [mgr.leaving[name] for name in lists[0] + lists[1] if name in mgr.leaving]
        ending = [each for each in ending if not each.ended.is_set()]
        if ending:
            ending[0].awaited += (lists,)
            await ending[0].ended.wait()
            continue
        _settle(mgr)
        finder = Finder(mgr)
        known = finder.known()
        for name in lists[0] + lists[1]:
            if name in known or name in mgr.services:
                held = mgr.held.get(name)
                finder.bring(name, force and name in chosen)
                if held == "disabled" and name in lists[1] and name in mgr.services:
                    mgr.held[name] = held  # reload() said so meanwhile
            elif name in chosen:
                try:
                    mgr.get(name)  # raises
                except ServiceError as e:
                    print(e)
        more = _bring_required(finder, [mgr.services[name] for name in lists[0] if name in mgr.services])
        finder = None
        if not more:
            break
        lists[0].extend(more)
    _settle(mgr)
    chosen = [name for name in chosen if name in lists[0] and (name in mgr.services or name in mgr.failed)]
    services = _expected(mgr, lists)
    for names_left in lists:
        names_left.clear()  # it waits for nothing any more
    if shown:
        _begin(mgr, services, chosen, debug, log)
    elif services:
        mgr.start(services)
    mgr.release()
    await outcome(mgr, services)


def _settle(mgr):
    """What was unloaded, and has ended, is gone."""
    for name in [name for name in mgr.leaving if mgr.leaving[name].ended.is_set()]:
        del mgr.leaving[name]


def unload(name):
    """Stops a service and forgets it and its module; True. Its name is free at once.

    A pattern leaves out the service that serves the prompt: it has to be named.
    """
    mgr = manager()
    from .report import pick, select

    back = [each for each in pick(name, mgr.leaving) if _drop(mgr, [each], True)]
    if back and "*" not in name:  # a load that waits is taken back
        return True
    chosen = select(name)
    if not (chosen or back):
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
        if not chosen and plain(name) in mgr.leaving:
            return _behind(mgr, [plain(name)], [plain(name)], (), True, shown=False)
        if not chosen:
            found = finder.bring(plain(name), True) if plain(name) in finder.known() else None
            if found is None and plain(name) in mgr.failed:
                error = mgr.failed[plain(name)][1]
                raise ServiceError("%s.service not loaded: %s" % (plain(name), describe(error)))
            chosen = [found or mgr.get(name)]  # get() raises
        leaving = _bring_required(finder, chosen)
        if leaving:
            return _behind(mgr, leaving, [s.name for s in chosen], chosen, True, shown=False)
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
    mgr = manager()
    leaving = mgr.leaving.get(plain(name))
    if leaving is not None and _drop(mgr, [plain(name)]):  # a load that waits starts nothing
        return Operation(leaving.service, leaving.ended.wait(), "stopping")
    return mgr.stop(_spare(name, _select(name)))


def restart(name):
    """Stops a service with those that require it, and brings back exactly those that ran."""
    mgr = manager()
    if plain(name) in mgr.leaving and any([plain(name) in a + b for a, b in mgr.coming]):
        return start(name)  # it is about to be loaded anew
    return mgr.restart(_select(name))


async def shutdown(grace=None):
    """Stops everything, dependents before what they require."""
    await manager().shutdown(grace)
    from aioboot import ask

    ask("ended")
