# Named tasks: a record for each, and what people do with them. Loaded with the first task.

import asyncio
from asyncio import core as _loop

import aioschedule
from .core import describe, group, is_awaitable, is_interrupt
from .text import match

# Ended tasks that are kept for a look at their result; the oldest goes first.
_KEEP = const(16)
_ERROR = const(40)  # aiolog's level
# What asyncmd's tasks are given for their wrapper, not for themselves.
_WRAPPER_KEYS = ("on_stop", "on_error", "_id")
_ended = []  # records, in the order in which they ended


class Aiotask:
    """What the decorator `aiotask` returns: a task as asyncmd's services write it.

    It does not bind: whoever runs a service's decorated task passes the service.
    """

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)


aiotask = Aiotask


class Record:
    """One named task. `since` and `done_at` are in seconds of `aioschedule.uptime()`."""

    service = None
    task = None
    since = None  # None also means: its first step has not run
    done_at = None
    cancelled = False
    error = None
    result = None
    _event = None

    def __init__(self, name, coro, args, kwargs):
        self.name = name
        self.coro = coro
        self.args = args
        self.kwargs = kwargs

    def status(self):
        """One word for reports: running, ERROR, stopped or done."""
        if self.task is not None:
            return "running"
        return "ERROR" if self.error is not None else "stopped" if self.cancelled else "done"

    def start(self):
        """Runs it from the beginning; does nothing while it runs."""
        if self.task is None:
            coro = self._open()
            if self.done_at is not None:
                self.done_at = self.since = self.error = self.result = None
                self.cancelled = False
            self.task = asyncio.create_task(self._run(coro))

    def _open(self):
        coro = self.coro
        if isinstance(coro, Aiotask):
            return coro(*self.args, **self._own_kwargs())
        return coro(*self.args, **self.kwargs) if callable(coro) else coro

    def _own_kwargs(self):
        return {k: v for k, v in self.kwargs.items() if k not in _WRAPPER_KEYS}

    async def _run(self, coro):
        me = self.task
        self.since = aioschedule.uptime()
        error = None
        try:
            result = await coro if is_awaitable(coro) else coro
        except asyncio.CancelledError:
            result = None
            self.cancelled = True
        except BaseException as e:
            result = error = e
        if self.task is not me:  # left behind by a stop that it did not heed
            return
        if isinstance(self.coro, Aiotask):
            result, error = self._callback(result, error)
        self.result = result
        self.error = error
        self._end()
        if is_interrupt(error):
            raise error

    def _callback(self, result, error):
        # asyncmd: what `on_stop` or `on_error` returns is the result.
        if error is None and not self.cancelled:
            return result, None
        hook = self.kwargs.get("on_stop" if error is None else "on_error")
        if not callable(hook):
            return (result if hook is None else hook), error
        try:
            if error is None:
                return hook(*self.args, **self._own_kwargs()), None
            return hook(error, *self.args, **self._own_kwargs()), error
        except BaseException as e:
            return e, e

    def _end(self):
        self.task = None
        self.done_at = aioschedule.uptime()
        if self.error is not None:
            group().note(_ERROR, self.name, describe(self.error))
        keep(self)
        if self._event is not None:
            self._event.set()

    def stop(self):
        """Asks it to stop; returns at once."""
        task = self.task
        if task is None:
            return
        if task is _loop.cur_task:  # a task cannot cancel itself: something else must
            asyncio.create_task(self._stop_later())
            return
        self.cancelled = True
        task.cancel()
        if self.since is None:  # cancelled before its first step a coroutine never runs
            self._end()

    async def _stop_later(self):
        self.stop()

    def abandon(self):
        """Goes on without a task that does not heed its cancellation."""
        if self.task is not None:
            self._end()

    async def ended(self):
        """Waits for the end; never awaits the task itself, which others may gather."""
        if self.task is not None:
            if self._event is None:
                self._event = asyncio.Event()
            await self._event.wait()
            self._event = None


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
    if taken is not None and (service is None or taken.task is not None):
        n = 1
        while find("%s@%d" % (name, n)) is not None:
            n += 1
        name = "%s@%d" % (name, n)
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
    if record in _ended:
        _ended.remove(record)
    _ended.append(record)
    if len(_ended) > _KEEP:
        drop(_ended[0])


def drop(record):
    """Forgets a record; one that runs again is only taken off the list of ended ones."""
    if record in _ended:
        _ended.remove(record)
    if record.task is None and group().records.get(record.name) is record:
        del group().records[record.name]


def tasks():
    """The asyncio tasks that run now: a list for asyncio.gather()."""
    found = [r.task for r in group().tasks.values() if r.task is not None]
    timer = aioschedule.group().task
    if timer is not None:
        found.append(timer)
    return found


def tasks_match(pattern):
    """The sorted names of tasks and services that fit a pattern; `*` is a wildcard."""
    return sorted(name for name in group().tasks if match(pattern, name))


def select(name):
    """The records that a name or pattern (None: all) stands for. Says so when there is none."""
    found = tasks_match("*" if name is None else name)
    if not found and name is not None and "*" not in name:
        print("Task %s not found in %s" % (name, tasks_match("*")))
    return [find(each) for each in found]


def add(coro, *args, name=None, _id=None, **kwargs):
    """Starts a task: an async function with its arguments, or a coroutine.

    The name is `name`, or the function's. A second task of one name becomes `name@1`.
    """
    if name is None:
        function = coro.function if isinstance(coro, Aiotask) else coro
        name = getattr(function, "__name__", "task")
    spawn(name, coro, args, kwargs)


def start(name):
    """Starts what ended, or a service, again; does nothing where it runs. False: no such task."""
    found = select(name)
    for record in found:
        record.start()
    return bool(found)


def stop(name=None, stop_sch=True):
    """Stops tasks and services by name or pattern (None: all). False: no such task."""
    found = select(name)
    for record in found:
        record.stop()
    return bool(found) or name is None


def delete(*names):
    """Stops tasks and forgets them; a service is unloaded."""
    for name in names:
        for record in select(name):
            if record.service is not None and record.name == record.service.name + ".service":
                record.delete()
            else:
                record.stop()
                if group().records.get(record.name) is record:
                    del group().records[record.name]
                drop(record)
