# The logger of services that were written for asyncmd: a line may begin with "[hello.service] "
# itself. Also for a logger that is no journal.

from aiobase.foreign import write

from .logger import Logger


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
            write(self.journal, level, name, text)
