# mask(), unmask(), last_boot() and resume(): what people do about services that end boots.

import sys

from aiobase.text import plain
from aioboot import ask
from aioboot.kept import read, save

from .manager import manager
from .verbs import Operation, _drop, _halt

_SAFE = const("held by safe mode")
_CAUSES = ("unknown", "power-on", "reset", "watchdog", "deep sleep", "soft reset")


def _known(name, masked):
    """The plain name of a service that exists; raises ServiceNotFound."""
    from .discovery import base, files

    mgr = manager()
    plain_name = plain(name)
    if plain_name not in masked and base(plain_name) not in files() and plain_name not in mgr.failed:
        return mgr.get(name).name  # raises
    return plain_name


def _saved(kept):
    fault = save(kept)
    manager().release()
    if fault is not None:
        print("not saved: " + fault)
    return fault is None


def mask(name):
    """Stops a service and holds it back for good, until unmask(); True if that could be saved."""
    mgr = manager()
    kept = read()
    masked = kept.setdefault("masked", {})
    name = _known(name, masked)
    _drop(mgr, [name])
    service = mgr.services.get(name)
    if name in masked and service is not None and service.state == "masked":
        return True
    why = masked.setdefault(name, "by hand")
    if name in mgr.failed:
        from .safemode import make

        mgr.services[name] = make(name, mgr.failed.pop(name)[0], why)
    elif service is not None:
        if service.is_active():
            mgr.held[name] = "masked"  # nobody starts it between its end and its being held
            Operation(service, _stop(mgr, name, why, _halt(mgr, [service])), "stopping")
        else:
            _hold(service, why)
    return _saved(kept)


async def _stop(mgr, name, why, left):
    await mgr.stopped(left, None, True)
    service = mgr.services.get(name)  # unless it was unloaded, or another version of it
    if mgr.held.get(name) == "masked":
        del mgr.held[name]
    if service is None or service.is_active() or service.state == "masked":
        return
    if name in read().get("masked", {}):  # else it was unmasked meanwhile
        _hold(service, why)


def _hold(service, why):
    service.reason = why
    service.move("masked")


def unmask(name):
    """Lets a masked service go; True if that could be saved. load() or start() brings it up."""
    mgr = manager()
    kept = read()
    masked = kept.get("masked", {})
    name = _known(name, masked)
    masked.pop(name, None)
    if name in mgr.services:  # its stop may not have ended
        mgr.held.pop(name, None)
    kept.get("blame", {}).pop(name, None)
    if kept.get("who") == name:
        del kept["who"]
    service = mgr.services.get(name)
    if service is not None and service.state == "masked":
        del service.reason
        if type(service).__name__ == "Service":  # one that stands in
            del mgr.services[name]
            mgr.held[name] = "not loaded"
        service.move("init")
    return _saved(kept)


def resume():
    """Leaves safe mode: loads and starts what it held back, and prints the lines."""
    mgr = manager()
    if ask("safe"):
        ask("leave")
        for name in [n for n in mgr.held if mgr.held[n] == _SAFE]:
            del mgr.held[name]
        from .control import load

        load()
    else:
        print("this is no safe mode")


def last_boot():
    """What the last boot ended with: a dict, of which what is not known is None.

    `cause` of the reset; `service` to blame, `why`, its `traceback` and the last lines of the
    journal, `log`; `failed`, whether that boot did not last; `safe`, whether this one is in safe mode.
    """
    import machine

    kept = read()
    crumb, failed, told = ask("blame")
    note = {}
    if ask("in_memory"):
        note = kept.get("note", {}) if told else {}
        if not crumb or ask("code", note.get("service") or "") != crumb:
            note = {"service": _name_of(crumb, kept)}
    elif machine.reset_cause() not in (machine.PWRON_RESET, getattr(machine, "DEEPSLEEP_RESET", 0)):
        note = kept.get("last") or {}
        failed = kept.get("n", 0) > 0
    number = machine.reset_cause()
    found = {key: note.get(key) for key in ("service", "why", "traceback", "log")}
    if "aioswitch" in sys.modules:  # a deploy that was undone
        found["why"] = sys.modules["aioswitch"].why or found["why"]
    found["cause"] = _CAUSES[number] if 0 < number < len(_CAUSES) else _CAUSES[0]
    found["failed"] = failed
    found["safe"] = ask("safe")
    manager().release()
    return found


def _name_of(crumb, kept):
    if not crumb:
        return None
    from .discovery import Finder

    names = list(manager().services) + Finder(manager()).known() + list(kept.get("masked", {}))
    for name in names:
        if ask("code", name) == crumb:
            return name
    return None
