# The ground: what every room of lib/ uses and that knows none of them. The group of all tasks and services,
# small questions about them, and the guard of the event loop. Resident, so it is kept small.

import asyncio
import sys

try:
    from asyncio import core
except ImportError:  # CPython, for the tools of the host
    core = None

_LONGEST = const(200)  # characters of what is told of a fault

# 1 in a tree that svctl/build/tree.py has made: there tables are " =file name name =file name "
_BUILT = const(0)

uptime = int  # that of aioschedule, once it is loaded: seconds since start


def lookup(room, table, name):
    """An attribute that a file of a room has, which is loaded on use; table: {file: "its names"}.

    The build makes a text of that, as a dict would keep each file's name in memory for good. In its file a
    function that would hide a built-in has a `_` at its end.
    """
    if not _BUILT:
        table = "".join([" =%s %s" % each for each in table.items()]) + " "
    at = table.find(" " + name + " ")
    if at < 0:
        raise AttributeError(name)
    file = table[table.rfind("=", 0, at) + 1 : at + 1].split(" ", 1)[0]
    module = __import__(room + "." + file, None, None, (name,))
    return getattr(module, name if hasattr(module, name) else name + "_")


def forget(full):
    """Forgets a module, so that its memory is free: its package has it, too."""
    modules = sys.modules
    modules.pop(full, None)
    package, _, leaf = full.rpartition(".")
    if package in modules:
        modules[package].__dict__.pop(leaf, None)


def names(value):
    """The names in a `require`, `want` or `groups`: a name, a list of names, or a dict of them."""
    if isinstance(value, str):
        return (value,)
    return value.values() if isinstance(value, dict) else value


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


def _rare(name):
    # What most boards never need.
    table = {
        "fault": "describe kept_of said",
        "strays": "blocked end failed make",
        "named": "records",
        "foreign": "note",
    }
    return lookup(__name__, table, name)


def describe(error):
    """An error, or what is kept of one, as a text: `OSError: 113`. Never fails, whatever memory is left."""
    if isinstance(error, tuple):
        return error[1]
    name = (error if isinstance(error, type) else type(error)).__name__
    try:
        try:
            return _rare("describe")(error, name)
        except Exception:  # no memory for its file
            return name + ": " + str(int(error.errno))
    except Exception:
        return name


def kept_of(error, service=None):
    """What is kept of an error, never the object and what that carries: see fault.py.

    Short of memory that is its class.
    """
    if error is None or isinstance(error, tuple) or isinstance(error, type):
        return error
    # What is kept, and what grows by it, else lies in the middle of the heap, behind what the error carries.
    __import__("gc").collect()
    try:
        return _rare("kept_of")(error, service)
    except Exception:
        return type(error)


class Group:
    """All tasks and all services of the board."""

    log = None  # the journal, or a logger that somebody gave with set_log()
    Service = None  # the class of all services, once it is loaded

    def __init__(self):
        self.records = {}  # name -> jobs.Record
        self.services = {}  # name -> Service; a service is its own record

    @property
    def tasks(self):
        """A new dict name -> record: the plain tasks, and each service that was started."""
        return _rare("records")(self)

    def note(self, level, name, text):
        """Writes a line to the journal, if there is one; no error is so long that it pushes out the rest."""
        log = self.log
        if len(text) > _LONGEST:
            text = _rare("said")(text)
        if hasattr(log, "put"):
            log.put(level, name, text)
        elif log is not None:
            _rare("note")(log, level, name, text)


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
