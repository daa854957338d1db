# Interrupts of the simulated board: what is due at a time is called between two bytecodes of the
# program, as soft interrupts are. SIGALRM, as the processor's timer, has the VM schedule that.
# Loaded with the first Timer, lightsleep(), or pin with a script.
import array
import struct
import sys
from micropython import heap_lock, heap_unlock, schedule
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

import machine

try:
    import ffi
except ImportError:
    raise ImportError("machine.Timer, and pins as simulation.json has them, take a MicroPython with ffi, "
                      "as Debian's")

_SIGALRM = const(14)
_AGAIN = const(1000)  # us: the signal repeats until the VM had room to schedule
_LONGEST = const(1000000)  # ms; the time left is looked at again then

_events = []  # objects with due (ticks_ms), fire(), and pin: whether it also comes in lightsleep
_queued = _held = _asleep = woken = False

_c = ffi.open(None)
_timer = array.array("l", [0, 0, 0, 0])  # struct itimerspec or itimerval: repeat and first, in s and ns or us


def _own_timer():
    """Sets a timer whose signal comes to this thread: in one that just begins the VM may not be called."""
    event = array.array("i", [0] * 16)  # struct sigevent: a value of the size of a pointer, then
    at = struct.calcsize("P") // 4
    event[at] = _SIGALRM
    event[at + 1] = 4  # SIGEV_THREAD_ID
    event[at + 2] = _c.func("i", "gettid", "")()
    made = array.array("l", [0])
    if _c.func("i", "timer_create", "ipp")(1, event, made):
        raise OSError
    settime = _c.func("i", "timer_settime", "PipP")
    return lambda: settime(made[0], 0, _timer, None)


try:
    _set = _own_timer()
    _UNIT = 1000  # ns a us
except OSError:  # not on Linux
    _setitimer = _c.func("i", "setitimer", "ipP")
    _UNIT = 1

    def _set():
        _setitimer(0, _timer, None)


def _signalled(_):
    # In here nothing may be allocated.
    global _queued
    if not _queued:
        try:
            schedule(_soft, None)
            _queued = True
        except RuntimeError:
            pass


_callback = ffi.callback("v", _signalled, "i", lock=True)
_c.func("P", "signal", "iP")(_SIGALRM, _callback)
_c.func("i", "siginterrupt", "ii")(_SIGALRM, 1)
if hasattr(sys, "atexit"):
    sys.atexit(lambda: hold(True))  # no signal may meet a VM that is gone


def _may(event):
    return not _asleep or event.pin


def _arm():
    """Has the signal come when the next event is due."""
    left = -1
    for event in _events:
        if _may(event):
            ms = max(ticks_diff(event.due, ticks_ms()), 0)
            left = ms if left < 0 else min(ms, left)
    if left < 0 or _held:
        _timer[1] = _timer[2] = _timer[3] = 0
    else:
        left = min(left, _LONGEST)
        _timer[1] = _AGAIN * _UNIT
        _timer[2] = left // 1000
        _timer[3] = (left % 1000 * 1000 or 1) * _UNIT
    _set()


def _soft(_):
    global _queued
    _queued = False
    if not _held:
        for event in list(_events):
            if event in _events and _may(event) and ticks_diff(event.due, ticks_ms()) <= 0:
                event.fire()
    _arm()


def add(event):
    """Has event.fire() called when it is due."""
    remove(event)
    _events.append(event)
    _arm()


def remove(event):
    if event in _events:
        _events.remove(event)


def left(ms):
    """Milliseconds until the next event, those at most."""
    return min([ms] + [max(ticks_diff(event.due, ticks_ms()), 0) for event in _events if _may(event)])


def due():
    """Has what is due come now."""
    _soft(None)


def _ending(line, end=machine._end):
    hold(True)  # a board that resets runs nothing any more
    end(line)


machine._end = _ending


def call(handler, argument, hard):
    """Runs an interrupt's handler; a hard one may not allocate."""
    if hard:
        heap_lock()
    error = None
    try:
        handler(argument)
    except Exception as e:
        error = e
    if hard:
        heap_unlock()
    if error is not None:  # as the firmware does
        sys.print_exception(error, sys.stderr)


def hold(state):
    """disable_irq() and enable_irq(): returns the state before."""
    global _held
    before = _held
    _held = state
    if state:
        _arm()
    elif before:
        _soft(None)
    return before


def wake():
    """A pin's interrupt ends a lightsleep()."""
    global woken
    woken = True


def sleep(ms):
    global _asleep, woken
    _asleep = True
    woken = False
    begun = ticks_ms()
    try:
        while not woken and (ms < 0 or ticks_diff(ticks_ms(), begun) < ms):
            sleep_ms(1)
    finally:
        _asleep = False
        slept = ticks_diff(ticks_ms(), begun)
        for event in _events:
            if not event.pin:  # timers stood still
                event.due = ticks_add(event.due, slept)
        _soft(None)
