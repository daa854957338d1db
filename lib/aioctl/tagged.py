# The logger of services that were written for asyncmd: a line may name a child task with
# `cname=`, or begin with "[hello.service] " itself. Also for a logger that is no journal.

import sys
from io import StringIO

from aiolog import level as to_level

from .core import describe

_NAMES = ("debug", "info", "warning", "error", "critical")


def _at(level):
    def write(self, msg, *args, cname=None):
        if level >= self.level:
            self.log(level, msg, *args, cname=cname)

    return write


def _write(target, level, text):
    at = min(max(level // 10, 1), 5) - 1
    getattr(target, _NAMES[at])(text)


def note(target, level, name, text):
    """Writes a line to a logger that is no journal; it must not fail what it reports on."""
    try:
        _write(target, level, "[%s] %s" % (name, text))
    except Exception as e:
        print("[%s] %s (the logger: %s)" % (name, text, describe(e)))


class Tagged:
    """Writes lines of `level` and above under a name: to a journal, a logger, or (None) nowhere."""

    debug = _at(10)
    info = _at(20)
    warning = _at(30)
    error = _at(40)
    critical = _at(50)

    def __init__(self, target, name, level=20):
        # Loggers of ours would tag the lines with their own name, and have their own level.
        if isinstance(target, Tagged):
            target = target.target
        self.target = getattr(target, "journal", target)
        self.name = name
        self.setLevel(level)

    def setLevel(self, value):
        """Takes a number or a name."""
        self.level = to_level(value)

    def isEnabledFor(self, level):
        """Whether a line of that level is written."""
        return level >= self.level

    def log(self, level, msg, *args, cname=None):
        """Writes a line of a level; `cname` is the last part of a child task's name."""
        if level < self.level or self.target is None:
            return
        text = str(msg)
        if args:
            try:
                text = text % args
            except Exception:  # a line of log never raises
                text = "%s %r" % (text, args)
        name = self.name if cname is None else "%s.%s" % (self.name, cname)
        end = text.find("] ")
        if text.startswith("[" + self.name) and end > 0:
            name = text[1:end]
            text = text[end + 2 :]
        if hasattr(self.target, "put"):
            self.target.put(level, name, text)
        else:
            _write(self.target, level, "[%s] %s" % (name, text))

    def exception(self, msg, *args, exc=None, cname=None):
        """Like error(), followed by a line with the traceback of `exc`."""
        self.error(msg, *args, cname=cname)
        if exc is not None:
            text = StringIO()
            try:
                sys.print_exception(exc, text)
            except Exception:  # one that cannot be shown
                text.write("?")
            self.error(text.getvalue().rstrip(), cname=cname)
