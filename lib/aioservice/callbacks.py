# Exceptions of threads and of machine.Timer's callbacks: the firmware prints those and nobody else sees them.
# A service gets these in the place of its own `_thread` and `Timer`, and so they stand in the journal. Loaded
# for services that import one of the two; what none of them uses goes with the boot.

import asyncio
import sys
from micropython import schedule

from aiobase import _hear


async def _tell(what, error):
    _hear(None, {"message": what, "exception": error})


def _soon(told):
    # Between two steps of the program, perhaps in the middle of a line for the journal: the loop writes it.
    asyncio.create_task(_tell(*told))


def _what(kind, function):
    return "%s '%s'" % (kind, getattr(function, "__name__", "?"))


class _Threads:
    """`_thread`, for a service."""

    def __getattr__(self, name):
        return getattr(__import__("_thread"), name)

    def start_new_thread(self, function, args, *more):
        def run(*args, **kwargs):
            try:
                function(*args, **kwargs)
            except SystemExit:  # how a thread ends itself
                pass
            except Exception as error:
                schedule(_soon, (_what("thread", function), error))

        return __import__("_thread").start_new_thread(run, args, *more)


def _timer(machine):
    """`machine.Timer`, for a service."""

    class Timer(machine.Timer):
        def __init__(self, *args, **options):
            super().__init__(*args, **_told(options))

        def init(self, *args, **options):
            return super().init(*args, **_told(options))

    return Timer


def _told(options):
    callback = options.get("callback")
    if callback is not None and not options.get("hard"):  # a hard one may not allocate

        def run(timer):
            try:
                callback(timer)
            except Exception as error:
                _soon((_what("timer", callback), error))

        options["callback"] = run
    return options


class _Machine:
    """`machine`, for a service that uses Timer."""

    def __init__(self, machine):
        self._real = machine
        self.Timer = _timer(machine)

    def __getattr__(self, name):
        return getattr(self._real, name)


def adopt(module):
    """Gives a module that was just imported what it is to use in the place of its own."""
    names = module.__dict__
    if "_thread" in names and not isinstance(names["_thread"], _Threads):
        module._thread = _Threads()
    if "start_new_thread" in names and names["start_new_thread"] is __import__("_thread").start_new_thread:
        module.start_new_thread = _Threads().start_new_thread
    machine = sys.modules.get("machine") or __import__("machine")
    real = getattr(machine, "Timer", None)
    if real is None:
        return
    if names.get("Timer") is real:
        module.Timer = _timer(machine)
    if names.get("machine") is machine and _says(module.__file__, b"Timer"):
        module.machine = _Machine(machine)


def _says(path, word):
    """Whether a word stands in a file."""
    try:
        with open(path, "rb") as file:
            data = file.read(256)
            while data:
                if word in data:
                    return True
                rest = file.read(256)
                data = data[-len(word) :] + rest if rest else None
    except OSError:
        pass
    return False
