# The journal of all tasks: which one it is, and its lines.
# Loaded when somebody asks.

from aiobase import group
from aiolog.show import follow, log  # noqa: F401 - aioctl has both from here


def set_log(log):  # noqa: F811
    """Makes `log` (an aiolog.Journal, or a logger) the journal of all tasks."""
    group().log = log


def journal():
    """The journal, or None: an aiolog.Journal, a target of print(file=…)."""
    return group().log
