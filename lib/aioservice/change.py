# What changes the services themselves while the board runs: reload() and patch(). Loaded on use.

import sys

from aiobase import describe, forget, group, is_interrupt, kept_of, names
from aiobase.errors import ServiceError

from .manager import manager
from .starting import _failing
from .verbs import Operation, _back, _drop, _expect, _expected, _halt, _resume, _runs, _still

_ERROR = const(40)  # aiolog's level
# States in which a service is to run, and those in which a new version is because somebody said so meanwhile.
_WANTED = const(("failed", "blocked", "waiting"))
_TOLD = const(("init", "stopped", "masked"))
_KEYS = (
    "args kwargs require want groups schedule restart start_timeout stop_grace stop_timeout "
    "watchdog critical safe loglevel lograte config"
)


def patch(name, cls):
    """Has `cls` stand in for a service that is not loaded yet: the real one is never constructed."""
    from aiobase.text import plain

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
        ran = _runs(mgr, service)
        lists = _expect(mgr, [service.name] if ran or service.state in _WANTED else ())
        coro = _reload(mgr, service, ran, lists)
        return Operation(service, _told(service.name + ".service", coro), "reloading")
    touched = []  # [name, why it goes on as it was or None, whether it is to be up]
    try:  # what stands there now
        coro = _reload_all(mgr, *_read_all(mgr, touched))
    except Exception as e:
        coro = _failed(e)
    made = Operation(None, _told("aioservice", coro), "reloading")
    made.touched = touched
    return made


async def _failed(error):
    raise error


async def _told(name, coro):
    # Nobody may be waiting for the end: what went wrong goes to the journal as well.
    try:
        await coro
    except Exception as e:
        told = describe(e)
        if not told.endswith(": %s" % manager().fault):  # which stands there already
            group().note(_ERROR, name, told)
        raise
    finally:
        manager().release()


def _put_back(module):
    if module is not None:
        full = module.__name__
        sys.modules[full] = module
        parent, _, leaf = full.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], leaf, module)


def _cause(error):
    """An error in one line, with the place in the service's file that it comes from."""
    from aiobase.trace import where

    return describe(error) + where(error)


async def _reload(mgr, old, ran, lists):
    try:
        new = _made(mgr, old)
        keep = await _swap(mgr, new, lists)
        if mgr.services.get(new.name) is not new or new.name not in lists[0]:
            return  # it was unloaded or stopped meanwhile
        await _still(mgr, lists)
        await mgr.outcome(mgr.begin([new]))
        if mgr.services.get(new.name) is not new or new.state in _TOLD:
            await _resume(mgr, lists, keep)  # so somebody said, or another version comes
            return
        if not new.is_up():
            error = _cause(new._fault) if new._fault is not None else new.reason
            if not ran:
                raise ServiceError("reloaded, but %s: %s" % (new.state, error))
            await mgr.stopped([new])
            if mgr.services.get(new.name) is new:
                mgr.services[new.name] = old
                old.refused = new._fault
                _put_back(old.module)
            error = "not reloaded: %s; the version before runs again" % error
            mgr.begin(_expected(mgr, lists), keep)
            raise ServiceError(error)
        mgr.begin(_expected(mgr, lists), keep)
    finally:
        _expected(mgr, lists)


def _made(mgr, old):
    """A service of the file as it is now; raises where there is none, and all stays as it was."""
    from .control import _bring_required
    from .discovery import Finder

    finder = Finder(mgr)
    module = old.module
    if module is not None:
        forget(module.__name__)
    try:
        new = finder.make(old.name)
    except BaseException as e:
        _put_back(module)
        if is_interrupt(e):
            raise
        fault = old.refused = kept_of(e)  # for traceback()
        raise ServiceError("not reloaded: %s; the version before goes on" % _cause(fault))
    _bring_required(finder, [new])
    return new


async def _swap(mgr, new, lists):
    """Has `new` take the place of the one of its name, when that has stopped.

    Returns those of its dependents that are in a series of failures.
    """
    name = new.name
    keep = []
    while name in mgr.services:
        old = mgr.services[name]
        others = _back(mgr, [old])
        for other in others if _runs(mgr, old) or old.state in _WANTED else others[1:]:
            if other.name not in lists[0]:
                lists[0].append(other.name)
        keep = keep or _failing(others[1:])
        await mgr.stopped(_halt(mgr, [old]), None, True)
        if mgr.services.get(name) is old and not old.is_active():
            mgr.services[name] = new
            return keep
    from .discovery import purge

    purge(new, mgr.services)


def _read_all(mgr, touched):
    """Takes over services.config; returns what _reload_all() takes."""
    from .configure import remember
    from .control import _behind
    from .discovery import Finder

    finder = Finder(mgr)
    if finder.fault is not None:
        raise ServiceError(finder.fault)
    fault = remember()
    if fault is not None:
        print(fault)
    changed, off, fresh = _compare(mgr, finder, touched)
    known = finder.known()
    for name in [n for n in mgr.failed if n not in known]:  # its entry or its file is gone
        del mgr.failed[name]
    before = list(mgr.services)  # and what is only to be loaded, as it was stopped
    before.extend([name for lists in mgr.coming for name in lists[1]])
    finder.bring_all()
    _show_failed(mgr)
    told = _coming(mgr)
    leaving = [n for n in mgr.leaving if n in known and n not in told and not _is_off(finder, n)]
    if leaving:
        leaving = _behind(mgr, leaving, leaving, (), False, shown=False)
    if off:
        off = mgr.stop(off)
    back = [s for s in _back(mgr, changed) if s not in changed or _runs(mgr, s)]
    keep = [s for s in _failing(back) if s not in changed]
    fresh.extend([mgr.services[name] for name in mgr.services if name not in before])
    touched.extend([[s.name, None, True] for s in back + fresh])
    touched.extend([[s.name, None, False] for s in changed if s not in back])
    touched.extend([[name, None, True] for name in sorted(mgr.failed)])
    lists = _expect(mgr, [s.name for s in back + fresh])
    return _halt(mgr, back), lists, keep, [each for each in (off, leaving) if each]


def _coming(mgr):
    """The names that words which wait will begin, or load only."""
    return [name for to_begin, to_load in mgr.coming for name in to_begin + to_load]


def _compare(mgr, finder, touched):
    """Gives each service what the settings say now; returns those with other settings, those that are
    disabled now, and those that no longer are."""
    changed, off, fresh = [], [], []
    for name in sorted(set(list(mgr.services) + _coming(mgr))):
        service = mgr.services.get(name)
        if _is_off(finder, name):
            if service is None:
                _drop(mgr, [name])
                mgr.held[name] = "disabled"
            elif name not in mgr.held:  # it was, before
                if service.is_active():
                    touched.append([name, None, False])
                mgr.held[name] = "disabled"
                off.append(service)
        elif service is None:
            if mgr.held.get(name) == "disabled":
                del mgr.held[name]
                _begin_after_all(mgr, name)
        elif name in finder.faults:  # it goes on as it is
            _keep(touched, name, "", finder.faults[name])
        else:
            if mgr.held.get(name) == "disabled":
                del mgr.held[name]
                fresh.append(service)
            try:
                if _take_over(service, finder.anew(service)):
                    changed.append(service)
            except Exception as e:  # its constructor does not take it; it goes on, and so do all others
                _keep(touched, name, "settings not taken: ", e)
    return changed, off, fresh


def _begin_after_all(mgr, name):
    """A later word: what is only to be loaded begins then, too."""
    for to_begin, to_load in mgr.coming:
        if name in to_load:
            to_load.remove(name)
            to_begin.append(name)


def _keep(touched, name, what, fault):
    """Tells that a service goes on with the settings that it has."""
    from .discovery import note

    note(name + ".service", what, fault)
    if what:
        print("%s.service: %s%s" % (name, what, describe(fault)))
    else:
        print(fault)
    touched.append([name, describe(fault) if what else str(fault), True])


def _is_off(finder, name):
    return (finder.settings.get(name) or {}).get("enabled") is False


async def _reload_all(mgr, left, lists, keep, others):
    await mgr.stopped(left, None, True)
    await _resume(mgr, lists, keep)
    for each in others:
        await each


def _show_failed(mgr):
    from .report import line

    for name in sorted(mgr.failed):
        print(line(name))


def _take_over(service, fresh):
    """Gives a service the settings of a fresh instance of it; True if there was a difference."""
    from aioclass.asyncmd import HOOKS, MANAGED

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
