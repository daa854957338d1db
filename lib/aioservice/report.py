# What people read about services: printed piece by piece, so that a look at forty of them
# builds no strings. The only place with colours; loaded when somebody looks.

import sys

from aiobase import describe, names
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


def one_line(fault):
    """What is kept of an error in one line of bounded length."""
    text = describe(fault)
    return " ".join(text.split("\n")) if "\n" in text else text


def _why(fault):
    """Why a service could not be loaded: of what its own code raises the kind, or which module is missing."""
    from aiobase.errors import ServiceError

    kind = fault[0] if isinstance(fault, tuple) else fault
    return one_line(fault if issubclass(kind, (ServiceError, ImportError)) else kind)


def is_now(service):
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
        put(one_line(service._fault))
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
            put("; attempt %d after %s" % (service.series + 1, one_line(service._fault)))
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
