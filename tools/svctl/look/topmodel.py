"""What `svctl top` shows: pure functions from what was seen of a board, now and before, to rows and lines."""
from __future__ import annotations

from typing import NamedTuple, Optional

ORDERS = ("name", "state", "loop", "heap", "restarts")
HEADS = ("SERVICE", "TYPE", "STATE", "FOR", "RESTARTS", "HEAP", "LOOP", "LONGEST", "ABOUT")
RIGHT = ("FOR", "RESTARTS", "HEAP", "LOOP", "LONGEST")  # these are numbers
# What needs a person stands first when states are ordered.
_STATES = ("failed", "not loaded", "restarting", "blocked", "waiting", "masked", "starting", "stopping",
           "running", "scheduled", "done", "stopped", "init", "held")
_COLOURS = {"failed": "bad", "not loaded": "bad", "restarting": "bad", "blocked": "warning",
            "waiting": "warning", "masked": "warning", "starting": "busy", "stopping": "busy",
            "running": "good", "done": "good", "scheduled": "good"}  # all others: dim
_KEPT = 500  # lines of the journal
_WIDEST = 80  # characters of what a service is about


class Fact(NamedTuple):
    """What does not change: heap is [bytes of the import, bytes of setup() or None], or None."""

    type: str
    info: str
    heap: Optional[list]


class Seen(NamedTuple):
    """A service at one look. `since`: uptime in s; `why`: its error, or what it waits for."""

    state: str
    since: Optional[int]
    restarts: int
    why: Optional[str]


class Steps(NamedTuple):
    """The steps of a name so far: us together, us of the longest, ms of uptime at which that was read."""

    us: int
    longest: int
    ms: int


class Look(NamedTuple):
    """All that was seen at one time; `steps` is empty where there is no profile."""

    uptime: int
    free: int
    heap: int
    services: dict
    steps: dict
    facts: dict


class Row(NamedTuple):
    """A service as it is shown. `loop`: % of the loop's time since the look before, None: not known."""

    name: str
    type: str
    state: str
    lasts: Optional[int]
    restarts: int
    heap: Optional[int]
    loop: Optional[float]
    longest: Optional[int]
    about: str

    @property
    def colour(self) -> str:
        return _COLOURS.get(self.state, "dim")


def look(head: list, services: list, steps: list, facts: dict, heap: int) -> Look:
    """A look from what the board yields."""
    return Look(head[0], head[1], heap, {each[0]: Seen(*each[1:]) for each in services},
                {each[0]: Steps(*each[1:]) for each in steps}, facts)


def rows(now: Look, before: Optional[Look]) -> list[Row]:
    """A row for each service, by name."""
    return [_row(name, now, before) for name in sorted(now.services)]


def _row(name: str, now: Look, before: Optional[Look]) -> Row:
    seen = now.services[name]
    fact = now.facts.get(name, Fact("-", "", None))
    own = [each for each in now.steps if each == f"{name}.service" or each.startswith(f"{name}.service.")]
    heap = None if fact.heap is None else sum(max(each or 0, 0) for each in fact.heap)
    lasts = None if seen.since is None else max(now.uptime - seen.since, 0)
    longest = max((now.steps[each].longest for each in own), default=None)
    loop = None if seen.state in ("held", "not loaded") else share(own, now, before)
    return Row(name, fact.type, seen.state, lasts, seen.restarts, heap, loop, longest, seen.why or fact.info)


def share(names, now: Look, before: Optional[Look]) -> Optional[float]:
    """% of the loop's time that the steps of these names took since the look before."""
    if before is None or not now.steps or not before.steps:
        return None
    total = 0.0
    for name in names:
        step = now.steps[name]
        # A name that is new had no step before; a board that began anew counts from 0.
        last = before.steps.get(name) or Steps(0, 0, min(each.ms for each in before.steps.values()))
        if step.ms > last.ms and step.us >= last.us:
            total += (step.us - last.us) / (step.ms - last.ms) / 10
    return min(total, 100.0)


def busy(now: Look, before: Optional[Look]) -> Optional[float]:
    """% of the time that the loop was busy."""
    return share(now.steps, now, before)


def picked(found: list[Row], wanted: str = "", order: str = "name") -> list[Row]:
    """Those whose name has `wanted` in it, or whose state begins with it; in that order."""
    text = wanted.strip().lower()
    some = [row for row in found if text in row.name.lower() or row.state.startswith(text)]
    return sorted(some, key=_KEYS[order])


_KEYS = {
    "name": lambda row: row.name,
    "state": lambda row: (_STATES.index(row.state) if row.state in _STATES else 0, row.name),
    "loop": lambda row: (-(row.loop or 0), row.name),
    "heap": lambda row: (-(row.heap or 0), row.name),
    "restarts": lambda row: (-row.restarts, row.name),
}


def cells(row: Row) -> tuple:
    """The texts of a row, as HEADS names them."""
    return (_plain(row.name), row.type, row.state, "-" if row.lasts is None else lasting(row.lasts),
            str(row.restarts or "-"), "-" if row.heap is None else f"{row.heap:,}",
            "-" if row.loop is None else f"{row.loop:.1f} %",
            "-" if row.longest is None else f"{row.longest / 1000:.1f} ms", _plain(row.about))


def _plain(text: str) -> str:
    """A text of a board in one line, without what a terminal would obey."""
    text = " ".join(text.split())
    return "".join(each if each.isprintable() else "?" for each in text)[:_WIDEST]


def table(found: list[Row]) -> list[tuple]:
    """The cells of all rows; those of numbers stand at the right of their column."""
    every = [cells(row) for row in found]
    widths = [max([len(head), *(len(each[number]) for each in every)]) if head in RIGHT else 0
              for number, head in enumerate(HEADS)]
    return [tuple(text.rjust(wide) for text, wide in zip(each, widths)) for each in every]


def lasting(seconds: int) -> str:
    """`38 s`, `4:05`, `3:04:05`, `2 d 03:04`: never more than ten characters."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, s = divmod(seconds, 60)
    hours, m = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24} d {hours % 24:02}:{m:02}"
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


def summary(now: Look, before: Optional[Look]) -> str:
    """The line above the services."""
    states = [seen.state for seen in now.services.values()]
    loaded = [state for state in states if state not in ("held", "not loaded")]
    up = sum(state in ("running", "done", "scheduled") for state in loaded)
    wrong = sum(_COLOURS.get(state) == "bad" for state in states)
    loop = busy(now, before)
    parts = [f"up {lasting(now.uptime)}",
             f"{up} of {len(loaded)} services up" + (f", {wrong} failed" if wrong else "")]
    parts.append(f"heap {now.free / 1000:.0f} of {now.heap / 1000:.0f} KB free")
    parts.append("loop -" if loop is None else f"loop {loop:.1f} % busy")
    return "  ·  ".join(parts)


def journal(kept: list, new: list, number: Optional[int]) -> list:
    """The lines that are kept, as (number, name, text); where some were overwritten before anybody read them
    it says so. `number`: that of the line which was to come next."""
    lost = new[0][0] - number if new and number is not None and new[0][0] > number else 0
    gap = [(number, "", f"... {lost} lines overwritten")] if lost else []
    return [*kept, *gap, *new][-_KEPT:]


def of_service(lines: list, name: Optional[str]) -> list[str]:
    """The texts of the lines; of one service and its children, where it is named."""
    mine = f"{name}.service"
    return [text for _, whose, text in lines
            if name is None or whose in (name, mine) or whose.startswith(mine + ".")]
