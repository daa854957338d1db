# Service: what an author writes, and its life: the one state machine of the project.
# Resident, and without imports on its way down: a MemoryError must not meet one. What
# authors and callers ask of a service beside that is in the files beside this one, loaded on use.
#
# Transitions (a test checks that no other happens). "ask" is a request to stop; in
# `stopping` the tear-down runs: children, stop callbacks, on_stop(), cleanup().
#
#   init, stopped, failed, done  -> starting | scheduled    start: all it requires is up
#   init, stopped, failed, done  -> waiting | blocked       a requirement is not up | cannot come up
#   waiting     -> blocked               a requirement failed, or was stopped
#   blocked     -> waiting               that requirement is on its way again
#   waiting     -> starting | scheduled  the last requirement came up
#   blocked     -> starting | scheduled  the same
#   init, stopped, done, waiting, blocked -> failed         it cannot even begin: no memory
#   waiting     -> stopped               ask (nothing is set up)
#   blocked     -> stopped               ask
#   starting    -> running               setup() returned
#   starting    -> stopping              setup() raised or took too long | ask
#   running     -> done                  the task returned; the service stays set up
#   running     -> stopping              the task raised | ask | a scheduled run ended
#   done        -> stopping              ask
#   stopping    -> stopped               ask
#   stopping    -> restarting | failed   failure, as the restart policy says
#   stopping    -> scheduled | done      a scheduled run ended: another is due | none is
#   restarting  -> starting              the delay is over, or a scheduled run is due
#   restarting  -> waiting | blocked     the delay is over, but a requirement is not up
#   restarting  -> scheduled             the same, and another run is due
#   restarting  -> stopping              ask
#   scheduled   -> starting              due
#   scheduled   -> stopping              ask
#   failed      -> starting              due: a schedule goes on after a failed run
#   failed      -> stopping              ask, where it is still armed
#   init, waiting, blocked, stopped, failed, done -> masked; masked -> init

import asyncio
from time import ticks_add, ticks_diff, ticks_ms

from aiobase import bound, describe, group, is_awaitable, is_interrupt, kept_of, lookup
import aioschedule

_LOOK = const(20)  # ms, where there is no memory to wait for an event in
_LOOKS = const(100)
_ROOM = const(1500)  # bytes that a tear-down takes up to its first wait
_LEAVE = const(200)  # ms that anything cancelled has to unwind, before it is left behind
_MINUTE = const(60)  # s: running that long is healthy; and the longest restart delay
_WARNING = const(30)  # aiolog's levels
_ERROR = const(40)
_LEFT = const("does not end; left behind")
# What is in other files: methods, and attributes that are made there when somebody looks at them.
_MORE = {
    "authors": "log error first add_ctask children",
    "options": "add_callback call_back add_logger",
    "callers": "path reason record _child_tasks gracefully_stop interrupt shutdown startup wait_for_shutdown",
    "watch": "watch",
    "heal": "heal rule",
    "arguments": "prepared",
}
_MADE = const(" log error first path reason record _child_tasks ")


async def _guard(awaitable, box):
    box[0] = True
    try:
        box[1] = await awaitable
    except BaseException as e:
        box[2] = e
    box[3].set()
    if is_interrupt(box[2]):
        e = box[2]
        box[2] = asyncio.CancelledError()  # one Ctrl-C is raised once
        raise e


async def _bounded(awaitable, seconds, what):
    """Awaits something for that long at most, then cancels it, and leaves it behind if it does not end.

    Returns its value or raises its error; asyncio.TimeoutError says when it took too long.
    A cancellation of the caller is passed on, and raised when what was awaited has ended.
    """
    if not hasattr(awaitable, "send"):
        from .arguments import own

        awaitable = own(awaitable)
    ended = asyncio.Event()
    box = [False, None, None, ended]  # started, value, error
    task = asyncio.create_task(_guard(awaitable, box))
    cancelled = late = False
    left = int(seconds * 1000)
    while True:
        end = ticks_add(ticks_ms(), left)
        try:
            await asyncio.wait_for_ms(ended.wait(), left)
            break
        except asyncio.TimeoutError:
            if cancelled or late:  # it had its time to unwind
                raise asyncio.TimeoutError(what + " " + _LEFT)
            late = True
        except asyncio.CancelledError:
            if cancelled or late:
                left = max(ticks_diff(end, ticks_ms()), 0)
                cancelled = True
                continue
            cancelled = True
        task.cancel()
        left = _LEAVE
        if not box[0]:  # cancelled before its first step it never runs
            break
    error = box[2]
    if cancelled and (error is None or isinstance(error, asyncio.CancelledError)):
        raise asyncio.CancelledError
    if late:
        raise asyncio.TimeoutError("%s took longer than %s s" % (what, seconds))
    if error is not None:
        raise error
    return box[1]


class Service:
    """Base of all services; an author overrides the attributes and methods that matter to him."""

    info = docs = ""
    type = "runtime.service"
    enabled = critical = safe = False
    args = require = want = groups = ()
    kwargs = config = deps = {}
    schedule = None
    restart = "on-failure"
    start_timeout = 30
    stop_grace = 0
    stop_timeout = 10
    loglevel = "info"

    state = "init"
    # since: uptime in seconds at which the state began
    since = result = None
    restarts = 0
    delay = 0  # s, the last restart delay
    took = 0  # ms, how long its last start took
    series = 0  # failures since it was healthy last
    watchdog = None  # s, within which it has to call alive()
    forced = False

    # Shared defaults: an instance pays for an attribute only when it differs.
    # manager: set on the class by the manager; module: the module it came from
    manager = module = None
    special = False  # its task needs more than args and kwargs: see arguments.prepared()
    task = setup = cleanup = on_stop = on_error = None
    _life = None  # the asyncio task of its life
    _owed = 0  # 1: setup() was entered, cleanup() is owed; 2: it is up, on_stop() too
    _asked = False  # a stop was asked for and has not ended
    _armed = False  # in the schedule
    _callbacks = _event = None
    _fault = _first_fault = None  # what is kept of the last failure, and of the first one of the series

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "Service: %s.service from %s" % (self.name, self.path)

    def __getattr__(self, name):
        try:
            found = lookup("aioclass", _MORE, name)
        except AttributeError:
            raise AttributeError(type(self).__name__ + "." + name)
        return found(self) if " " + name + " " in _MADE else bound(found, self)

    def is_running(self):
        """True in `starting` and `running`, until a stop is asked for."""
        return self.state in ("starting", "running") and not self._asked

    def alive(self):
        """Tells the watchdog that all is well; allocates nothing."""
        self.seen = ticks_ms()

    def is_up(self):
        """Whether those that require it may run."""
        if self._armed:
            return True
        state = self.state
        return state == "done" or (
            state == "running" and (self.type != "core.service" or self.task is None)
        )

    def is_active(self):
        """Whether something of it runs, is armed or is set up."""
        return self._asked or self._armed or self._owed > 0 or self._life is not None

    def move(self, state):
        """The one place where a state changes."""
        self.state = state
        self.since = aioschedule.uptime()
        if self._event is not None:
            self._notify()
        if self.manager is not None:
            self.manager.changed(self)

    def _notify(self):
        if self._event is not None:
            self._event.set()
            self._event = None

    def changed(self):
        """To be awaited: the next change of state from now on, or the end of its life's task."""
        if self._event is None:  # made at once: what awaits it may run later
            self._event = asyncio.Event()
        return self._event.wait()

    # -- life ----------------------------------------------------------------

    def begin(self):
        """Arms a schedule service, starts any other: all that it requires is up."""
        if self.forced:  # an attribute that is not there costs nothing
            self.forced = False
        if self.schedule is not None or self.type == "schedule.service":
            from .scheduled import arm

            arm(self)
        else:
            self.launch()

    def launch(self):
        """Begins a life."""
        self._life = asyncio.create_task(self._live())
        self.move("starting")

    async def _live(self, error=None):
        # With an error it begins where a life that failed goes on. One long function: its
        # frame is held as long as the service runs, and each further one costs 100 B.
        me = self._life
        fault = None
        while not self._asked:
            begun = ticks_ms()
            task = self.task
            try:
                if error is not None:
                    raise error
                if not hasattr(task, "function"):  # asyncmd's setup() means something else
                    self._owed = 1
                    if self.setup is not None:
                        work = self.setup()
                        if is_awaitable(work):
                            await _bounded(work, self.start_timeout, "setup")
                    if self._callbacks:
                        await self.call_back("start")
                if not self._asked:
                    self._owed = 2
                    self._took(begun)
                    self.move("running")
                    if self.watchdog:
                        self.watch()
                    if task is not None:
                        if self.special:
                            work = self.prepared()
                        else:
                            work = task(*self.args, **self.kwargs)
                        if is_awaitable(work):
                            if self.type == "core.service":  # its return is part of its start
                                work = _bounded(work, self.start_timeout, "task")
                            work = await work
                        if self._life is me:
                            self.result = work
            except BaseException as e:
                error = e
                work = None  # what it held may be all the memory there is to fail with
            if self._life is not me:  # left behind by a stop that it did not heed
                return
            if is_interrupt(error):  # a real Ctrl-C: run() ends everything
                break
            if self._asked:
                if error is not None and not isinstance(error, asyncio.CancelledError):
                    await self._failed(error)
                    error = None
                break
            try:
                state = "done" if task is not None else None
                delay = None
                if error is not None:
                    state = "failed"
                    if self.state == "running" and aioschedule.uptime() - self.since >= _MINUTE:
                        self.delay = self.series = 0
                    if self.state != "stopping":
                        self.move("stopping")
                    await self._failed(error, fault)
                    error = None  # nor is it held for the delay
                    fault = self._fault
                    delay = self.retry(True)
                elif self.schedule is not None or self.type == "schedule.service":
                    if self.series:  # a run that went well ends it
                        self.delay = self.series = 0
                    state = "scheduled" if self._armed else "done"
                else:
                    delay = None if task is None else self.retry(False)
                    if delay is None:  # it stays set up
                        if self.type == "core.service":
                            self._took(begun)
                        self._settle(state)
                        return
                if self.state != "stopping":
                    self.move("stopping")
                await self._tear_down(False)
                if self._asked:
                    break
                if delay is None:
                    self._settle(state)
                    return
                self.delay = delay
                self.move("restarting")
            except MemoryError as e:  # it goes on with its failure when there may be room again
                fault = fault or kept_of(error or e)
                error = e  # not the one before: that may be what holds the memory
                delay = 1
            try:
                await asyncio.sleep_ms(int(delay * 1000))
            except asyncio.CancelledError:
                pass
            if self._life is not me:
                return
            if self._asked:
                break
            if self.state != "restarting":
                continue
            if self.manager is not None and self.manager.verdict(self) is not None:
                self._life = None
                if self._armed:
                    self.move("scheduled")
                else:
                    self.manager.advance(self)
                return
            self.restarts += 1
            error = fault = None
            self.move("starting")
        self._settle(None)
        if is_interrupt(error):
            raise error

    def _took(self, begun):
        ms = ticks_diff(ticks_ms(), begun)
        if ms > 9 or self.took:  # most take no time, and no attribute
            self.took = ms
        if self._fault is not None:
            try:
                self.heal()
            except MemoryError:  # then it is kept
                pass

    def _settle(self, state):
        """Ends the task of its life, in that state."""
        self._life = None
        if state is not None:
            self.move(state)
        else:
            self._notify()

    # -- failure -------------------------------------------------------------

    async def _failed(self, error, fault=None):
        """Keeps what is told of an error, and reports it; on_error() may make a result of it."""
        fault = self._fault = fault or kept_of(error, self)
        n = self.series = self.series + 1
        if n == 1:
            self._first_fault = fault
        if n & (n - 1) == 0:  # the 1st, 2nd, 4th, 8th …: a series does not fill the journal
            self._note(_ERROR, "" if n == 1 else "failure %d: " % n, fault)
        if self.on_error is not None:
            end = ticks_add(ticks_ms(), int(self.stop_timeout * 1000))
            result = await self._step("on_error", end, self.on_error, (error,), True)
            if isinstance(result, BaseException):  # not that itself: see kept_of()
                from aiobase.errors import anew

                result = anew(kept_of(result))
            self.result = result

    def retry(self, failed):
        """Seconds until the restart after an end, or None."""
        if not isinstance(self.restart, str):
            return self.rule(failed)
        if self.restart == "always" or failed and self.restart == "on-failure":
            return min(max(self.delay * 2, 1), _MINUTE) if failed else 1
        return None

    # -- stop ----------------------------------------------------------------

    def ask(self, grace=None):
        """Asks this service alone to stop; how it ends is seen in its state."""
        if self._asked:
            return
        if not self.is_active():
            if self.state in ("waiting", "blocked"):
                self.move("stopped")
            return
        closing = self.state == "stopping"
        hook = self._owed == 2 and self.state == "running"
        ms = int((self.stop_grace if grace is None else grace) * 1000)
        asyncio.create_task(self._stop(ms, closing, hook))  # first: without memory for it nothing has begun
        self._asked = True
        if self._armed:
            from .scheduled import disarm

            disarm(self)
        if not closing:
            self.move("stopping")

    async def _stop(self, ms, closing, hook):
        life = self._life
        if not closing and life is not None:
            cancelled = False
            end = ticks_add(ticks_ms(), ms if self._owed else 0)
            while self._life is life:
                left = ticks_diff(end, ticks_ms())
                if left <= 0:
                    if cancelled:
                        self._note(_ERROR, _LEFT)
                    else:
                        life.cancel()
                    if cancelled or not self._owed:  # nothing was entered: nothing has to unwind
                        self._life = None
                        break
                    cancelled = True
                    left = max(ms, _LEAVE)
                    end = ticks_add(ticks_ms(), left)
                    self.forced = ms > 0
                try:
                    await asyncio.wait_for_ms(self.changed(), left)
                except asyncio.TimeoutError:
                    self.forced = cancelled or ms > 0
                except MemoryError:
                    await asyncio.sleep_ms(_LOOK)
        while self._life is not None:  # its tear-down is bounded by itself
            await asyncio.sleep_ms(_LOOK)
        left = _LOOKS
        while left:  # short of memory it waits for others to give some back
            left -= 1
            try:
                bytearray(_ROOM if left else 0)
                await self._tear_down(hook)
                break
            except MemoryError:
                await asyncio.sleep_ms(_LOOK)
        self._asked = False
        self.move("stopped")

    def _note(self, level, what, error=None):
        """Writes to the journal. Short of memory it gives up: no line is worth a service."""
        try:
            text = what if error is None else what + describe(error)
            group().note(level, self.name + ".service", text)
        except MemoryError:
            pass

    async def _tear_down(self, hook):
        """Children, stop callbacks, on_stop(), cleanup(): each once, whatever another raises."""
        end = ticks_add(ticks_ms(), int(self.stop_timeout * 1000))
        owed = self._owed
        if self.watchdog:
            aioschedule.timers.remove(self.name + ".watchdog")
        for record in group().records.values():
            if record.service is self:
                from aioctl.jobs import end_children  # is loaded: the child came from there

                await self._step("children", end, end_children, (self,))
                break
        if owed == 2:
            self._owed = 1  # where memory ends here, what was done is not done again
            if self._callbacks:
                await self.call_back("stop", end)
            if hook and self.on_stop is not None:
                self.result = await self._step("on_stop", end, self.on_stop, (), True)
        if owed and self.cleanup is not None and not hasattr(self.task, "function"):
            await self._step("cleanup", end, self._clean)
        self._owed = 0

    async def _clean(self):
        self._owed = 0  # not before its first step: where the loop ends before that, it is still owed
        work = self.cleanup()
        if is_awaitable(work):
            await work

    async def _step(self, what, end, call, args=(), own=False):
        """Calls one of the author's functions; what it raises is reported and goes no further.

        With own the service's args and kwargs follow.
        """
        try:
            kwargs = {}
            if own:
                more, kwargs = self.prepared(False) if self.special else (self.args, self.kwargs)
                args += tuple(more)
            value = call(*args, **kwargs)
            if is_awaitable(value):
                value = await _bounded(value, max(ticks_diff(end, ticks_ms()), _LEAVE) / 1000, what)
            return value
        except BaseException as e:
            if is_interrupt(e):
                raise
            if isinstance(e, asyncio.TimeoutError) and _LEFT in describe(e):
                self.forced = True
            self._note(_WARNING, what + ": ", e)


group().Service = Service
