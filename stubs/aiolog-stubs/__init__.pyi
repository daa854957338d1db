# Types of aiolog for editors and mypy, as docs/aiolog.md has it; no board loads this.
# tests/host/setup/test_stubs.py compares it with lib/.
import io
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

class Journal(io.TextIOBase):
    """Keeps the newest lines in `size` bytes; also a stream for print and print_exception."""

    size: int
    clock: Callable[[], int]
    source: str
    level: int
    event: Any
    first: int
    next: int

    def __init__(self, size: int = 2000, clock: Callable[[], int] = int) -> None: ...
    def put(self, level: int, name: str | bytes, text: str | bytes) -> None:
        """Writes one line; `name` and `text` are str or bytes."""
    def write(self, buf: str | bytes) -> int:
        """Stream: text up to a newline becomes a line, however many writes it takes."""
    def lines(self, since: int = 0) -> Iterator[tuple[int, int, int, str, str]]:
        """Yields (number, stamp, level, name, text) from line `since` on, oldest first."""

class Logger:
    """Writes lines of `level` and above into a journal (or None), under a name."""

    journal: Any
    name: str
    level: int

    def __init__(self, journal: Any, name: str, level: int | str = 20, service: Any = None) -> None: ...
    def debug(self, msg: object, *args: Any, cname: str | None = None) -> None: ...
    def info(self, msg: object, *args: Any, cname: str | None = None) -> None: ...
    def warning(self, msg: object, *args: Any, cname: str | None = None) -> None: ...
    def warn(self, msg: object, *args: Any, cname: str | None = None) -> None: ...
    def error(self, msg: object, *args: Any, cname: str | None = None) -> None: ...
    def critical(self, msg: object, *args: Any, cname: str | None = None) -> None: ...
    def exception(self, msg: object, *args: Any, exc: BaseException | None = None, exc_info: Any = None,
                  cname: str | None = None) -> None:
        """Like error(), followed by the traceback of `exc`, which logging calls `exc_info`."""
    def log(self, level: int, msg: object, *args: Any, cname: str | None = None) -> None:
        """Writes a line of any level."""
    def setLevel(self, value: int | str) -> None:
        """Takes a number or a name."""
    def isEnabledFor(self, level: int) -> bool:
        """Whether a line of that level is written."""
    def emit(self, level: int, text: str, cname: str | None = None) -> None:
        """Writes a line as it is."""

class _Streamlog(Journal):
    """The board's journal, as programs for asyncmd use it."""

    def cat(self, grep: str = "") -> None:
        """Prints the lines in which that occurs, as aioctl.log() does."""
    def follow(self, grep: str = "", wait: Any = None) -> Coroutine[Any, Any, None]:
        """To be awaited: prints them, and those that come, until it is cancelled."""

streamlog: _Streamlog

def level(value: int | str) -> int:
    """The number of a level: 20 for 20, "info" and "INFO" (the first letter decides)."""
