# Setting timers: functions of aioschedule, loaded when something is scheduled.

import time
from time import ticks_diff, ticks_ms

from .timer import Timer, timers


def schedule(key, run, start_in=None, repeat=False):
    """Calls `run()` in `start_in` seconds and then every `repeat` seconds.

    `start_in` may be a time tuple; without it the first run is in `repeat` seconds.
    `run` returns False if it did nothing because the last run is still going.
    Replaces the timer of that key. ValueError when there is no time to run at.
    """
    repeat = repeat or 0
    if start_in is None:
        start_in = repeat or -1
    elif isinstance(start_in, (tuple, list)):
        start_in = max(time.mktime(tuple(start_in[:6]) + (0, 0, -1)) - time.time(), 0)
    if start_in < 0 or repeat < 0:
        raise ValueError("%s: needs start_in or repeat, in seconds from 0 up" % key)
    timers.remove(key)
    timer = Timer(key, run, milliseconds(repeat), ticks_ms())
    timer.delay(milliseconds(start_in))
    timers.insert(timer)
    timers.wake()


def milliseconds(value):
    """Of seconds."""
    # The seconds of a float stay exact where floats have 24 bits.
    seconds = int(value)
    return seconds * 1000 + int((value - seconds) * 1000 + 0.5)


def unschedule(key):
    """Forgets the timer of that key; False if there is none."""
    return timers.remove(key)


def group():
    """The one Timers instance."""
    return timers


def next_due(key):
    """Seconds until the timer of that key is due; None if there is none, or it waits for the clock."""
    timer = timers.info(key)
    if hasattr(timer, "due"):
        return timer.left()
    if timer is not None:
        return timer.days * 86400 + ticks_diff(timer.ticks, ticks_ms()) / 1000


def reset():
    """Forgets all timers; the loop ends."""
    timers.order = []
    timers.wake()
