# Named tasks: a record for each. Loaded with the first task; what people do with them is
# in verbs.

import asyncio
from asyncio import core as _loop

from aiobase import describe, group, is_awaitable, is_interrupt, kept_of
import aioschedule

# Ended tasks that are kept for a look at their result; the oldest goes first.
_KEEP = const(16)
_LEAVE = const(200)  # ms that a child has to unwind
_ERROR = const(40)  # aiolog's level
ended = []  # records, in the order in which they ended


class _Ended:
    """What the `task` of a record is while it does not run."""

    def done(self):
        return True

    def cancel(self):
        return False


ENDED = _Ended()


def _anew(fault):
    if fault is not None:
        from aiobase.errors import anew

        return anew(fault)


class Record:
    """One named task. `since` and `done_at` are in seconds of `aioschedule.uptime()`."""

    service = None
    task = ENDED
    since = None  # None: its first step has not run
    done_at = None  # None: it runs
    cancelled = False  # it was asked to stop
    _fault = None  # what is kept of its error
    result = None
    _event = None
    _again = False  # to be started again when it has stopped

    def __init__(self, name, coro, args, kwargs):
        self.name = name
        self.coro = coro
        self.args = args
        self.kwargs = kwargs

    @property
    def error(self):
        """Its error, made anew at each look; None where it did not fail."""
        return _anew(self._fault)

    @error.setter
    def error(self, error):
        self._fault = kept_of(error)

    def status(self):
        """One word for reports: running, ERROR, stopped or done."""
        if not self.task.done():
            return "running"
        return "ERROR" if self._fault is not None else "stopped" if self.cancelled else "done"

    def start(self):
        """Runs it from the beginning; does nothing while it runs."""
        if not self.task.done():
            self._again = self.cancelled
            return
        coro = self.coro
        if hasattr(coro, "function"):
            from .decorated import own

            coro = coro(*self.args, **own(self.kwargs))
        elif callable(coro):
            coro = coro(*self.args, **self.kwargs)
        elif self.done_at is not None:
            raise ValueError("a coroutine runs once; add the function instead")
        if self.done_at is not None:
            self.done_at = self.since = self._fault = self.result = None
            self.cancelled = False
        self.task = asyncio.create_task(self._run(coro))

    async def _run(self, coro):
        me = self.task
        if self.cancelled:  # stopped before its first step: nothing has to unwind
            self._end()
            return
        self.since = aioschedule.uptime()
        result = error = None
        stopped = False
        try:
            result = await coro if is_awaitable(coro) else coro
        except asyncio.CancelledError:
            stopped = True
        except BaseException as e:
            error = e
        if is_interrupt(error):  # a real Ctrl-C is nobody's failure
            self.cancelled = True
            self._end()
            raise error
        if self.task is not me:  # left behind by a stop that it did not heed
            return
        if hasattr(self.coro, "function") and (stopped or error is not None):
            from .decorated import hook  # is loaded: it was begun with it

            result, error = await hook(self, error)
        if self.task is me:
            self.cancelled = self.cancelled or stopped
            self._fault = kept_of(error)
            if error is not None and isinstance(result, BaseException):  # what its on_error() made of it
                result = None if result is error else _anew(kept_of(result))
            self.result = result
            result = error = None
            self._end()

    def _end(self):
        self.task = ENDED
        self.done_at = aioschedule.uptime()
        if group().records.get(self.name) is self:  # else it was deleted
            keep(self)
        if self._event is not None:
            self._event.set()
            self._event = None
        if self._fault is not None:
            group().note(_ERROR, self.name, describe(self._fault))
        if self._again:
            self._again = False
            try:
                (find(self.name) or self).start()
            except Exception as e:
                print("Task %s not started: %s" % (self.name, describe(e)))

    def stop(self):
        """Asks it to stop; returns at once."""
        task = self.task
        if task.done():
            return
        self._again = False
        if task is _loop.cur_task:  # a task cannot cancel itself: something else must
            asyncio.create_task(self._stop_later(task))
            return
        self.cancelled = True
        # Cancelled before its first step a coroutine never runs, and a gather() of it fails.
        if self.since is not None:
            task.cancel()

    async def _stop_later(self, task):
        if self.task is task:
            self.stop()

    def delete(self):
        """Asks it to stop, and forgets it."""
        self.stop()
        drop(self, True)

    def abandon(self):
        """Goes on without a task that does not heed its cancellation."""
        if not self.task.done():
            self._end()

    def lose(self):
        """Its event loop is gone."""
        self.task = ENDED
        self._event = None
        self.done_at = aioschedule.uptime()

    async def ended(self):
        """Waits for the end; never awaits the task itself, which others may gather."""
        if not self.task.done():
            if self._event is None:
                self._event = asyncio.Event()
            await self._event.wait()


def find(name):
    """The record of a task or a service, or None."""
    found = group()
    record = found.records.get(name)
    if record is None and name.endswith(".service") and name[:-8] in found.services:
        record = found.services[name[:-8]].record
    return record


def spawn(name, coro, args, kwargs, service=None):
    """Starts a task and returns its record; a name that is taken gets `@1`, `@2` …

    A child task of a service takes the place of its namesake of the life before.
    """
    taken = find(name)
    if taken is not None and (service is None or not taken.task.done()):
        n = 1
        while find(name + "@" + str(n)) is not None:
            n += 1
        name = name + "@" + str(n)
    elif taken is not None:
        drop(taken)
    record = Record(name, coro, args, kwargs)
    if service is not None:
        record.service = service
    record.start()
    group().records[name] = record
    return record


def keep(record):
    """Remembers a record that ended, and forgets the oldest beyond the bound."""
    if record in ended:
        ended.remove(record)
    ended.append(record)
    if len(ended) > _KEEP:
        drop(ended[0])


def drop(record, running=False):
    """Forgets a record; one that runs is only taken off the list of ended ones."""
    if record in ended:
        ended.remove(record)
    if (running or record.task.done()) and group().records.get(record.name) is record:
        del group().records[record.name]


async def end_children(service):
    """Stops the child tasks of a service; one that does not end is left behind, and reported."""
    alive = [r for r in group().records.values() if r.service is service and r.done_at is None]
    for record in alive:
        record.stop()
    for record in alive:
        try:
            await asyncio.wait_for_ms(record.ended(), _LEAVE)
        except asyncio.TimeoutError:
            record.abandon()
            service.forced = True
            group().note(_ERROR, service.name + ".service", record.name + " does not end; left behind")


def tasks():
    """The asyncio tasks that run now: a list for asyncio.gather()."""
    found = [r.task for r in group().tasks.values() if not r.task.done()]
    timers = aioschedule.timers
    if timers is not None and timers.task is not None:
        found.append(timers.task)
    return found


def _parent(name, args):
    """The service whose child a task is: it has its name, and the service as first argument."""
    for service in group().services.values():
        if args and args[0] is service and name.startswith(service.name + ".service."):
            return service


def add(coro, *args, name=None, _id=None, **kwargs):
    """Starts a task: an async function with its arguments, or a coroutine.

    The name is `name`, or the function's. A second task of one name becomes `name@1`.
    """
    if name is None:
        name = getattr(getattr(coro, "function", coro), "__name__", "task")
    spawn(name, coro, args, kwargs, _parent(name, args))
