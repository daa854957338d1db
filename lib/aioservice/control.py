# What a person does to services: load, unload, start, stop, restart, shut down.

from aioctl.text import match

from .manager import Operation, manager, release
from .verbs import plain


def service(name):
    """The instance of a service; raises ServiceNotFound, which names what exists."""
    return manager().get(name)


def _select(name):
    """The services that a name or a pattern with `*` stands for."""
    mgr = manager()
    if "*" not in name:
        return [mgr.get(name)]
    return [mgr.services[n] for n in sorted(mgr.services) if match(plain(name), n)]


def load(name=None, debug=False, log=None, debug_log=False, config=False):
    """Loads and starts one service with the enabled services it requires, and prints its line.

    None: every enabled service that is not loaded yet. The settings as they are in
    services.config apply, whatever `config` says. A service that is just being unloaded
    is loaded again when its cleanup has ended.
    """
    from .discovery import Finder

    mgr = manager()
    mgr.log = log or mgr.log
    finder = Finder(mgr)
    if name is None:
        before = set(mgr.services)
        finder.bring_all()
        chosen = sorted((set(mgr.services) | set(mgr.failed)) - before)
    else:
        name = plain(name)
        if name in mgr.leaving:
            Operation(mgr.leaving[name].service, _load_later(name, log, debug_log), "starting")
            return
        if name not in mgr.services and name not in finder.known():
            mgr.get(name)  # raises
        finder.bring(name, True)
        chosen = [name]
    for each in chosen:
        if each in mgr.services:
            finder.bring_required(mgr.services[each])
    mgr.begin([mgr.services[n] for n in chosen if n in mgr.services])
    _show(chosen, log if debug_log else None)
    release()


async def _load_later(name, log, debug_log):
    await manager().leaving[name]
    load(name, log=log, debug_log=debug_log)


def _show(names, log):
    from .report import line

    mgr = manager()
    for name in names:
        subject = mgr.services.get(name, name)
        print(line(subject))
        if log is not None:
            log.info(line(subject, False))


def unload(name):
    """Stops a service and forgets it and its module; True. Its name is free at once."""
    mgr = manager()
    if plain(name) in mgr.failed:
        del mgr.failed[plain(name)]
        return True
    for each in _select(name):
        mgr.forget(each)
    return True


def start(name):
    """Starts a service and what it requires; one that is not loaded is loaded first."""
    mgr = manager()
    if "*" not in name and plain(name) not in mgr.services:
        from .discovery import Finder

        finder = Finder(mgr)
        found = finder.bring(plain(name), True) if plain(name) in finder.known() else None
        if found is None:
            if plain(name) in mgr.failed:
                raise mgr.failed[plain(name)][1]
            mgr.get(name)  # raises
        finder.bring_required(found)
    return mgr.start(_select(name))


def stop(name):
    """Stops a service, after those that require it. The returned object may be awaited."""
    return manager().stop(_select(name))


def restart(name):
    """Stops a service with those that require it, and brings back exactly those that ran."""
    return manager().restart(_select(name))


async def shutdown(grace=None):
    """Stops everything, dependents before what they require."""
    mgr = manager()
    mgr.shutdowns += 1
    services = [mgr.services[n] for n in sorted(mgr.services)]
    if services:
        await mgr.stop(services, grace)
    if mgr.quit is not None:
        mgr.quit.set()
