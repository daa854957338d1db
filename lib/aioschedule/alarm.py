# Timers that follow the clock instead of counting on: those of `at`. Loaded with the first service whose
# times do that.
#
# The loop cannot sleep until such a moment: who sets the clock tells nobody. So these look at it
# again within a minute, each time, and that is the promise: a minute after the clock was set, at
# most, what has become due by it runs.

from time import gmtime, time_ns

from .calendar import gap, moment, next_after
from .timer import Timer

_SET = const(2025)  # a clock that shows an earlier year was not set: boards wake up in 2000, 1970 or 2021
# Seconds by which the clock may be set and the day still goes on: each time of day runs, and once. More
# than a change of the hour or the zone next door was a wrong clock, and what it showed does not count.
_SMALL = const(10800)


def clock(minutes):
    """((day, second), millisecond) by a clock `minutes` ahead of UTC; None while it is not set."""
    ms = time_ns() // 1000000 % 1000
    now = gmtime()
    return None if now[0] < _SET else (moment(now, minutes), ms)


class Looking(Timer):
    """A timer that looks at the clock, every `every` ms at least, for the moment `due`."""

    every = 60000

    def __init__(self, key, run, period, now, minutes):
        super().__init__(key, run, period, now)
        self.minutes = minutes
        self.days = 0  # its first look is at once

    def advance(self, now):
        """True when a run is due; moves on to its next look."""
        run = False
        wait = self.every
        try:
            seen = clock(self.minutes)
            run = self.look(None if seen is None else seen[0])
            if seen is not None:
                left = gap(seen[0], self.due)
                if left <= wait // 1000:
                    wait = max(left * 1000 - seen[1], 1)
        except Exception:  # short of memory: the timers must go on, and it looks again
            pass
        self.days = 0
        self.ticks = now
        self.delay(wait)
        return run

    def left(self):
        """Seconds until it is due, by the clock; None while that is not set."""
        seen = clock(self.minutes)
        return None if seen is None or self.due is None else gap(seen[0], self.due)


class Alarm(Looking):
    """Runs at the moments of a rule.

    `seen` is what the clock showed last, `ran` what it showed at the last run. `keep(moment)` of a
    persistent one stores `ran`: what was missed since then is caught up, once.
    """

    due = seen = None  # `due`: None while the clock is not set

    def __init__(self, key, run, now, minutes, rule, ran=None, keep=None):
        super().__init__(key, run, 1, now, minutes)  # a period: it stays among the timers
        self.rule = rule
        self.ran = ran
        self.keep = keep

    def look(self, now):
        """Whether a run is due where the clock shows `now`, a moment; None while it is not set."""
        if now is None:
            self.due = None
            self.seen = ()  # it was looked at
            return False
        if self.due is None or now < self.seen:  # the first look, or it was set back
            self.due = next_after(self.rule, self._base(now))
        self.seen = now
        due = self.due
        if now < due:
            return False
        then = next_after(self.rule, now)
        run = self.keep is not None
        if gap(due, now) <= _SMALL:
            run = True
            due = next_after(self.rule, due)
            while due <= now:
                self.skipped += 1
                due = next_after(self.rule, due)
        elif not run:
            self.skipped += 1
        self.due = then
        self.ran = now
        return run

    def _base(self, now):
        """The moment after which the next run is to be."""
        ran = self.ran
        ahead = -1 if ran is None else gap(now, ran)
        if ran is not None and ahead <= _SMALL and (ahead > 0 or self.keep is not None):
            return ran  # set back a little: what ran does not run again; or what it missed since then
        if self.keep is not None:  # it never ran, or the clock was wrong when it did
            self.ran = now
            self.keep(now)
        if self.seen is None:
            return now
        # The clock was set since the last look: what came after that is not lost.
        day, second = now
        second -= self.every // 1000
        base = (day, second) if second >= 0 else (day - 1, second + 86400)
        return base if ran is None or ahead > 0 else max(base, ran)
