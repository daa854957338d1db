# The journal for people: lines by pattern and level, once or as they come.
# Loaded when somebody looks; nothing here is needed to write a line.

import time

from aiobase import group
from aiobase.text import match, plain
from aioschedule import get_datetime, wall

from .logger import level as to_level

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Below this year nobody has set the clock: then uptime says more.
_FIRST_YEAR = const(2025)


def _find(journal):
    if journal is None:
        journal = group().log
    return journal if hasattr(journal, "lines") else None


def matches(pattern, name, text):
    """True if the parts of `pattern` between its `*` occur in "[name] text", in that order."""
    line = "[" + name + "] " + text
    pos = 0
    for part in pattern.split("*"):
        pos = line.find(part, pos)
        if pos < 0:
            return False
        pos += len(part)
    return True


def line_text(line, base):
    """How a line of Journal.lines() is shown; `base` is wall(0)."""
    _, stamp, level, name, text = line
    moment = time.localtime(base + stamp)
    when = "[%5d s]" % stamp if moment[0] < _FIRST_YEAR else get_datetime(moment)
    name = "[" + name + "] " if name else ""
    if "\n" in text:
        text = text.replace("\n", "\n    ")
    return "%s [%s] %s%s" % (when, _LEVELS[min(max(level // 10, 1), 5) - 1], name, text)


def _show(line, file):
    if file is None:
        print(line)
    else:
        print(line, file=file)


def of_name(wanted, name):
    """Whether a line's name is that of a task or service, or of one of its children; `*` is a wildcard."""
    wanted = plain(wanted)
    return match(wanted, name) or match(wanted + ".service", name) or match(wanted + ".service.*", name)


def _fits(line, pattern, level, name):
    return (
        line[2] >= level
        and (name is None or of_name(name, line[3]))
        and matches(pattern, line[3], line[4])
    )


def _first(journal, pattern, level, name, last):
    """The number of the first line to be shown, if the `last` n of those that fit are."""
    if last is None:
        return journal.first
    chosen = []
    for line in journal.lines():
        if _fits(line, pattern, level, name):
            chosen.append(line[0])
            if len(chosen) > last:
                chosen.pop(0)
    return chosen[0] if chosen else journal.next


def log(pattern="", level=None, last=None, file=None, journal=None, name=None):
    """Prints the lines in which `pattern` occurs, of `level` and above; the `last` n of them.

    `name`: only those of that task or service, and of its children. `*` stands for anything, every
    other character for itself.
    """
    journal = _find(journal)
    if journal is None:
        return
    level = 0 if level is None else to_level(level)
    base = wall(0)
    for line in journal.lines(_first(journal, pattern, level, name, last)):
        if _fits(line, pattern, level, name):
            _show(line_text(line, base), file)


async def follow(pattern="", level=None, file=None, journal=None, name=None, last=None):
    """Prints what log() would, and then the lines that come, until it is cancelled."""
    import asyncio

    journal = _find(journal)
    if journal is None:
        return
    level = 0 if level is None else to_level(level)
    since = _first(journal, pattern, level, name, last)
    while True:
        for line in journal.lines(since):
            if line[0] > since:
                _show("... %d lines overwritten" % (line[0] - since), file)
            since = line[0] + 1
            if _fits(line, pattern, level, name):
                _show(line_text(line, wall(0)), file)
            await asyncio.sleep_ms(0)
        if since >= journal.next:
            # Nothing can come between this look and the wait: no line is missed, even
            # if several followers share the event.
            if journal.event is None:
                journal.event = asyncio.Event()
            journal.event.clear()
            await journal.event.wait()
