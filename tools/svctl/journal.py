"""The journal of a board, read from a host."""
from __future__ import annotations

from typing import NamedTuple, Optional

from tools.svctl.link import Link

LEVELS = ("debug", "info", "warning", "error", "critical")


class Line(NamedTuple):
    """A line: its number, as plain data, and for people."""

    number: int
    data: dict
    text: str


def read(link: Link, since: int = 0, level: str = "debug", name: Optional[str] = None,
         last: Optional[int] = None) -> tuple[list, int]:
    """(the lines from number `since` on, at most the last so many, the number of the one to come)."""
    number = LEVELS.index(level) * 10 + 10
    *found, after = link.ask("journal", "lines", since, number, name)
    lines = [Line(each[0], {"number": each[0], "uptime": each[1], "level": _level(each[2]), "name": each[3],
                            "text": each[4]}, each[5]) for each in found]
    return lines[max(0, len(lines) - last):] if last is not None else lines, after


def _level(number: int) -> str:
    return LEVELS[min(max(number // 10, 1), len(LEVELS)) - 1]


