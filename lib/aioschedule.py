# The one interval clock of the project. Timers and the text of times are attributes
# of this module too; their files are loaded by who uses them.

try:
    from time import ticks_diff, ticks_ms
except ImportError:  # CPython, for tests of the arithmetic: a clock that stands still
    ticks_diff, ticks_ms = int.__sub__, int

# A string, as a dict would keep the names in memory for good.
_TABLE = (
    " =aiotimers Timers =aiotimers_add schedule unschedule group next_due reset "
    "=aiocalendar get_datetime tmdelta_fmt uptime_ms wall next_run "
)

# What group() returns; None until something asks for it, as on a board without schedules.
timers = None


# Of the last reading: whole seconds since start, the milliseconds behind them, the ticks. Then the minutes
# by which local time is ahead of the board's clock.
# A list, since a class of one object would cost 200 B.
clock = [0, 0, ticks_ms(), 0]


def uptime():
    """Whole seconds since start. Never allocates.

    Counts on where `ticks_ms` wraps, if it is read at least every 6 days.
    """
    now = ticks_ms()
    ms = clock[1] + ticks_diff(now, clock[2])
    clock[2] = now
    clock[1] = ms % 1000
    clock[0] += ms // 1000
    return clock[0]


def __getattr__(name):
    at = _TABLE.find(" " + name + " ")
    if at < 0:
        raise AttributeError(name)
    file = _TABLE[_TABLE.rfind("=", 0, at) + 1 : at + 1].split(" ", 1)[0]
    return getattr(__import__(file), name)
