# The logger with which code writes into the journal: it formats after the level check,
# and a line without arguments costs no memory. Loaded with the first one.

import sys

_TRACED = const(1000)  # characters of a traceback


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
            from aiolograte import limited

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
        name = self.name if cname is None else "%s.%s" % (self.name, cname)
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
