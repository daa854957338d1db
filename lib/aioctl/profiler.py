# Where the loop's time goes: each step of each task is timed while profile(True) is on. Loaded
# then, and gone with profile(False).
#
# The event loop calls IOQueue.wait_io_event() before each step: what runs between its return and
# the next call is one step of the task at the head of the queue. So no task and no coroutine is
# touched, those that run already are seen too, and errors and cancellation take their usual way.
# (The `coro` of a task cannot be replaced where Task is written in C, nor the queue.)

import asyncio
from asyncio import core
from time import ticks_diff, ticks_ms, ticks_us

from aiobase import forget, group
import aioschedule

# What is known of a name, as a list: steps, their time as whole seconds and microseconds (small
# ints, so that counting never allocates), the longest step in us, the uptime at its end, whether
# what its steps create is counted for it too.
_NAME = const(0)
_STEPS = const(1)
_SECONDS = const(2)
_MICROS = const(3)
_LONGEST = const(4)
_WHEN = const(5)
_OURS = const(6)

_MOST = const(60)  # names; what comes then is counted together
_LAST = const(8)  # long steps that are remembered, to find who caused a delay
_LONG = const(1000)  # us


def _new(name, ours):
    return [name, 0, 0, 0, 0, 0, ours]


def _name(coro):
    """The name of a coroutine's function: it is nowhere but in `<generator object 'f' at …>`."""
    text = repr(coro)
    at = text.find("'") + 1
    name = text[at : text.find("'", at)] if at else text
    # The board's tree has such names for the private functions of this project alone.
    return "(manager)" if len(name) == 2 and name[0] == "_" else name


class _Profile:
    """The figures, and what stands in for asyncio's functions while they are taken."""

    _task = _row = None  # whose step runs now
    _begun = 0  # ticks_us at its begin
    _late = 0  # ms that a task had to wait at worst when it was due
    _stopped = None  # the service whose stop is about to get its task
    _class = None  # the class Service, where there are services
    _fresh = True  # tasks may wait that were due before it was switched on

    def __init__(self):
        self._rows = {}  # name -> row
        self._known = {}  # task that has not ended -> row
        self._owners = {}  # task without its first step -> row of who created it
        self._others = _new("(others)", False)
        self._system = _new("the system", False)  # it woke the loop late
        # The last long steps, a ring: row, ticks_ms at the end, us.
        self._who = [None] * _LAST
        self._ends = [0] * _LAST
        self._times = [0] * _LAST
        self._at = 0
        self._worst = [None, 0, None, 0]  # row that waited, uptime, row and us of the step that caused it
        self._queue = core._task_queue
        self._since = aioschedule.uptime_ms()
        self._start = ticks_ms()
        self._real_wait = core.IOQueue.wait_io_event
        self._real_create = core.create_task
        between, create = self._between, self._create
        if group().Service is not None:  # a layer above, which nothing here needs
            self._class = group().Service
            self._real_stop = self._class._stop
            # A function, so that it is called as a method.
            self._class._stop = lambda *args: self._stopping(*args)
        # No memory is needed from here on: all of it happens, or nothing.
        core.IOQueue.wait_io_event = between
        core.create_task = asyncio.create_task = create
        if core.cur_task is not None:  # the rest of its step counts
            self._task = core.cur_task
            self._row = self._find(core.cur_task)
            self._begun = ticks_us()

    def _restore(self):
        """Puts asyncio's own functions back."""
        core.IOQueue.wait_io_event = self._real_wait
        core.create_task = asyncio.create_task = self._real_create
        if self._class is not None:
            self._class._stop = self._real_stop

    def _between(self, dt):
        """Stands in for IOQueue.wait_io_event(): ends a step and begins another. Allocates nothing."""
        now = ticks_us()
        row = self._row
        if row is not None:
            self._row = None
            task = self._task
            if core.cur_task is task:  # else the loop ended with that step
                took = ticks_diff(now, self._begun)
                row[_STEPS] += 1
                us = row[_MICROS] + took
                if us >= 1000000:
                    row[_SECONDS] += us // 1000000
                    us %= 1000000
                row[_MICROS] = us
                if took > row[_LONGEST]:
                    row[_LONGEST] = took
                    row[_WHEN] = aioschedule.uptime()
                if took >= _LONG:
                    self._remember(row, took)
                if not task.state:  # it has ended
                    self._known.pop(task, None)
        if dt > 0:  # nothing is due
            self._fresh = False
            asleep = ticks_ms()
            self._real_wait(core._io_queue, dt)
            over = ticks_diff(ticks_ms(), asleep) - dt
            if over > 1:
                self._remember(self._system, over * 1000)
            return
        self._real_wait(core._io_queue, dt)
        task = core._task_queue.peek()
        row = self._known.get(task) or self._find(task)
        if row is not None:
            late = ticks_diff(ticks_ms(), task.ph_key)
            if late > self._late:
                self._blame(row, late)
            self._task = task
            self._row = row
            self._begun = ticks_us()

    def _remember(self, row, took):
        """Keeps a long step until some others have come."""
        at = self._at
        self._who[at] = row
        self._ends[at] = ticks_ms()
        self._times[at] = took
        self._at = (at + 1) % _LAST

    def _blame(self, row, late):
        """Notes the worst delay, and which step held the loop most since its task was due."""
        if self._fresh:
            late = min(late, ticks_diff(ticks_ms(), self._start))
            if late <= self._late:
                return
        cause = None
        most = us = 0
        for i in range(_LAST):
            part = min(late - ticks_diff(ticks_ms(), self._ends[i]), self._times[i] // 1000)
            if part > most:
                most = part
                cause = self._who[i]
                us = self._times[i]
        self._late = late
        worst = self._worst
        worst[0] = row
        worst[1] = aioschedule.uptime()
        worst[2] = cause
        worst[3] = us

    # -- names ------------------------------------------------------------------

    def _find(self, task):
        """The row of a task that is seen for the first time; None where no step of it follows."""
        if task is None or not task.state:  # the error of one that ended is reported now
            return None
        try:
            owner = self._owners.pop(task, None)
            name = _registered(task)
            if name is not None:
                row = self._named(name, True)
            else:
                row = owner or self._named(_name(task.coro), False)
            self._known[task] = row
            return row
        except Exception:  # no memory for it: the loop must not end
            return self._others

    def _named(self, name, ours):
        """The row of a name."""
        row = self._rows.get(name)
        if row is None:
            if len(self._rows) >= _MOST:
                return self._others
            row = self._rows[name] = _new(name, ours)
        return row

    def _create(self, coro):
        """Stands in for create_task(): a task without a name counts for who created it, if that has one."""
        task = self._real_create(coro)
        try:
            self._own(task)
        except Exception:  # no memory for it: the task runs all the same
            pass
        return task

    def _own(self, task):
        """Notes who created a task."""
        if core._task_queue is not self._queue:  # a new event loop: the tasks of the old one are gone
            self._queue = core._task_queue
            self._known.clear()
            self._owners.clear()
            self._row = None
        row = None
        now = core.cur_task
        if self._stopped is not None:
            row = self._named(self._stopped.name + ".service", True)
            self._stopped = None
        elif now is not None:
            row = self._known.get(now) or self._find(now)
        if row is not None and row[_OURS]:
            self._owners[task] = row

    def _stopping(self, service, *args):
        """Stands in for Service._stop(): its task counts for the service, not for who asked it to stop."""
        self._stopped = service
        return self._real_stop(service, *args)


def _registered(task):
    """The name of a service, of a task of aioctl, or of the loop of the timers; None: it is foreign."""
    for service in group().services.values():
        if service._life is task:
            return service.name + ".service"
    for record in group().records.values():
        if record.task is task:
            return record.name
    timers = aioschedule.timers
    if timers is not None and timers.task is task:
        return "timers"


_profile = None


def rows():
    """Yields (name, steps, us of all of them, us of the longest, uptime at its end) of each name that had a
    step; None while nothing is measured."""
    return None if _profile is None else _each(_profile)


def _each(profile):
    for row in list(profile._rows.values()) + [profile._others]:
        if row[_STEPS]:
            yield row[_NAME], row[_STEPS], row[_SECONDS] * 1000000 + row[_MICROS], row[_LONGEST], row[_WHEN]


def figures():
    """What was measured, as plain dicts and lists: see figures.py; None while nothing is."""
    if _profile is None:
        return None
    from .figures import of

    return of(_profile, rows())


def profile(on=None):
    """Prints where the loop's time went; True begins to measure, False ends it and forgets all.

    For each name the number of steps of its tasks, their time, and the longest one with its moment;
    and the longest time that a task had to wait when it was due. A step is what runs from one
    `await` that waits to the next; a collection of garbage counts for who needed the memory.
    """
    global _profile
    if on is None:
        from .figures import show

        show(figures())
    elif on and _profile is None:
        _profile = _Profile()
    elif not on and _profile is not None:
        _profile._restore()
        _profile = None
    if _profile is None:  # gives back this file's memory
        forget("aioctl.profiler")
        forget("aioctl.figures")
