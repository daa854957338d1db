"""Which board is at which port: a name becomes a port, and a unique id the board that has it."""
from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Optional

from serial.tools import list_ports

from svctl.boards.described import FOLDER, Board, every, named
from svctl.deploy import send
from svctl.errors import BoardsError, ToolError
from svctl.link.cable import Link
from svctl.setup import place
from svctl.simboard import boards

PATIENCE = 2.0  # s for a port of which nobody knows what is behind it


class Target(NamedTuple):
    """What somebody named: the port, and the board where that was a name."""

    port: str
    board: Optional[Board] = None


class Found(NamedTuple):
    """What answers at a port: `about` as device/about.py has it, with `uid`; else `why` nothing does."""

    port: str
    about: Optional[dict] = None
    why: str = ""


def is_port(word: str) -> bool:
    """Whether a word is a port, and no board's name."""
    return "/" in word or re.fullmatch(r"COM\d+", word) is not None or Path(word).is_char_device()


def target(word: str) -> Target:
    """The port that a word stands for. BoardsError where no such board is known, or attached."""
    root = place.find(Path.cwd())
    if is_port(word) or root is None:
        return Target(word)
    simulated = _simulated(word, root)
    if is_simulated_alone(word, root):
        return Target(simulated)
    board = named(word, root)
    if board.port is not None:
        return Target(board.port, board)
    if board.uid is None and simulated:
        return Target(simulated, board)
    if board.uid is None:
        raise BoardsError(f"{board.shown} has neither port nor uid: one of them tells where it is")
    found = asked(sorted({*attached(), *(each.port for each in every(root) if each.port)}))
    port = next((each.port for each in found if each.about and each.about["uid"] == board.uid), None)
    if port is None:
        there = ", ".join(f"{each.port} ({each.why or _who(each, root)})" for each in found) or "no port"
        raise BoardsError(f"{word}: no board with its unique id {board.uid} answers; there is {there}")
    return Target(port, board)


def _simulated(name: str, root: Path) -> Optional[str]:
    """The port of a simulated board of the project that runs under that name."""
    return next((each.port() for each in boards.every(root) if each.name == name), None)


def is_simulated_alone(name: str, root: Path) -> bool:
    """Whether that is the name of a simulated board that runs, and of none in boards/."""
    return bool(_simulated(name, root)) and name not in (each.name for each in every(root))


def _who(found: Found, root: Path) -> str:
    board = of(found.about["uid"], root)
    return board.name if board else found.about["machine"]


def attached() -> list[str]:
    """Ports with a USB device behind them."""
    return [port.device for port in list_ports.comports() if port.vid is not None]


def asked(ports: list[str]) -> list[Found]:
    """What answers at ports, all asked at the same time."""
    if not ports:
        return []
    with ThreadPoolExecutor(len(ports)) as pool:
        return list(pool.map(_ask, ports))


def _ask(port: str) -> Found:
    try:
        with Link(port, PATIENCE) as link:
            return Found(port, {**send.about(link), "uid": send.uid(link), "carries": send.carried(link)})
    except ToolError as error:
        return Found(port, None, str(error).removeprefix(f"{port}: ").removeprefix(f"{port} ").split(": ")[0])


def of(uid: Optional[str], root: Optional[Path] = None) -> Optional[Board]:
    """The board of a project that has this unique id."""
    root = root or place.find(Path.cwd())
    if uid is None or root is None:
        return None
    return next((each for each in every(root) if each.uid == uid), None)


def behind(link: Link) -> tuple[Optional[Board], str]:
    """The board at a port that was named as one: by its unique id or, where its file has none, by its port;
    and what there is to say of that. (None, "") where the project describes no boards."""
    root = place.find(Path.cwd())
    described = every(root) if root is not None else []
    if link.board is not None or not described:
        return link.board, ""
    uid = send.uid(link)
    board, how = of(uid, root), "unique id"
    if board is None:
        at = [each for each in described if each.uid is None and each.port and _is_same(each.port, link.port)]
        board, how = (at[0], "port") if len(at) == 1 else (None, "")
    if board is None:
        whose = f"its unique id, {uid}, is in no file of {FOLDER}/" if uid else "it has no unique id"
        return None, f"{whose}: it gets what all boards have in common"
    if board.faults:
        raise BoardsError(board.faults[0])
    return board, f"this is {board.name}, by its {how}"


def _is_same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def recognise(link: Link, board: Optional[Board]) -> Optional[str]:
    """See that an attached board is the one that was named; what there is to note, or None. BoardsError where
    it is another."""
    root = place.find(Path.cwd())
    if board is None or root is None:
        return None
    uid = send.uid(link)
    other = of(uid, root)
    if other is not None and other.name != board.name:
        raise BoardsError(f"{link.port} is {other.name}, by its unique id {uid}: nothing was done")
    if board.uid is not None and board.uid != uid:
        raise BoardsError(f"{link.port} is another board: its unique id is {uid or 'not known'}, and "
                          f"{board.shown} has {board.uid}: nothing was done")
    if board.uid is None and uid is not None:
        return f'so that no other board is taken for it: uid = "{uid}" in {board.shown}'
    return None
