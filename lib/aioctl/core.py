# What every part of the project shares: the group of all tasks and services, and small
# questions about them. Resident, so it is kept small.

import sys


def lookup(prefix, table, name):
    """An attribute that a file has which is loaded on use; table: " =file name name =file name ".

    The prefix stands before the file's name in that of its module: "aioservice.".

    A string, as a dict would keep each name in memory for good. In its file a function that
    would hide a built-in has a `_` at its end.
    """
    at = table.find(" %s " % name)
    if at < 0:
        raise AttributeError(name)
    file = table[table.rfind("=", 0, at) + 1 : at + 1].split(" ", 1)[0]
    module = __import__(prefix + file, None, None, (name,))
    return getattr(module, name if hasattr(module, name) else name + "_")


def bound(function, owner):
    """A function as a method of owner."""
    return lambda *args, **kwargs: function(owner, *args, **kwargs)


def is_awaitable(value):
    """True for coroutines, tasks and what asyncio.sleep() returns, which has no send()."""
    return hasattr(value, "send") or hasattr(value, "__next__")


def is_interrupt(error):
    """True for a Ctrl-C of the firmware, False for a KeyboardInterrupt that code raised.

    The firmware raises one static object, which lies in the VM's state beside
    `sys.modules`; what `raise` makes lies in the heap, behind its allocation table.
    """
    return isinstance(error, KeyboardInterrupt) and abs(id(error) - id(sys.modules)) < 1024


def describe(error):
    """An error in one line: `OSError: 113`."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # one that cannot be shown, or no memory for it
        return name
    return name + ": " + text if text else name


class Group:
    """All tasks and all services of the board."""

    log = None  # the journal, or a logger that somebody gave with set_log()

    def __init__(self):
        self.records = {}  # name -> jobs.Record
        self.services = {}  # name -> Service; a service is its own record

    @property
    def tasks(self):
        """A new dict name -> record: the plain tasks, and each service that was started."""
        from .verbs import records

        return records(self)

    def note(self, level, name, text):
        """Writes a line to the journal, if there is one; no error is so long that it pushes out the rest."""
        log = self.log
        text = text[:200]
        if hasattr(log, "put"):
            log.put(level, name, text)
        elif log is not None:
            from .tagged import note

            note(log, level, name, text)


_group = Group()


def group():
    """The group of all tasks; `group().tasks` are their records by name."""
    return _group
