# Types of aioclass for editors and mypy, as docs/aioclass.md has it; no board loads this.
# tests/host/setup/test_stubs.py compares it with lib/.
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from aioctl import _Record
from aiolog import Logger

_State = Literal[
    "init", "waiting", "starting", "running", "scheduled", "stopping", "done", "stopped", "restarting",
    "failed", "blocked", "masked",
]  # fmt: skip

class Service:
    """Base of all services; an author overrides the attributes and methods that matter to him."""

    # What its class and services.config say.
    info: str
    docs: str
    type: str
    enabled: bool
    critical: bool
    safe: bool
    args: tuple[Any, ...] | list[Any]
    kwargs: dict[str, Any]
    require: str | tuple[str, ...] | list[str] | dict[str, str]
    want: str | tuple[str, ...] | list[str]
    groups: str | tuple[str, ...] | list[str]
    schedule: dict[str, Any] | None
    restart: str | bool | dict[str, Any] | list[str] | tuple[str, ...]
    start_timeout: float
    stop_grace: float
    stop_timeout: float
    watchdog: float | None
    loglevel: str
    config: dict[str, Any]
    # Its life: sync or async, with the arguments that the author wants.
    setup: Any
    task: Any
    cleanup: Any
    on_stop: Any
    on_error: Any
    # What it has.
    name: str
    path: str
    state: _State
    since: int | None
    result: Any
    error: BaseException | None
    first: BaseException | None
    series: int
    restarts: int
    reason: str | None
    forced: bool
    took: int
    delay: float
    deps: dict[str, Any]
    log: Logger | Any  # somebody's own, after add_logger()
    record: _Record | None
    manager: Any
    module: Any

    def __init__(self, name: str) -> None: ...
    def is_running(self) -> bool:
        """True in `starting` and `running`, until a stop is asked for."""
    def is_up(self) -> bool:
        """Whether those that require it may run."""
    def is_active(self) -> bool:
        """Whether something of it runs, is armed or is set up."""
    def alive(self) -> None:
        """Tells the watchdog that all is well; allocates nothing."""
    def changed(self) -> Coroutine[Any, Any, Any]:
        """To be awaited: the next change of state from now on, or the end of its life's task."""
    def add_callback(self, kind: Literal["start", "stop"], callback: Callable[[], Any]) -> None:
        """Adds a function to run at "start" (after setup) or "stop" (before cleanup), in order."""
    def add_ctask(self, aioctl: Any, coro: Callable[..., Any], name: str | None = None, *args: Any,
                  **kwargs: Any) -> _Record:
        """Starts the child task `<service>.service.<name>`; it stops with its service."""
    def children(self) -> list[_Record]:
        """The records of its child tasks, of those that ended too."""
    def add_logger(self, log: Any, level: int | str | None = None, service_logger: bool = False) -> None:
        """Uses `log` for this service (None: the journal)."""
    async def startup(self) -> None:
        """Starts it, and what it requires; returns when it is up. Raises why it is not."""
    def gracefully_stop(self) -> None:
        """Asks it to stop, after those that require it; returns at once."""
    async def shutdown(self, grace: float | None = None) -> None:
        """Stops it, after those that require it; returns when it has stopped."""
    def interrupt(self) -> None:
        """Cancels it now, without grace."""
    async def wait_for_shutdown(self) -> Any:
        """Waits for its end; returns its result, or raises its error, each time anew."""
