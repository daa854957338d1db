# The one interval clock of the project. Timers and the text of times are attributes
# of this module too; their files are loaded by who uses them.

try:
    from time import ticks_diff, ticks_ms
except ImportError:  # CPython, for tests of the arithmetic: a clock that stands still
    ticks_diff, ticks_ms = int.__sub__, int

# A string, as a dict would keep the names in memory for good.
_TABLE = (
    " Timers=aiotimers group=aiotimers schedule=aiotimers unschedule=aiotimers "
    "get_datetime=aiocalendar tmdelta_fmt=aiocalendar wall=aiocalendar "
)

# What group() returns; None until something asks for it, as on a board without schedules.
timers = None


class Clock:
    """Counts on where `ticks_ms` wraps, if it is read at least every 6 days."""

    # Of the last reading: whole seconds, the milliseconds behind them.
    s = 0
    ms = 0

    def __init__(self, ticks=ticks_ms, diff=ticks_diff):
        self._ticks = ticks
        self._diff = diff
        self._last = ticks()

    def uptime(self):
        """Whole seconds since start. Never allocates."""
        now = self._ticks()
        ms = self.ms + self._diff(now, self._last)
        s = self.s + ms // 1000
        self._last = now
        self.ms = ms % 1000
        self.s = s
        return s

    def uptime_ms(self):
        """Milliseconds since start."""
        return self.uptime() * 1000 + self.ms


clock = Clock()
uptime = clock.uptime
uptime_ms = clock.uptime_ms


def __getattr__(name):
    at = _TABLE.find(" %s=" % name)
    if at < 0:
        raise AttributeError(name)
    file = _TABLE[at:].split("=")[1].split()[0]
    return getattr(__import__(file), name)
