# `aiolog.streamlog`: the journal under the name by which programs for asyncmd know it. Loaded with the
# first of them; what only they ask of it, Journal learns then.

from aiobase import group
from aiolog import Journal
from aioschedule import uptime

_own = []  # the ring, where the journal is a logger that somebody gave


def __getattr__(name):
    """The journal, made where there is none yet; beside a logger that somebody gave, a ring of its own."""
    if name != "streamlog":
        raise AttributeError(name)
    log = group().log
    if hasattr(log, "put"):
        return log
    if not _own:
        _own.append(Journal(2000, uptime))
    if log is None:
        group().log = _own[0]
    return _own[0]


def cat(journal, grep=""):
    """Prints the lines in which that occurs, as aioctl.log() does."""
    from .show import log

    log(grep, journal=journal)


def follow(journal, grep="", wait=None):
    """To be awaited: prints them, and those that come, until it is cancelled."""
    from .show import follow

    return follow(grep, journal=journal)


Journal.cat = cat
Journal.follow = follow
Journal.flush = lambda journal: None  # some handlers of `logging` call it
