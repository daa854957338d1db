"""The simulated boards of a project, by name: where their flash lies, which of them run, and their buttons,
for another terminal to press."""
from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from svctl.errors import BoardError
from svctl.simboard.supervisor import CYCLE, RESET

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

DEFAULT = "board"
# What is done to a running board: the signal that its supervisor takes for it.
BUTTONS = {"reset": RESET, "cycle": CYCLE, "off": signal.SIGTERM}


class Board(NamedTuple):
    """A board of the project at `root`."""

    root: Path
    name: str

    @property
    def flash(self) -> Path:
        build = self.root / "build"
        return build / "board" if self.name == DEFAULT else build / "boards" / self.name

    @property
    def tty(self) -> Path:
        """Where its console is linked, unless somebody says another place."""
        return self.root / "build" / "boards" / f"{self.name}.tty"

    @property
    def _pid(self) -> Path:
        return self.root / "build" / "boards" / f"{self.name}.pid"

    def running(self) -> Optional[int]:
        """The process that runs it; None if none does."""
        try:
            with open(self._pid) as file:
                if _locked(file):
                    return None
                return int(file.readline() or 0) or None
        except FileNotFoundError:
            return None

    def port(self) -> Optional[str]:
        """Where the console of a running one is linked; None in a terminal."""
        return (self._pid.read_text().splitlines() + [""])[1] or None

    @contextlib.contextmanager
    def held(self, tty: Optional[Path]) -> Iterator[None]:
        """As long as this process runs it; BoardError where another one does. `tty`: where its console is."""
        self._pid.parent.mkdir(parents=True, exist_ok=True)
        with open(self._pid, "a+") as file:
            if not _locked(file):
                raise BoardError(f"{self.name} is running already, in another terminal: svctl power off "
                                 f"{self.name} ends it, --name NAME runs one more")
            file.truncate(0)
            file.write(f"{os.getpid()}\n{tty.absolute() if tty else ''}\n")
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)

    def press(self, button: str) -> None:
        """Reset it, take its power and give it back, or end it."""
        pid = self.running()
        if pid is None:
            names = [each.name for each in every(self.root)]
            there = f"; {', '.join(names)} is" if len(names) == 1 else f"; there run {', '.join(names)}"
            raise BoardError(f"{self.name} is not running{there if names else ''}")
        os.kill(pid, BUTTONS[button])


def board(root: Path, name: str) -> Board:
    """A board by its name; BoardError where it cannot be one."""
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name):
        raise BoardError(f"{name}: a board's name has letters, digits, - and _, like north")
    return Board(root, name)


def every(root: Path) -> list[Board]:
    """Those that run."""
    found = [Board(root, path.stem) for path in sorted((root / "build" / "boards").glob("*.pid"))]
    return [each for each in found if each.running() is not None]


def _locked(file) -> bool:
    """Whether this process could take the lock; it is free again when the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
