"""The journal of a board, read from a host: which lines are shown, and how, is decided here."""
from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple, Optional

from svctl.link.cable import Link

LEVELS = ("debug", "info", "warning", "error", "critical")
MODULES = ("aiobase.text", "aioschedule.format", "aiolog.lines")  # what reading it takes on a board
FIRST_YEAR = 2025  # as in lib/aiolog/show.py: before it nobody has set the clock


class Line(NamedTuple):
    """A line: its number, as plain data, and for people."""

    number: int
    data: dict
    text: str


def read(link: Link, since: int = 0, level: str = "debug", name: Optional[str] = None,
         last: Optional[int] = None, keep: bool = False) -> tuple[list, int]:
    """(the lines from number `since` on, at most the last so many, the number of the one to come).

    `keep`: it will be asked for again, and the board keeps loaded what it takes.
    """
    link.bring(*MODULES)
    return _picked(list(link.ask("journal", "lines", since, keep)), level, name, last)


def more(link: Link, since: int, level: str = "debug", name: Optional[str] = None) -> tuple[list, int]:
    """The same behind a read(keep=True): in one command, if little has come."""
    return _picked(list(link.ask("journal", "lines", since, True)), level, name, None)


def _picked(answers: list, level: str, name: Optional[str], last: Optional[int]) -> tuple[list, int]:
    *found, (after, begin) = answers
    least = LEVELS.index(level) * 10 + 10
    lines = [_line(*each, begin) for each in found
             if each[2] >= least and (name is None or of_name(name, each[3]))]
    return lines[max(0, len(lines) - last):] if last is not None else lines, after


def _line(number: int, stamp: int, level: int, name: str, text: str, begin: list) -> Line:
    word = LEVELS[min(max(level // 10, 1), len(LEVELS)) - 1]
    moment = datetime(*begin[:6]) + timedelta(seconds=stamp)
    when = f"[{stamp:5} s]" if moment.year < FIRST_YEAR else f"{moment:%Y-%m-%d %H:%M:%S}"
    shown = text.replace("\n", "\n    ")
    data = {"number": number, "uptime": stamp, "level": word, "name": name, "text": text}
    return Line(number, data, f"{when} [{word.upper()}] {f'[{name}] ' if name else ''}{shown}")


def of_name(wanted: str, name: str) -> bool:
    """Whether a line's name is that of a task or service, or of one of its children; `*` is a wildcard."""
    wanted = wanted[:-len(".service")] if wanted.endswith(".service") else wanted
    pattern = ".*".join(map(re.escape, wanted.split("*")))
    return re.fullmatch(rf"{pattern}(\.service(\..*)?)?", name, re.S) is not None
