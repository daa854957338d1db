# What is told of services beyond their line: snapshots for tools, and tracebacks. Apart from report.py, so
# that a look at the lines takes less.

import io
import json
import sys

from aiobase import names
import aioschedule

from .manager import manager
from .report import is_now, one_line, select


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
            over = service is not None and not is_now(service) and past(fault)
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
    if fault is not None and is_now(service):
        found["error"] = one_line(fault)
    elif fault is not None:
        found["last_error"] = one_line(fault)
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


def _carried():
    """What svctl wrote down of the files that it brought; None where it did not, or that is damaged."""
    try:
        with open("version.json") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def snapshot():
    """Plain dicts and lists, ready for JSON: all that a tool needs to know.

    While aioctl.profile(True) is on, `profile` are the figures of aioctl.profiler.
    """
    mgr = manager()
    services = [entry(mgr.services[name]) for name in sorted(mgr.services)]
    found = {
        "uptime": aioschedule.uptime(),
        "carries": _carried(),
        "services": services,
        "failed": {name: one_line(mgr.failed[name][1]) for name in mgr.failed},
        "held": dict(mgr.held),
        "fault": mgr.fault,
    }
    profiler = sys.modules.get("aioctl.profiler")
    if profiler is not None:
        found["profile"] = profiler.figures()
    return found
