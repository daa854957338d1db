# What people read about services: printed piece by piece, so that a look at forty of them
# builds no strings. The only place with colours; loaded when somebody looks.

import io
import sys

from aiobase import describe, names
from aiobase.errors import ServiceError
from aiobase.text import is_terminal, match, plain
import aioschedule

from .manager import manager

_GREEN = const("\x1b[92m")
_RED = const("\x1b[91m")
_YELLOW = const("\x1b[93m")
_OFF = const("\x1b[0m")
# state -> what stands in the brackets, and its colour; every other state is OK
_TAGS = {
    "failed": ("FAIL", _RED),
    "restarting": ("FAIL", _RED),
    "waiting": ("WAIT", _YELLOW),
    "blocked": ("WAIT", _YELLOW),
    "masked": ("MASK", _YELLOW),
}


# States in which a service works, so that a failed requirement matters to it.
_WORKS = ("starting", "running", "done", "scheduled")


def said(value):
    # Not imported with this: most looks tell of no failure.
    return __import__("aiobase.fault", None, None, ("said",)).said(value)


def _said(fault):
    """What is kept of an error in one line of bounded length."""
    text = describe(fault)
    return " ".join(text.split("\n")) if "\n" in text else text


def _why(fault):
    """Why a service could not be loaded: of what its own code raises the kind, or which module is missing."""
    kind = fault[0] if isinstance(fault, tuple) else fault
    return _said(fault if issubclass(kind, (ServiceError, ImportError)) else kind)


def _is_now(service):
    """Whether its last failure is what it suffers from, and not one before."""
    state = service.state
    if state == "starting":
        return service.series > 0 and not service.is_up()
    return state in ("failed", "restarting")


def _write_line(put, service, colour):
    """Puts the pieces of a status line of a service, or of a name that could not be loaded."""
    loaded = not isinstance(service, str)
    word, paint = _TAGS.get(service.state, ("OK", _GREEN)) if loaded else ("ERROR", _RED)
    put("[ ")
    if colour:
        put(paint)
    put(word)
    if colour:
        put(_OFF)
    put(" ] Service: ")
    if not loaded:
        path, fault = manager().failed[service]
        put(service)
        put(".service from ")
        put(path)
        put(" not loaded: Error: ")
        put(_why(fault))
        return
    put(service.name)
    put(".service from ")
    file = getattr(service.module, "__file__", "?")
    if file[0] not in "/.":
        put("./")
    put(file)
    put(" ")
    _write_state(put, service)


def _write_state(put, service):
    state = service.state
    if state in ("failed", "restarting"):
        put("failed: ")
        put(_said(service._fault))
        if state == "restarting":
            left = service.since + service.delay - aioschedule.uptime()
            put("; restart in %d s" % max(0, left))
    elif state in ("blocked", "waiting", "masked"):
        put(state)
        put(": ")
        put(service.reason or "")
    else:
        put("loaded")
        if service.series and state in ("starting", "running") and not service.is_up():
            put("; attempt %d after %s" % (service.series + 1, _said(service._fault)))
        if service.require and state in _WORKS:
            for name in sorted(names(service.require)):
                other = manager().services.get(name)
                if other is None or not other.is_up():
                    put("; requires %s (%s)" % (name, "not loaded" if other is None else other.state))


def line(service, colour=None):
    """The status line of a service, or of the name of one that could not be loaded."""
    pieces = []
    _write_line(pieces.append, service, is_terminal() if colour is None else colour)
    return "".join(pieces)


def teller(shown, log, said=None):
    """A function that prints the line of a service if shown, and writes it to log if there is one.

    It takes the name of one that could not be loaded too, and any other text as it is.
    With a list `said` it does not say again what it said.
    """

    def say(subject):
        as_it_is = isinstance(subject, str) and subject not in manager().failed
        text = subject if as_it_is else line(subject, False)
        if said is not None:
            if text in said:
                return
            said.append(text)
        if shown:
            print(text if as_it_is else line(subject))
        if log is not None:
            log.info(text)

    return say


def pick(pattern, every):
    """The sorted ones of these names that a name, or a pattern with `*`, stands for."""
    pattern = plain(pattern)
    return [name for name in sorted(every) if match(pattern, name) or match(pattern, name + ".service")]


def select(name):
    """The sorted names that a name or pattern (None: all) stands for, loaded or not."""
    mgr = manager()
    every = list(mgr.services) + [n for n in mgr.failed if n not in mgr.services]
    if name is None:
        return sorted(every)
    found = pick(name, every)
    if not found and "*" not in name:
        mgr.get(name)  # raises, and names what exists
    return found


def status(name=None):
    """Prints one line a service; a name, or a pattern with `*`, picks some.

    The line of one that is named says when it runs next, if it is in the schedule.
    """
    mgr = manager()
    put = sys.stdout.write
    if mgr.fault is not None and name is None:
        print(mgr.fault)
    colour = is_terminal()
    for each in select(name):
        service = mgr.services.get(each, each)
        _write_line(put, service, colour)
        when = None if name is None or "*" in name else aioschedule.next_run(each)
        if when is not None:
            put("; next run ")
            put(when)
        put("\n")


def list_():
    """Prints the repr of each loaded service, one a line."""
    services = manager().services
    for name in sorted(services):
        print(said(services[name]))


def _faults(name):
    """(what is kept of its last failure, or of its load; what reload() did not take; the service)."""
    service = manager().services.get(name)
    if service is None:
        return manager().failed[name][1], None, None
    return service._fault, getattr(service, "refused", None), service


def trace(name):
    """The lines of the traceback with which a service failed, or could not be loaded."""
    from aiobase.trace import lines

    fault = _faults(name)[0]
    return () if fault is None else lines(fault)


def traceback(name, rtn=False):
    """Prints the traceback of a service's load or run failure; with rtn returns it as text.

    Of a series of failures the first one and the last, with their numbers. What reload() did not
    take comes behind that of the version that runs.
    """
    from aiobase.trace import put
    from aioschedule.format import past

    out = io.StringIO() if rtn else sys.stdout
    for each in select(name):
        fault, refused, service = _faults(each)
        if fault is not None:
            over = service is not None and not _is_now(service) and past(fault)
            put(out.write, each, fault, service)
            if over:
                out.write("(that was %s)\n" % over)
        if refused is not None:
            put(out.write, each, refused, None, "", " (of the version that was not reloaded)")
    return out.getvalue() if rtn else None


def entry(service):
    """What a snapshot says of a service."""
    name = service.name
    found = {"name": name, "type": service.type[:-8], "state": service.state, "since": service.since}
    found["took"] = service.took
    if service.restarts:
        found["restarts"] = service.restarts
    if service.reason:
        found["reason"] = service.reason
    fault = service._fault
    if fault is not None and _is_now(service):
        found["error"] = _said(fault)
    elif fault is not None:
        found["last_error"] = _said(fault)
        found["failed_at"] = fault[3] if isinstance(fault, tuple) else None
    if service.require:
        found["require"] = sorted(names(service.require))
    if service.want:
        found["want"] = sorted(names(service.want))
    heap = getattr(manager(), "heap", None)
    if heap is not None:
        found["heap"] = heap.get(name)
    if service._armed:
        found["next"] = aioschedule.next_due(name)
        timer = aioschedule.timers.info(name)
        if timer is not None and timer.skipped:
            found["skipped"] = timer.skipped
    return found


def snapshot():
    """Plain dicts and lists, ready for JSON: all that a tool needs to know.

    While aioctl.profile(True) is on, `profile` are the figures of aioctl.profiler.
    """
    mgr = manager()
    services = [entry(mgr.services[name]) for name in sorted(mgr.services)]
    found = {
        "uptime": aioschedule.uptime(),
        "services": services,
        "failed": {name: _said(mgr.failed[name][1]) for name in mgr.failed},
        "held": dict(mgr.held),
        "fault": mgr.fault,
    }
    profiler = sys.modules.get("aioctl.profiler")
    if profiler is not None:
        found["profile"] = profiler.figures()
    return found
