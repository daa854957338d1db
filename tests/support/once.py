"""What takes long is made once for all processes of a run."""
from __future__ import annotations

import fcntl
import os
from typing import Callable


def once(tmp_path_factory, name: str, make: Callable[[], str]) -> str:
    """The text that `make` returns, by the first process that asks; the others wait for it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / f"{name}.txt"
    with open(folder / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_text(make())
    return path.read_text()
