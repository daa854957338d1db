# What every part of the project shares: the group of all tasks and services, small questions
# about them, and the guard of the event loop. Resident, so it is kept small.

import asyncio
import gc
import sys

try:
    from asyncio import core
except ImportError:  # CPython, for the tools of the host
    core = None

_LONGEST = const(200)  # characters of what is told of a fault


def lookup(prefix, table, name):
    """An attribute that a file has which is loaded on use; table: " =file name name =file name ".

    The prefix stands before the file's name in that of its module: "aioservice.".

    A string, as a dict would keep each name in memory for good. In its file a function that
    would hide a built-in has a `_` at its end.
    """
    at = table.find(" " + name + " ")
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


def _kept():
    # What more there is to say of an error; not resident, as most boards never need it.
    return __import__("aioctl.kept", None, None, ("x",))


def describe(error):
    """An error, or what is kept of one, as a text: `OSError: 113`. Never fails, whatever memory is left."""
    if isinstance(error, tuple):
        return error[1]
    name = (error if isinstance(error, type) else type(error)).__name__
    try:
        try:
            return _kept().describe(error, name)
        except Exception:  # no memory for its file
            return name + ": " + str(int(error.errno))
    except Exception:
        return name


def kept_of(error, service=None):
    """What is kept of an error, never the object and what that carries: see aioctl.kept.

    Short of memory that is its class.
    """
    if error is None or isinstance(error, tuple) or isinstance(error, type):
        return error
    # What is kept, and what grows by it, else lies in the middle of the heap, behind what the error carries.
    gc.collect()
    try:
        return _kept().kept_of(error, service)
    except Exception:
        return type(error)


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
        if len(text) > _LONGEST:
            text = _kept().said(text)
        if hasattr(log, "put"):
            log.put(level, name, text)
        elif log is not None:
            from .tagged import note

            note(log, level, name, text)


_group = Group()


def group():
    """The group of all tasks; `group().tasks` are their records by name."""
    return _group


# The guard of the one event loop, there as soon as this is imported; no task pays for it. What MicroPython's
# loop does not survive is refused (a loop in the loop, which leaves it without a current task, and a new one
# in its place), or is the failure of the one task that it comes from (what is no `Exception`).
#
# It stands in front of asyncio's own functions, which asyncio.run() and the methods of Loop look up when they
# are called, under whatever name somebody has imported those. A loop that began before has the first half
# alone. What is rare is in strays.
# The task for which it runs, or True; whether a prompt's Ctrl-D has ended the last one; what Loop.stop()
# would have run when it began; who asked for a new one last.
loop = [None, False, None, None]


def _rare(name):
    return lookup("aioctl.", " =strays blocked end failed make ", name)


def _runs():
    # asyncio forgets the current task only where all went well: that there is one tells nothing, that its
    # code runs does. Nobody but that question has a use for pend_throw() today.
    try:
        return loop[0] or core.cur_task.coro.pend_throw(None)
    except AttributeError:
        return None
    except ValueError:
        return True


def _run(task=None):
    if _runs():
        if task is not None:
            task.cancel()  # asyncio.run() has just made it
        _rare("blocked")(task)
    loop[:3] = (task or True, False, core._stop_task)
    try:
        while True:
            try:
                return _loop(task)
            except BaseException as error:
                # The rest is asyncio's: an Exception is its own, unless that of the task it runs for.
                if core.cur_task in (None, task) or isinstance(error, Exception) or is_interrupt(error):
                    raise
                _rare("end")(core.cur_task, error)
    finally:
        loop[0] = core.cur_task = None


def _make():
    # In a loop that runs there is no other, but for a prompt's Ctrl-D.
    return _rare("make")() if _runs() else _new()


def _hear(_, context):
    # Of an exception that no task took.
    try:
        _rare("failed")(context)
    except Exception:  # no memory for it
        print(describe(context["exception"]))
    context["exception"] = context["future"] = None  # nothing of it stays


if core is not None:
    _loop = core.run_until_complete
    _new = core.new_event_loop
    core.run_until_complete = asyncio.run_until_complete = _run
    core.new_event_loop = asyncio.new_event_loop = _make
    core.Loop.default_exception_handler = _hear
