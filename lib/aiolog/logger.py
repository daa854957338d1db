# The logger with which code writes into the journal: it formats after the level check, and a line without
# arguments costs no memory. And how many lines a service may write: a flood of them would overwrite what the
# others said. Loaded with the first logger.

import asyncio
import sys

import aiobase

_TRACED = const(1000)  # characters of a traceback
# Lines, and the seconds in which they are earned: 20 at once, 2 a second from then on. A journal of
# 2000 bytes holds about 30.
_LINES = const(20)
_SECONDS = const(10)
_WARNING = const(30)  # aiolog's levels
_ERROR = const(40)
_CRITICAL = const(50)


def level(value):
    """The number of a level: 20 for 20, "info" and "INFO" (the first letter decides)."""
    if isinstance(value, str):
        i = "DIWEC".find(value[:1].upper())
        if i < 0:
            raise ValueError("log level %s: debug, info, warning, error or critical" % value)
        return i * 10 + 10
    return value


def _at(level):
    def write(self, msg, *args, cname=None):
        if level >= self.level:
            self.line(level, msg, args, cname)

    return write


class Logger:
    """Writes lines of `level` and above into a journal (or None), under a name.

    With a service its `lograte` bounds how many. `cname` is the last part of the name of a child task
    whose line it is. What other loggers do differently is in their emit().
    """

    debug = _at(10)
    info = _at(20)
    warning = warn = _at(30)
    error = _at(40)
    critical = _at(50)
    rate = None

    def __init__(self, journal, name, level=20, service=None):
        self.journal = journal
        self.name = name
        self.setLevel(level)
        if service is not None and hasattr(journal, "put"):
            self.rate = limited(self, service)

    def setLevel(self, value):
        """Takes a number or a name."""
        self.level = level(value)

    def isEnabledFor(self, level):
        """Whether a line of that level is written."""
        return level >= self.level

    def log(self, level, msg, *args, cname=None):
        """Writes a line of any level."""
        if level >= self.level:
            self.line(level, msg, args, cname)

    def exception(self, msg, *args, exc=None, exc_info=None, cname=None):
        """Like error(), followed by the traceback of `exc`, which logging calls `exc_info`."""
        self.error(msg, *args, cname=cname)
        exc = exc or exc_info
        if not isinstance(exc, BaseException) or self.level > 40:
            return
        from aiobase.fault import _Text

        text = _Text(_TRACED)
        try:
            sys.print_exception(exc, text)
        except BaseException as e:  # there was more, or it cannot be shown
            if isinstance(e, KeyboardInterrupt):
                raise
        self.error(text.text().rstrip(), cname=cname)

    def line(self, level, msg, args, cname):
        """A line whose level was looked at; whether it is one too many is seen before it is formatted."""
        if self.journal is None or self.rate is not None and not self.rate.take(level):
            return
        if args or not isinstance(msg, str):
            msg = _format(msg, args)
        self.emit(level, msg, cname)

    def emit(self, level, text, cname=None):
        """Writes a line as it is."""
        name = self.name if cname is None else self.name + "." + cname
        self.journal.put(level, name, text)


def _format(msg, args):
    # A line of log never raises: of a wrong format it shows what it has.
    try:
        return str(msg) % args if args else str(msg)
    except BaseException as e:
        if isinstance(e, KeyboardInterrupt):
            raise
        try:
            return "%s %r" % (msg, args)
        except Exception:
            return "?"


# --- how many lines: so many at once, and from then on as they are earned back ---


def limited(logger, service):
    """The Rate of a service's logger, as `lograte` says: [lines, seconds], or None for no bound."""
    rate = getattr(service, "lograte", False)
    if rate is None:
        return None
    rate = rate or (_LINES, _SECONDS)
    if not isinstance(rate, (list, tuple)) or len(rate) != 2:
        raise ValueError("%s.lograte: expected [lines, seconds], or None, not %r" % (service.name, rate))
    return Rate(logger, rate[0], rate[1], aiobase.uptime)


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
