# The logger of services that were written for asyncmd: a line may begin with "[hello.service] "
# itself. Also for a logger that is no journal.

from aiologger import Logger

from .core import describe

_NAMES = ("debug", "info", "warning", "error", "critical")


def _write(target, level, name, text):
    at = min(max(level // 10, 1), 5) - 1
    getattr(target, _NAMES[at])("[%s] %s" % (name, text))


def note(target, level, name, text):
    """Writes a line to a logger that is no journal; it must not fail what it reports on."""
    try:
        _write(target, level, name, text)
    except Exception as e:
        print("[%s] %s (the logger: %s)" % (name, text, describe(e)))


class Tagged(Logger):
    """Writes to a journal, a logger, or (None) nowhere."""

    def __init__(self, target, name, level=20, service=None):
        # Loggers of ours would tag the lines with their own name, and have their own level.
        super().__init__(getattr(target, "journal", target), name, level, service)

    def emit(self, level, text, cname=None):
        """Writes a line, under the name that it begins with, if that is of this service."""
        name = self.name if cname is None else "%s.%s" % (self.name, cname)
        end = text.find("] ")
        if text.startswith("[" + self.name) and end > 0:
            name = text[1:end]
            text = text[end + 2 :]
        if hasattr(self.journal, "put"):
            self.journal.put(level, name, text)
        else:
            _write(self.journal, level, name, text)
