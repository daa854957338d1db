# The logger with which code writes into the journal: it formats after the level check,
# and a line without arguments costs no memory. Loaded with the first one.

import io
import sys


def level(value):
    """The number of a level: 20 for 20, "info" and "INFO" (the first letter decides)."""
    if isinstance(value, str):
        i = "DIWEC".find(value[:1].upper())
        if i < 0:
            raise ValueError("log level %s: debug, info, warning, error or critical" % value)
        return i * 10 + 10
    return value


def _at(level):
    def write(self, msg, *args):
        if level >= self.level and self.journal is not None:
            if args or not isinstance(msg, str):
                msg = _format(msg, args)
            self.journal.put(level, self.name, msg)

    return write


class Logger:
    """Writes lines of `level` and above into a journal (or None), under a name."""

    debug = _at(10)
    info = _at(20)
    warning = _at(30)
    error = _at(40)
    critical = _at(50)

    def __init__(self, journal, name, level=20):
        self.journal = journal
        self.name = name
        self.setLevel(level)

    def setLevel(self, value):
        """Takes a number or a name."""
        self.level = level(value)

    def isEnabledFor(self, level):
        return level >= self.level

    def log(self, level, msg, *args):
        _at(level)(self, msg, *args)

    def exception(self, msg, *args, exc=None):
        """Like error(), followed by a line with the traceback of `exc`."""
        self.error(msg, *args)
        if exc is None or self.level > 40:
            return
        text = io.StringIO()
        try:
            sys.print_exception(exc, text)
        except Exception:  # one that cannot be shown
            text.write("?")
        self.error(text.getvalue().rstrip())


def _format(msg, args):
    # A line of log never raises: of a wrong format it shows what it has.
    try:
        return str(msg) % args if args else str(msg)
    except Exception:
        try:
            return "%s %r" % (msg, args)
        except Exception:
            return "?"
