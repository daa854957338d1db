# What changes the services themselves while the board runs: reload() and patch(). Loaded on use.

import sys

from aioclass_errors import ServiceError
from aioctl.core import describe, group, is_interrupt, kept_of

from .manager import manager, names
from .starting import _failing
from .verbs import operation

_ERROR = const(40)  # aiolog's level
_KEYS = (
    "args kwargs require want groups schedule restart start_timeout stop_grace stop_timeout "
    "watchdog critical safe loglevel lograte config"
)


def patch(name, cls):
    """Has `cls` stand in for a service that is not loaded yet: the real one is never constructed."""
    from aioctl.text import plain

    mgr = manager()
    name = plain(name)
    if name in mgr.services:
        raise ServiceError("%s.service is loaded already; unload it first" % name)
    patches = dict(mgr.patches)
    patches[name] = cls
    mgr.patches = patches


def reload(name=None):
    """Imports a service's file anew and restarts it; when that fails, the version that ran goes on.

    None: reads services.config anew, and restarts what changed in it. May be awaited for
    the end; then it raises what went wrong.
    """
    mgr = manager()
    if name is not None:
        service = mgr.get(name)
        return operation(service, _told(service.name + ".service", _reload(mgr, service)), "reloading")
    touched = []  # [name, why it goes on as it was or None, whether it is to be up]
    made = operation(None, _told("aioservice", _reload_all(mgr, touched)), "reloading")
    made.touched = touched
    return made


async def _told(name, coro):
    # Nobody may be waiting for the end: what went wrong goes to the journal as well.
    try:
        await coro
    except Exception as e:
        told = describe(e)
        if not told.endswith(": %s" % manager().fault):  # which stands there already
            group().note(_ERROR, name, told)
        raise


def _put_back(module):
    if module is not None:
        full = module.__name__
        sys.modules[full] = module
        parent, _, leaf = full.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], leaf, module)


def _cause(error):
    """An error in one line, with the place in the service's file that it comes from."""
    from aioctl.trace import where

    return describe(error) + where(error)


async def _reload(mgr, old):
    from .control import _bring_required
    from .discovery import Finder, give_back

    name = old.name
    finder = Finder(mgr)
    module = old.module
    if module is not None:
        give_back(module.__name__)
    try:
        new = finder.make(name)
    except BaseException as e:
        _put_back(module)
        if is_interrupt(e):
            raise
        fault = old.refused = kept_of(e)  # for traceback()
        raise ServiceError("not reloaded: %s; the version before goes on" % _cause(fault))
    _bring_required(finder, [new])
    finder = None
    ran = old.is_active()
    wanted = ran or old.state in ("failed", "blocked", "waiting")
    shutdowns = mgr.shutdowns
    others = [s for s in mgr.dependents([old]) if s is not old]
    keep = _failing(others)
    await mgr.stopped([old] + others)
    mgr.services[name] = new
    if not wanted or mgr.shutdowns != shutdowns:
        return
    await mgr.outcome(mgr.begin([new]))
    if not new.is_up():
        error = _cause(new._fault) if new._fault is not None else new.reason
        if not ran:
            raise ServiceError("reloaded, but %s: %s" % (new.state, error))
        await mgr.stopped([new])
        mgr.services[name] = old
        old.refused = new._fault
        _put_back(module)
        mgr.begin([old] + others, keep)
        raise ServiceError("not reloaded: %s; the version before runs again" % error)
    mgr.begin(others, keep)


async def _reload_all(mgr, touched):
    from .configure import remember
    from .discovery import Finder, note

    finder = Finder(mgr)
    if finder.fault is not None:
        raise ServiceError(finder.fault)
    fault = remember()
    if fault is not None:
        print(fault)
    changed = []
    for name in sorted(mgr.services):
        service = mgr.services[name]
        if finder.settings.get(name, {}).get("enabled") is False:
            if service.is_active():
                touched.append([name, None, False])
            mgr.held[name] = "disabled"
            mgr.stop([service])
        elif name in finder.faults:  # it goes on as it is
            note(name + ".service", "", finder.faults[name])
            print(finder.faults[name])
            touched.append([name, str(finder.faults[name]), True])
        elif _take_over(service, finder.anew(service)):
            changed.append(service)
    known = finder.known()
    for name in [n for n in mgr.failed if n not in known]:  # its entry or its file is gone
        del mgr.failed[name]
    finder.bring_all()
    _show_failed(mgr)
    back = [s for s in mgr.dependents(changed) if s.is_active()]
    keep = [s for s in _failing(back) if s not in changed]
    fresh = [s for s in mgr.services.values() if s.state == "init"]
    touched.extend([[s.name, None, True] for s in back + fresh])
    touched.extend([[s.name, None, False] for s in changed if s not in back])
    touched.extend([[name, None, True] for name in sorted(mgr.failed)])
    await mgr.stopped(list(back))
    await mgr.outcome(mgr.begin(back + fresh, keep))


def _show_failed(mgr):
    from .report import line

    for name in sorted(mgr.failed):
        print(line(name))


def _take_over(service, fresh):
    """Gives a service the settings of a fresh instance of it; True if there was a difference."""
    from aioclass_asyncmd import HOOKS, MANAGED

    hidden = HOOKS + MANAGED  # not settings, but what an asyncmd service has there

    different = False
    for key in _KEYS.split():
        old, new = getattr(service, key, False), getattr(fresh, key, False)  # Service has no lograte
        if key == "kwargs":
            old = {k: old[k] for k in old if k not in hidden}
            new = {k: new[k] for k in new if k not in hidden}
        elif key == "want":  # those that would be a cycle were taken out
            new = [n for n in names(new) if n in names(old)] if set(names(old)) <= set(names(new)) else new
            old, new = list(names(old)), list(names(new))
        if old != new:
            different = True
            if key == "kwargs":
                kept = {k: service.kwargs[k] for k in service.kwargs if k in hidden}
                kept.update(new)
                new = kept
            setattr(service, key, new)
            if key.startswith("log") and "log" in service.__dict__ and hasattr(service.log, "rate"):
                del service.log  # to be made anew when it is used
            service.special = service.special or fresh.special
    return different
