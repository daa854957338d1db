# What services take of the heap, for blame(), and when they came up, to the millisecond: measured where
# _boot.blame says so, since it takes two collections an import and two a step of each setup(), and memory
# for the times. Without it nothing of this is loaded.

import gc

from aiobase import is_awaitable
import aioschedule

_MOST = const(14)  # entries of a list of times: its import, and six changes of state


def _now():
    return aioschedule.uptime() * 1000 + aioschedule.clock[1]


def _used():
    gc.collect()
    return gc.mem_alloc()


def measured(mgr, make):
    """A function like `make`, which also notes what each service takes, in `mgr.heap`.

    That is {name: [bytes of its import, bytes of its setup() or None]}, exact to about 100 B, as
    stacks hold on to garbage for a while. What several services import is counted for the first.

    `mgr.times` is {name: [uptime at the begin of its import, ms that took, uptime of its first change of
    state, that state, of the second, …]}, in ms, for the first few changes.
    """
    import aioclass.asyncmd  # noqa: F401 - it would be counted for the first service

    if not hasattr(mgr, "heap"):
        mgr.heap = {}
        mgr.times = {}
        _follow(mgr, mgr.changed)

    def make_measured(name):
        before = _used()
        begin = _now()
        service = make(name)
        mgr.times[name] = [begin, _now() - begin]
        figures = mgr.heap[name] = [_used() - before, None]
        if service.setup is not None and not hasattr(service.task, "function"):
            service.setup = _once(service, service.setup, figures)
        return service

    return make_measured


def _follow(mgr, changed):
    def noted(service):
        times = mgr.times.get(service.name, ())
        if 1 < len(times) < _MOST:
            try:
                times.extend((_now(), service.state))
            except MemoryError:  # a figure less
                pass
        changed(service)

    mgr.changed = noted


def _once(service, setup, figures):
    own = "setup" in service.__dict__  # set in __init__, as authors may

    def run():
        if own:  # the next time unmeasured
            service.setup = setup
        else:
            del service.setup
        before = _used()
        work = setup()
        figures[1] = _used() - before
        return _stepwise(work, figures) if is_awaitable(work) else work

    return run


def _stepwise(work, figures):
    # A coroutine that counts what each step of another one takes: what others take between
    # the steps is not counted.
    error = None
    while True:
        before = _used()
        try:
            if error is not None:
                work.throw(error)
            elif hasattr(work, "send"):
                work.send(None)
            else:  # what asyncio.sleep() returns
                next(work)
        except StopIteration:
            work = None  # its frame was counted with the call
            return
        finally:
            figures[1] += _used() - before
        try:
            error = None
            yield
        except BaseException as e:
            error = e
