# A timer whose first run follows the clock: that of a time tuple as `start_in`. Loaded with the first one.

from .alarm import Looking
from .calendar import moment
from .timer import Timer


class Start(Looking):
    """Runs at a moment, at once if that is over, and from then on at intervals.

    `due` is there until then.
    """

    def __init__(self, key, run, period, now, minutes, start):
        super().__init__(key, run, period, now, minutes)
        self.due = moment(start)

    def look(self, now):
        """Whether its moment has come where the clock shows `now`."""
        return now is not None and now >= self.due

    def advance(self, now):
        """True when a run is due; moves on to its next look, or by its interval."""
        if not hasattr(self, "due"):
            return Timer.advance(self, now)
        run = super().advance(now)
        if run:
            del self.due
            self.days = 0
            self.ticks = now
            self.delay(self.period)
        return run
