# A logger that somebody gave with set_log() in the place of the journal: how it is told a line.
# Loaded with the first one.

from aiobase import describe

_NAMES = ("debug", "info", "warning", "error", "critical")


def write(target, level, name, text):
    """Has it write a line, under a name."""
    at = min(max(level // 10, 1), 5) - 1
    getattr(target, _NAMES[at])("[%s] %s" % (name, text))


def note(target, level, name, text):
    """Writes a line to a logger that is no journal; it must not fail what it reports on."""
    try:
        write(target, level, name, text)
    except Exception as e:
        print("[%s] %s (the logger: %s)" % (name, text, describe(e)))
