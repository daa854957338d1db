# How many lines a service may write: so many at once, and from then on as they are earned back.
# A service that floods the journal would overwrite what the others said. Loaded with its logger.

import asyncio

from aioschedule import uptime

# Lines, and the seconds in which they are earned: 20 at once, 2 a second from then on. A journal of
# 2000 bytes holds about 30.
_LINES = const(20)
_SECONDS = const(10)
_WARNING = const(30)  # aiolog's levels
_ERROR = const(40)
_CRITICAL = const(50)


def limited(logger, service):
    """The Rate of a service's logger, as `lograte` says: [lines, seconds], or None for no bound."""
    rate = getattr(service, "lograte", False)
    if rate is None:
        return None
    rate = rate or (_LINES, _SECONDS)
    if not isinstance(rate, (list, tuple)) or len(rate) != 2:
        raise ValueError("%s.lograte: expected [lines, seconds], or None, not %r" % (service.name, rate))
    return Rate(logger, rate[0], rate[1], uptime)


class Rate:
    """A bucket of lines. When it is empty lines are dropped, and counted, until it is half full again.

    Then one line says how many. Errors go on until they have used up as much again, so that what
    else is written costs no error; and critical lines are never dropped. `clock` gives whole seconds.
    """

    def __init__(self, logger, lines, seconds, clock):
        self.logger = logger
        self.lines = lines
        self.seconds = seconds
        self.clock = clock
        # In parts of a line, as whole numbers cost no memory: a line takes `seconds` of them, each
        # second brings `lines`.
        self.left = self.full = lines * seconds
        self.at = clock()
        self.dropped = 0

    def take(self, level):
        """Whether a line of that level may be written."""
        if level >= _CRITICAL:
            return True
        self.earn()
        left = self.left - self.seconds
        if left >= -self.full if level >= _ERROR else left >= 0 and not self.dropped:
            self.left = left
            return True
        self.dropped += 1
        if self.dropped == 1:
            try:
                asyncio.create_task(self._watch())
            except MemoryError:  # the next line that is written will tell
                pass
        return False

    def earn(self):
        """Takes note of the time that has passed; writes how many lines were dropped, when that ends."""
        now = self.clock()
        passed = now - self.at
        if passed <= 0:
            return
        self.at = now
        if passed > 2 * self.seconds:  # else the product might be too large to cost no memory
            self.left = self.full
        else:
            self.left = min(self.left + passed * self.lines, self.full)
        if self.dropped and 2 * self.left >= self.full:
            text = "lines dropped: %d (more than %d in %d s)" % (self.dropped, self.lines, self.seconds)
            self.dropped = 0
            self.logger.emit(_WARNING, text)

    async def _watch(self):
        # After a flood there may be no further line for a long time.
        while self.dropped:
            await asyncio.sleep(self.seconds // 4 + 1)
            self.earn()
