# Types of aioschedule for editors and mypy, as docs/aioschedule.md has it; no board loads this.
# tests/host/setup/test_stubs.py compares it with lib/.
from collections.abc import Callable
from typing import Any

class Timers:
    """Timers by key, and the task that sleeps until the next is due."""

    task: Any

    def __init__(self) -> None: ...
    def on_error(self, key: str, exc: BaseException) -> None:
        """Gets what a run raised; may be replaced. What it raises itself ends the loop."""
    def remove(self, key: str) -> bool:
        """True if there was a timer of that key."""
    def info(self, key: str) -> Any:
        """The Timer of that key, or None."""
    def wake(self) -> None:
        """Lets the loop look at the timers; starts it if need be, in a new event loop too."""
    def restart(self) -> None:
        """The same as wake()."""

# The one instance, once something is scheduled.
timers: Timers | None
# Of the last reading: whole seconds, milliseconds, ticks; then the minutes by which local time is ahead.
clock: list[int]

def schedule(key: str, run: Callable[[], Any], start_in: float | tuple[int, ...] | list[int] | None = None,
             repeat: float | bool | None = False) -> None:
    """Calls `run()` in `start_in` seconds and then every `repeat` seconds."""

def unschedule(key: str) -> bool:
    """Forgets the timer of that key; False if there is none."""

def next_due(key: str) -> float | Any:
    """Seconds until the timer of that key is due; None if there is none, or it waits for the clock."""

def next_run(key: str) -> str | None:
    """When the timer of that key runs next: `at 2026-11-22 07:30:00`, or `in 38 s, at …`."""

def group() -> Timers:
    """The one Timers instance."""

def reset() -> None:
    """Forgets all timers; the loop ends."""

def uptime() -> int:
    """Whole seconds since start. Never allocates."""

def uptime_ms() -> int:
    """Milliseconds since start."""

def wall(up: float) -> int:
    """Seconds for time.localtime() of the moment at which uptime() was `up`, ahead by `_boot.utc_offset`."""

def get_datetime(t: Any = None) -> str:
    """2026-03-16 11:27:11 of a localtime tuple, or of now."""

def tmdelta_fmt(seconds: float) -> str:
    """38 s, or 00:01:01, or 2 days, 03:04:05."""
