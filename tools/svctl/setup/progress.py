"""What takes its time, told to a person at a terminal while it does; elsewhere it is one line."""
from __future__ import annotations

import contextlib
import sys
import threading
import time
from pathlib import Path
from typing import Iterator, Optional, TextIO

AGAIN = 1.0  # s from one look to the next


@contextlib.contextmanager
def told(text: str, folder: Path, stream: Optional[TextIO] = None) -> Iterator[None]:
    """Says `text`; in a terminal the seconds, and how much came into `folder` by now, go on behind it."""
    stream = stream or sys.stdout
    print(f"{text} …", end="" if stream.isatty() else "\n", file=stream, flush=True)
    if not stream.isatty():
        yield
        return
    begin, ended = time.monotonic(), threading.Event()
    before = size(folder)

    def look() -> None:
        while not ended.wait(AGAIN):
            print(f"\r{text} … {line(size(folder) - before, time.monotonic() - begin)}", end="", file=stream,
                  flush=True)

    teller = threading.Thread(target=look, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
        print(file=stream, flush=True)


def line(got: int, seconds: float) -> str:
    return f"{max(got, 0) / 1e6:.1f} MB, {seconds:.0f} s"


def size(folder: Path) -> int:
    """The bytes of all files in a folder, in which others write and remove."""
    found = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            found += path.lstat().st_size
    return found
