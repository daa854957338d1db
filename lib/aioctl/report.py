# What people read about tasks: status, results, tracebacks. Loaded when somebody looks.

import sys
import time

from aiobase import describe, group, is_interrupt
from aiobase.fault import _Text, said
from aiobase.text import is_terminal
import aioschedule

from .verbs import select, tasks_match

_GREEN = const("\x1b[92m")
_RED = const("\x1b[91m")
_YELLOW = const("\x1b[93m")
_CYAN = const("\x1b[96m")
_OFF = const("\x1b[0m")
_PAINT = {
    "running": _GREEN,
    "done": _GREEN,
    "stopped": _YELLOW,
    "scheduled": _CYAN,
    "ERROR": _RED,
    "failed": _RED,
    "restarting": _RED,
}
_LINES = const(5)  # of the journal, under the status of a single task
_SHOWN = const(1000)  # characters of what a service's show() tells
_debug = False


def _moment(since):
    """`2026-03-16 11:27:11; 38 s ago` of an uptime."""
    at = aioschedule.get_datetime(time.localtime(aioschedule.wall(since)))
    return "%s; %s ago" % (at, _ago(since))


def _ago(since):
    return aioschedule.tmdelta_fmt(aioschedule.uptime() - since)


def _line(record):
    """(word, rest) of a status line."""
    word = record.status()
    if record._fault is not None and word == "failed":
        word = "ERROR"
    if record.done_at is None:
        since = aioschedule.uptime() if record.since is None else record.since
        rest = "since " + _moment(since)
        service = _service_of(record)
        when = None if service is None else aioschedule.next_run(service.name)
        return word, rest if when is None else rest + "; next run " + when
    fault = record._fault or (record.result if isinstance(record.result, BaseException) else None)
    result = said(record.result) if fault is None else describe(fault)
    return word, "@ %s --> result: %s" % (_moment(record.done_at), result)


def _service_of(record):
    """The service that a record stands for; None for tasks, children too."""
    service = record.service
    return service if service is not None and record.name == service.name + ".service" else None


def status(name=None, log=True, debug=False, indent="    "):
    """Prints a line for each task, or for those that a name or pattern picks.

    With debug (or after `debug()`) all that is known of them follows.
    """
    paint = is_terminal()
    found = select(name)
    for record in found:
        word, rest = _line(record)
        colour = _PAINT.get(word, _YELLOW) if paint else ""
        off = _OFF if paint else ""
        service = _service_of(record)
        if (debug or _debug) and service is not None:
            info = said(" - ", service.info) if service.info else ""
            print("%s●%s %s%s" % (colour, off, record.name, info))
            print("%sLoaded: %s" % (indent, said(service)))
            print("%sActive: status: %s%s%s %s" % (indent, colour, word, off, rest))
        else:
            print("%s●%s %s: status: %s%s%s %s" % (colour, off, record.name, colour, word, off, rest))
        if debug or _debug:
            _details(record, service, indent)
    if name is None and (debug or _debug):
        _strays()
    if log and len(found) == 1 and hasattr(group().log, "put"):
        from aiolog.show import log as show

        show(found[0].name, last=_LINES)


def _details(record, service, indent):
    """All that is known of a task, and of the service and the children behind it."""
    if service is not None:
        _of_service(service, indent)
    mark = indent + "┗━► "
    end = aioschedule.uptime() if record.done_at is None else record.done_at
    if record.since is not None:
        print("%sruntime: %s" % (mark, aioschedule.tmdelta_fmt(end - record.since)))
    print("%sargs: %s" % (mark, said(tuple(record.args))))
    print("%skwargs: %s" % (mark, said({k: _short(v) for k, v in record.kwargs.items()})))
    if record._fault is not None:
        from aioschedule.format import past

        when = past(record._fault) if record.done_at is None else None
        print("%straceback%s:" % (mark, " of a failure " + when if when else ""))
        from aiobase.trace import lines

        for line in lines(record._fault):
            print(indent + "    " + line)


def _short(value):
    """A function as its name alone: it would show all that it is bound to."""
    return "%s()" % getattr(value, "__name__", "?") if callable(value) else value


def _of_service(service, indent):
    print("%sType: %s" % (indent, service.type))
    if service.docs:
        print("%sDocs: %s" % (indent, said(service.docs)))
    if hasattr(service, "show"):
        try:
            shown = service.show()
            if isinstance(shown, tuple):
                shown = ": ".join([str(part) for part in shown])
            if not isinstance(shown, str) or len(shown) > _SHOWN:
                text = _Text(_SHOWN)
                try:
                    print(shown, end="", file=text)
                except EOFError:
                    pass
                shown = text.text()
        except BaseException as e:  # an author's fault must not hide the rest
            if is_interrupt(e):
                raise
            shown = "show(): " + describe(e)
        print(indent + shown)
    children = service.children()
    if children:
        print("%sCTasks: %d" % (indent, len(children)))
        for name, child in sorted([(child.name, child) for child in children]):
            word, rest = _line(child)
            print("%s    ┗━► %s: status: %s %s" % (indent, name, word, rest))


def result(name=None):
    """The result of a task that ended, which is the error of one that failed; None while it runs.

    A pattern with `*` prints each one's; no name prints all.
    """
    if name is None:
        return result_all()
    if "*" in name:
        for each in tasks_match(name):
            print("%s --> %s" % (each, said(result(each))))
        return None
    for record in select(name):
        return _result(record)


def _result(record):
    # A service that runs again still has the error of its last failure.
    if record.status() in ("running", "starting", "waiting", "stopping"):
        return None
    return record.error if record.result is None else record.result


def result_all(as_dict=False):
    """Prints the results of all tasks, or returns {name: result}."""
    found = {record.name: _result(record) for record in select(None)}
    if as_dict:
        return found
    for name in sorted(found):
        print("%s --> %s" % (name, said(found[name])))


def traceback(name=None, rtn=False, indent="", file=None):
    """Prints the tracebacks of tasks that failed; with rtn tells whether there is one.

    Of a service's series of failures the first one and the last, with their numbers.
    """
    failed = [record for record in select(name) if record._fault is not None]
    if rtn:
        return bool(failed)
    from aiobase.trace import put

    for record in failed:
        put(lambda text: print(text, end="", file=file or sys.stdout), record.name, record._fault,
            _service_of(record), indent)


def debug():
    """Turns the debug mode of `status` on, or off again; on it also counts the tasks that are nobody's."""
    global _debug
    _debug = not _debug
    print("debug mode: %s" % _debug)
    if _debug:
        _strays()


def _strays():
    from .others import others

    found = others()
    if found:
        text = ", ".join(["%d %s" % (found[name], name) for name in sorted(found)])
        print("%d tasks are nobody's: %s" % (sum(found.values()), text))
