"""What happened at a board's boot: pure functions from what device/boot.py says to bars."""
from __future__ import annotations

from typing import NamedTuple, Optional

GAP = 60_000  # ms after which nothing that comes up is part of the boot any more
PHASES = ("loading", "waiting", "starting", "running", "done", "failed", "stopped")
_PHASE = {"waiting": "waiting", "blocked": "waiting", "starting": "starting", "running": "running",
          "done": "done", "scheduled": "done", "failed": "failed", "restarting": "failed"}  # else stopped
_MOST = 14  # as in lib/aioservice/heap.py: what is longer was not followed further


class Phase(NamedTuple):
    """A part of a bar; ms of uptime. An open one has no end: it lasts."""

    kind: str
    begin: int
    end: Optional[int]


class Bar(NamedTuple):
    """A service: its phases in their order, ms that its start took (None: not known), bytes of (import,
    setup)."""

    name: str
    type: str
    state: str
    phases: tuple = ()
    took: Optional[int] = None
    require: tuple = ()
    want: tuple = ()
    heap: Optional[tuple] = None
    note: str = ""

    def starts(self) -> Optional[int]:
        """When it was its turn: the first phase behind the import."""
        return next((phase.begin for phase in self.phases if phase.kind != "loading"), None)

    def moves(self) -> Optional[int]:
        """When it had what it requires."""
        return next((phase.begin for phase in self.phases if phase.kind not in ("loading", "waiting")), None)

    def settles(self) -> Optional[int]:
        """When its start had its first outcome."""
        return next((phase.begin for phase in self.phases
                     if phase.kind not in ("loading", "waiting", "starting")), None)


class Boot(NamedTuple):
    """A boot; `exact`: measured to the millisecond, else in whole seconds. `end`: ms, of what is shown."""

    board: str
    firmware: str
    uptime: int
    exact: bool
    bars: tuple
    end: int


def boot(head: list, rows: list) -> Boot:
    """The boot from what the board yields: the head, and a row a service."""
    uptime, board, firmware, exact = head
    bars = [_bar(row) for row in rows]
    over = _over([bar.settles() for bar in bars])
    bars = [bar if (bar.starts() or 0) <= over else _late(bar) for bar in bars]
    over = max([over, *(phase.end for bar in bars for phase in bar.phases if phase.kind == "loading")])
    bars = [bar._replace(phases=_until(bar.phases, over)) for bar in bars]
    last = max([phase.begin for bar in bars for phase in bar.phases], default=0)
    end = max(last + max(last // 12, 5), 20 if exact else 1000)
    return Boot(board.split(" [")[0], firmware, uptime, exact, tuple(sorted(bars, key=_order)), end)


def _order(bar: Bar) -> tuple:
    starts, moves = bar.starts(), bar.moves()
    return starts is None, moves is None, moves or 0, bar.settles() or 0, bar.name


def _bar(row: list) -> Bar:
    if len(row) == 2:
        return Bar(row[0], "", "not loaded", note=f"not loaded: {row[1]}")
    name, kind, state, since, took, _, require, want, heap, times = row
    if times and len(times) > 2:
        phases = _measured(kind, times)
        took = _took(phases)
    else:
        phases = _derived(state, since, took)
        took = took or None
    note = "" if phases else "never started"
    return Bar(name, kind, state, phases, took, tuple(require), tuple(want), heap and tuple(heap), note)


def _measured(kind: str, times: list) -> tuple:
    """Phases from [begin of the import, ms of it, ms, state, ms, state, …]."""
    changes = list(zip(times[2::2], times[3::2]))
    for number in range(len(changes) - 1, 0, -1):  # what it stops for is what is seen
        if changes[number - 1][1] == "stopping":
            changes[number - 1:number + 1] = [(changes[number - 1][0], changes[number][1])]
    phases = [Phase("loading", times[0], times[0] + times[1])]
    for number, (begin, state) in enumerate(changes):
        last = number == len(changes) - 1
        phase = _PHASE.get(state, "stopped")
        if phase == "running" and kind == "core" and not last and changes[number + 1][1] == "done":
            phase = "starting"  # that its task returns is part of the start of a core service
        end = (begin if len(times) >= _MOST else None) if last else changes[number + 1][0]
        if phases[-1].kind == phase and phases[-1].end == begin:
            begin = phases.pop().begin
        phases.append(Phase(phase, begin, end))
    return tuple(phases)


def _took(phases: tuple) -> Optional[int]:
    return next((phase.end - phase.begin for phase in phases
                 if phase.kind == "starting" and phase.end is not None), None)


def _derived(state: str, since: Optional[int], took: int) -> tuple:
    """Phases from the uptime at which the present state began, in s, and ms that the start took."""
    if since is None:
        return ()
    begin = since * 1000
    up = Phase(_PHASE.get(state, "stopped"), begin, None)
    if took and state in ("running", "done"):
        return (Phase("starting", max(begin - took, 0), begin), up)
    return (up,)


def _over(moments: list) -> int:
    """When the boot was over: behind it comes nothing for a while."""
    last = 0
    for moment in sorted(moment for moment in moments if moment is not None):
        if moment - last > GAP:
            break
        last = moment
    return last


def _until(phases: tuple, over: int) -> tuple:
    """The phases of the boot; what comes later is left out."""
    kept = [phase for phase in phases if phase.begin <= over]
    if kept and kept[-1].end is not None and kept[-1].end > over:
        kept[-1] = kept[-1]._replace(end=None)
    return tuple(kept)


def _late(bar: Bar) -> Bar:
    return bar._replace(phases=(), note=f"{bar.state} since {span(bar.starts() or 0)} after the boot began")


def span(ms: int) -> str:
    """`850 ms`, `12 s`, `3 min 5 s`, `5 h 12 min`, `9 days 4 h`."""
    if ms < 1000:
        return f"{ms} ms"
    seconds = ms // 1000
    for unit, size, below, small in (("days", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= size:
            rest = seconds % size // small
            unit = "day" if seconds // size == 1 and unit == "days" else unit
            return f"{seconds // size} {unit}" + (f" {rest} {below}" if rest else "")
    return f"{seconds} s"


def moment(ms: int) -> str:
    """`1.04 s`: a short time more exactly than span()."""
    return f"{ms / 1000:.2f} s" if 1000 <= ms < 60_000 and ms % 1000 else span(ms)


def ticks(end: int, most: int = 8) -> list[int]:
    """Round moments from 0 to `end`, ms, not more than that many and one."""
    step = 1
    while end / step > most:
        step = next(each for each in _rounds() if each > step)
    return list(range(0, end + 1, step))


def _rounds():
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10
