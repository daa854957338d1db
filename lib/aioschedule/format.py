# Times as people read them. Loaded when somebody looks; its functions are attributes
# of aioschedule.

import time

import aioschedule
from aioschedule import clock, uptime

_FIRST_YEAR = const(2025)  # below it nobody has set the clock


def uptime_ms():
    """Milliseconds since start."""
    return uptime() * 1000 + clock[1]


def wall(up):
    """Seconds for time.localtime() of the moment at which uptime() was `up`, ahead by `_boot.utc_offset`."""
    # To the nearest second of the start, so that it does not change from look to look.
    return (time.time_ns() // 1000000 - uptime_ms() + 500) // 1000 + up + clock[3] * 60


def get_datetime(t=None):
    """2026-03-16 11:27:11 of a localtime tuple, or of now."""
    return "%04d-%02d-%02d %02d:%02d:%02d" % tuple((t or time.localtime())[:6])


def tmdelta_fmt(seconds):
    """38 s, or 00:01:01, or 2 days, 03:04:05."""
    s = int(seconds)
    if s < 60:
        return "%d s" % s
    days = s // 86400
    text = "%02d:%02d:%02d" % (s // 3600 % 24, s // 60 % 60, s % 60)
    return "%d day%s, %s" % (days, "s"[days == 1 :], text) if days else text


def past(fault):
    """How long ago what is kept of an error happened, `38 s ago`; None where that is not known."""
    return tmdelta_fmt(uptime() - fault[3]) + " ago" if isinstance(fault, tuple) else None


def next_run(key):
    """When the timer of that key runs next: `at 2026-11-22 07:30:00`, or `in 38 s, at …` after an interval.

    While the clock is not set `when the clock is set`, or `in 38 s` alone. None if there is none.
    """
    timer = None if aioschedule.timers is None else aioschedule.timers.info(key)
    if timer is None:
        return None
    if not hasattr(timer, "due"):
        left = max(aioschedule.next_due(key) + 0.5, 0)
        text = "in " + tmdelta_fmt(left)
        at = time.localtime(wall(uptime() + int(left)))
        return text if at[0] < _FIRST_YEAR else text + ", at " + get_datetime(at)
    if timer.due is None:
        return "when the clock is set"
    from .calendar import date

    day, second = timer.due
    at = date(day) + (second // 3600, second // 60 % 60, second % 60)
    return "at " + get_datetime(at)
