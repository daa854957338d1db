# Timers: when something is due, and one loop that sleeps until the next is.
# Loaded with the first schedule; its names are attributes of aioschedule. What sets timers is in add.py.

import asyncio

import aiobase
import aioschedule

try:
    from time import ticks_add, ticks_diff, ticks_ms
except ImportError:  # CPython, for tests of the arithmetic: a clock that stands still
    ticks_add, ticks_diff, ticks_ms = int.__add__, int.__sub__, int

# The longest sleep: ticks wrap after 12 days and compare over 6.
_DAY = const(86400000)


class Timer:
    """When to run what: in `days` days after `ticks`, then every `period` ms (0: never again).

    Up to a day lies between now and `ticks`, so that moments compare in small ints over
    any time: a timer's tick allocates nothing. `last` is the uptime of the last run,
    `skipped` counts runs left out, as the one before was still going or the loop late.
    """

    last = None
    skipped = 0

    def __init__(self, key, run, period, now):
        self.key = key
        self.run = run
        self.period = period
        self.ticks = now

    def delay(self, wait):
        """Moves the moment on by `wait` ms."""
        self.days = wait // _DAY
        self.ticks = ticks_add(self.ticks, wait % _DAY)

    def advance(self, now):
        """At `ticks`: False if days are left, else moves on to the first moment after `now`."""
        if self.days:
            self.days -= 1
            self.ticks = ticks_add(self.ticks, _DAY)
            return False
        if self.period:
            n = ticks_diff(now, self.ticks) // self.period
            self.skipped += n
            self.delay((n + 1) * self.period)
        return True


class Timers:
    """Timers by key, and the task that sleeps until the next is due."""

    # The running loop, listed by aioctl so that gather() sees it; None without a timer.
    task = None
    # The queue of the event loop in which the task runs; whether it sleeps there.
    _queue = None
    _asleep = False

    def __init__(self):
        # By moment, the next one last.
        self.order = []

    def on_error(self, key, exc):
        """Gets what a run raised; may be replaced. What it raises itself ends the loop."""
        aiobase._hear(None, {"message": "timer '%s'" % (key,), "exception": exc})

    def remove(self, key):
        """True if there was a timer of that key."""
        timer = self.info(key)
        if timer is None:
            return False
        self.order.remove(timer)
        if not self.order:
            self.wake()
        return True

    def info(self, key):
        """The Timer of that key, or None."""
        for timer in self.order:
            if timer.key == key:
                return timer

    def wake(self):
        """Lets the loop look at the timers; starts it if need be, in a new event loop too."""
        queue = asyncio.core._task_queue
        if self.task is None or self._queue is not queue:
            if self.order:
                self._queue = queue
                self._asleep = False
                self.task = asyncio.create_task(self._loop())
        elif self._asleep:
            # A sleeping task is in the queue under the time it wakes up at. Cancelling
            # it instead would be seen by those who wait for it.
            self._asleep = False
            queue.remove(self.task)
            queue.push(self.task)

    restart = wake

    def insert(self, timer):
        # Of timers due at the same moment the one that came first runs first.
        order = self.order
        low = 0
        high = len(order)
        while low < high:
            middle = (low + high) // 2
            if ticks_diff(order[middle].ticks, timer.ticks) > 0:
                low = middle + 1
            else:
                high = middle
        order.insert(low, timer)

    async def _loop(self):
        me = asyncio.current_task()
        try:
            while self.order:
                wait = ticks_diff(self.order[-1].ticks, ticks_ms())
                if wait > 0:
                    self._asleep = True
                    await asyncio.sleep_ms(wait)
                    self._asleep = False
                else:
                    self._fire(self.order.pop())
                    await asyncio.sleep_ms(0)
        finally:
            if self.task is me:
                self._asleep = False
                self.task = None

    def _fire(self, timer):
        now = aioschedule.uptime()  # read on every day of a long wait too: it carries the wrap
        due = timer.advance(ticks_ms())
        if timer.period or not due:
            self.insert(timer)
        if due:
            try:
                if timer.run() is False:
                    timer.skipped += 1
                else:
                    timer.last = now
            except BaseException as e:  # whatever it raises, the other timers go on
                self.on_error(timer.key, e)


timers = aioschedule.timers = Timers()
