"""What can be wrong with a serial port, in one line that says what to do."""
from __future__ import annotations

import errno
import fcntl
import grp
import os
import stat
from pathlib import Path
from typing import Iterator, Optional

from serial.tools import list_ports

from svctl.setup import place
from svctl.simboard import boards


def device(port: str) -> str:
    """The device behind a link: mpremote knows a pty only under its own name."""
    return os.path.realpath(port) if os.path.islink(port) else port


def why_not(port: str) -> Optional[str]:
    """Why a port cannot be used, and what to do; None where nothing is found to be wrong."""
    try:
        mode = os.stat(port)
        if not stat.S_ISCHR(mode.st_mode):
            return f"{port} is no serial port"
        fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        return _refused(port, error)
    try:
        if not os.isatty(fd):
            return f"{port} is no serial port"
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return f"{port} is busy{_by(port)}: close that program"
    finally:
        os.close(fd)
    return None


def _refused(port: str, error: OSError) -> str:
    if error.errno == errno.ENOENT:
        attached = sorted(port.device for port in list_ports.comports() if port.vid is not None)
        there = ", ".join([*attached, *_simulated()])
        return f"{port} is not there: plug the board in" + (f", or name one of {there}" if there else "")
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{port} may not be opened by you: {_remedy(port)}"
    if error.errno == errno.EBUSY:
        return f"{port} is busy{_by(port)}: close that program"
    if error.errno in (errno.EIO, errno.ENXIO, errno.ENODEV):
        return f"{port} has no device behind it any more: plug the board in again"
    return f"{port} cannot be opened: {error.strerror}"


def _simulated() -> list[str]:
    """The ports of the project's simulated boards that run."""
    root = place.find(Path.cwd())
    found = [each.port() for each in boards.every(root)] if root is not None else []
    return [os.path.relpath(port) for port in found if port]


def _remedy(port: str) -> str:
    """How to get the right to open a port."""
    mode = os.stat(port)
    if mode.st_gid and mode.st_mode & stat.S_IRGRP and mode.st_mode & stat.S_IWGRP:
        try:
            group = grp.getgrgid(mode.st_gid).gr_name
        except KeyError:
            group = str(mode.st_gid)
        return f"it belongs to the group {group}: sudo usermod -aG {group} $USER, then log in again"
    return f"sudo chmod a+rw {port} lets everybody"


def _by(port: str) -> str:
    names = [f"{name} ({pid})" for pid, name in holders(port)]
    return f", opened by {', '.join(names)}" if names else ""


def also_open(port: str) -> str:
    """Who else has the port open, as the end of a sentence; empty where nobody is known to."""
    names = [f"{name} ({pid})" for pid, name in holders(port)]
    return f"; {', '.join(names)} has it open, too" if names else ""


def holders(port: str) -> Iterator[tuple[int, str]]:
    """(process id, name) of the other programs that have the port open, as far as /proc tells.

    Who has the far end of a pty, as the simulated board, is not another program.
    """
    wanted = os.path.realpath(port)
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid == os.getpid():
            continue
        try:
            opened = [os.readlink(link) for link in (folder / "fd").iterdir()]
            name = (folder / "comm").read_text().strip()
        except OSError:
            continue  # gone meanwhile, or somebody else's
        if wanted in opened and not any(path.endswith("/ptmx") for path in opened):
            yield pid, name
