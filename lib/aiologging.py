# The journal for code that knows `logging`: `import aiologging as logging` where that is not installed;
# and where it is, a handler with which it writes into the journal. Not needed by anything here.

from aiobase import describe, group
from aiolog.logger import Logger, level

CRITICAL = 50
ERROR = 40
WARNING = 30
INFO = 20
DEBUG = 10
NOTSET = 0

_loggers = {}


class _Named(Logger):
    def __init__(self, name):
        self.name = name
        self.level = INFO

    @property
    def journal(self):
        # Whatever is the journal when a line is written: code asks for its logger at its import.
        return None if group().log is self else group().log

    def emit(self, level, text, cname=None):
        group().note(level, self.name, text)

    def getEffectiveLevel(self):
        return self.level


def getLogger(name="root"):
    """The logger of that name, always the same one. Names know no parents: each has its own level."""
    name = name or "root"
    if name not in _loggers:
        _loggers[name] = _Named(name)
    return _loggers[name]


def basicConfig(level=WARNING, **_):
    """Sets the level of the root logger; where lines go is the journal's business."""
    getLogger().setLevel(level)


def _of_root(method):
    def write(msg, *args, **kwargs):
        getattr(getLogger(), method)(msg, *args, **kwargs)

    return write


debug = _of_root("debug")
info = _of_root("info")
warning = warn = _of_root("warning")
error = _of_root("error")
critical = _of_root("critical")
exception = _of_root("exception")


class Handler:
    """Writes what a logger of `logging` says into the journal: logging.getLogger().addHandler(Handler()).

    The journal has a name and a level for each line: without a formatter the bare message is its
    text. `journal`: None for the board's own. A line that cannot be formatted is written as it is.
    """

    # Not None: else logging.basicConfig() would give it one that repeats name and level.
    formatter = False

    def __init__(self, level=NOTSET, journal=None):
        self.setLevel(level)
        self.journal = journal

    def setLevel(self, value):
        """Takes a number or a name."""
        self.level = level(value)

    def setFormatter(self, formatter):
        self.formatter = formatter

    def format(self, record):
        """The text of a record; CPython's has a getMessage()."""
        if self.formatter:
            return self.formatter.format(record)
        return record.getMessage() if hasattr(record, "getMessage") else record.message

    def emit(self, record):
        """Called by logging; never raises."""
        if record.levelno < self.level:
            return
        try:
            text = str(self.format(record))
        except Exception as e:
            text = "%s (%s)" % (getattr(record, "msg", getattr(record, "message", "?")), describe(e))
        journal = self.journal or group().log
        if hasattr(journal, "put"):  # somebody's own logger may have this very handler
            journal.put(record.levelno, record.name, text)

    handle = emit

    def flush(self):
        pass

    close = flush
