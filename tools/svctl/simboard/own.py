"""A simulated board for a command that wants one: one of the project that runs, or one of its own, which ends
with it."""
from __future__ import annotations

import atexit
import os
import subprocess
import sys
from pathlib import Path
from typing import Optional

from svctl.errors import BoardError
from svctl.simboard import boards
from svctl.simboard.supervisor import die_with


def running(root: Path) -> Optional[str]:
    """The port of a board of the project that has one; BoardError where there are several."""
    ports = {each.name: each.port() for each in boards.every(root)}
    found = {name: port for name, port in ports.items() if port}
    if len(found) > 1:
        raise BoardError(f"{', '.join(sorted(found))} run: name one by its port, like "
                         f"-t {os.path.relpath(min(found.values()))}")
    return next(iter(found.values()), None)


class Own:
    """One with the flash that lies there, booting; `port` is where its console is."""

    def __init__(self, board: boards.Board):
        command = [sys.executable, "-m", "svctl", "run", "--no-build", "--name", board.name, "--pty"]
        parent = os.getpid()
        self._process = subprocess.Popen(
            command, cwd=board.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True,  # a Ctrl-C here is not one there
            preexec_fn=lambda: die_with(parent))
        atexit.register(self.end)
        line = ""
        for line in iter(lambda: self._process.stderr.readline().decode(), ""):
            if " -> " in line:
                break
        else:
            raise BoardError((line or "svctl run has ended").strip().removeprefix("run: "))
        self.port = line.rsplit(" -> ", 1)[1].strip()

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.stderr.close()
        atexit.unregister(self.end)
