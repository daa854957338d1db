# Types of aioctl for editors and mypy, as docs/aioctl.md has it; no board loads this.
# tests/host/setup/test_stubs.py compares it with lib/.
from collections.abc import Callable, Coroutine
from typing import Any, TextIO

class _Record:
    """One named task. `since` and `done_at` are in seconds of `aioschedule.uptime()`."""

    name: str
    coro: Any
    args: Any
    kwargs: dict[str, Any]
    service: Any
    task: Any
    since: int | None
    done_at: int | None
    cancelled: bool
    error: BaseException | None
    result: Any

    def status(self) -> str:
        """One word for reports: running, ERROR, stopped or done."""
    def start(self) -> None:
        """Runs it from the beginning; does nothing while it runs."""
    def stop(self) -> None:
        """Asks it to stop; returns at once."""
    def delete(self) -> None:
        """Asks it to stop, and forgets it."""

class _Group:
    """What belongs to all tasks."""

    tasks: dict[str, _Record]

class aiotask:
    """What the decorator `aiotask` returns: a task as asyncmd's services write it."""

    def __init__(self, function: Callable[..., Any]) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

def group() -> _Group:
    """What belongs to all tasks: `tasks` has the records by name."""

def add(coro: Callable[..., Any] | Coroutine[Any, Any, Any], *args: Any, name: str | None = None,
        **kwargs: Any) -> None:
    """Starts a task: an async function with its arguments, or a coroutine."""

def tasks() -> list[Any]:
    """The asyncio tasks that run now: a list for asyncio.gather()."""

def tasks_match(pattern: str = "*") -> list[str]:
    """The sorted names of tasks and services that fit a pattern; `*` is a wildcard."""

def start(name: str) -> bool:
    """Starts what ended, or a service, again; does nothing where it runs. False: no such task."""

def stop(name: str | None = None, stop_sch: bool = True) -> bool:
    """Stops tasks and services by name or pattern (None: all). False: no such task."""

def delete(*names: str) -> None:
    """Stops tasks and forgets them; a service is unloaded."""

def status(name: str | None = None, log: bool = True, debug: bool = False, indent: str = "    ") -> None:
    """Prints a line for each task, or for those that a name or pattern picks."""

def result(name: str | None = None) -> Any:
    """The result of a task that ended, which is the error of one that failed; None while it runs."""

def result_all(as_dict: bool = False) -> dict[str, Any] | None:
    """Prints the results of all tasks, or returns {name: result}."""

def traceback(name: str | None = None, rtn: bool = False, indent: str = "",
              file: TextIO | None = None) -> Any:
    """Prints the tracebacks of tasks that failed; with rtn tells whether there is one."""

def debug() -> None:
    """Turns the debug mode of `status` on, or off again."""

def log(pattern: str = "", level: int | str | None = None, last: int | None = None, file: Any = None,
        journal: Any = None, name: str | None = None) -> None:
    """Prints the lines in which `pattern` occurs, of `level` and above; the `last` n of them."""

async def follow(pattern: str = "", level: int | str | None = None, file: Any = None, journal: Any = None,
                 name: str | None = None, last: int | None = None) -> None:
    """Prints what log() would, and then the lines that come, until it is cancelled."""

def journal() -> Any:
    """The journal, or None: an aiolog.Journal, a target of print(file=…)."""

def set_log(log: Any) -> None:
    """Makes `log` (an aiolog.Journal, or a logger) the journal of all tasks."""

def getenv(name: str, alt: Any = None, envfile: str = ".env") -> Any:
    """The value of a name in `.env`, or `alt`."""

def get_datetime(t: Any = None) -> str:
    """2026-03-16 11:27:11 of a localtime tuple, or of now."""

def profile(on: bool | None = None) -> None:
    """Prints where the loop's time went; True begins to measure, False ends it and forgets all."""
