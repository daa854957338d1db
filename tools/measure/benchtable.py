"""The tables of docs/benchmarks.md, from what tools/measure/bench.py has measured."""
from __future__ import annotations

from pathlib import Path
from statistics import median, quantiles
from typing import Iterable, NamedTuple, Optional

from svctl.errors import ToolError


class Row(NamedTuple):
    """A line of the table of times: managed and bare figures by name, and the ratio's budget."""

    text: str
    key: str
    managed: str = "managed"
    bare: str = "bare"
    unit: float = 1  # µs
    budget: Optional[float] = None
    asyncmd: str = ""


BOOT = Row("boot of 20 services", "boot 20", bare="own", budget=1.7, asyncmd="5.5×")
ROWS = (
    Row("boot of 1 service", "boot 1", bare="own"),
    Row("boot of 10 services", "boot 10", bare="own"),
    BOOT,
    Row("boot of 40 services", "boot 40", bare="own"),
    Row("boot of 80 services", "boot 80", bare="own"),
    Row("boot of 20, bare: the services' files alone", "boot 20"),
    Row("boot of 80, bare: the services' files alone", "boot 80"),
    Row("`status()` of 20 services", "status 20"),
    Row("a line of log, 60 bytes", "write 0", unit=0.001),
    Row("search of a log of 2000 bytes", "search 2000"),
    Row("save of settings, 20 services", "save 20"),
    Row("restart of a service", "restart 20"),
    Row("failure until it runs again, without a delay", "restart 20", managed="failure"),
    Row("10 tasks of 2000 turns of the loop each", "turns 10"),
    Row("10,000 events from one task to another", "events 10000"),
    Row("an event of 25 timers due at once", "timers 25", unit=0.001),
    Row("an event of 200 timers due at once", "timers 200", unit=0.001),
)
# Lines of `make size`, by how they begin, and what asyncmd has there.
ASYNCMD = {
    "heap after booting": "34,240", "resident with": "34,240", "the console": "aiorepl: 3,984",
    "heap per further": "1,653", "trivial services that fit in 64k": "9",
    "trivial services that fit in 128k": "46", "trivial services that fit in 192k": "78",
    "garbage of status()": "33,760", "garbage of self.log": "768", "heap growth": "up to 89,776",
}
# What grows, with what: title, topic of the figures, their name, unit in µs (None: bytes).
GROWTH = (
    ("boot", "boot", "managed", 1, "services"),
    ("heap", "boot", "heap", None, "services"),
    ("`status()`", "status", "managed", 1, "services"),
    ("log search", "search", "managed", 1, "bytes"),
    ("an event of timers due at once", "timers", "managed", 0.001, "timers"),
)


def column(runs: Iterable[dict], name: str) -> list[float]:
    return [figures[name] for figures in runs]


def ratios(runs: Iterable[dict], row: Row) -> list[float]:
    return [figures[row.managed] / max(figures[row.bare], 1) for figures in runs]


def spread(values: list[float]) -> tuple[float, float]:
    """The quartiles; of a few values the least and the greatest."""
    if len(values) < 4:
        return min(values), max(values)
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def time_text(us: float) -> str:
    """A time in the unit that suits it, to three digits."""
    for factor, unit in ((1e6, "s"), (1e3, "ms"), (1, "µs")):
        if us >= factor:
            return f"{us / factor:.{0 if us >= 100 * factor else 1 if us >= 10 * factor else 2}f} {unit}"
    return f"{us * 1000:.0f} ns"


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    names = head.split("|")
    lines = ["| " + " | ".join(name.strip() for name in names) + " |",
             "|" + "|".join("---" if i == 0 else "---:" for i in range(len(names))) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _verdict(met: bool) -> str:
    return "" if met else " **not met**"


def times(found: dict) -> str:
    """Managed and bare times, their ratio with its spread, and the budgets."""
    made = []
    for row in ROWS:
        runs = found["times"][row.key]
        managed, bare = (median(column(runs, name)) * row.unit for name in (row.managed, row.bare))
        each = ratios(runs, row)
        low, high = spread(each)
        budget = "" if row.budget is None else f"≤ {row.budget}×{_verdict(median(each) <= row.budget)}"
        made.append((row.text, time_text(managed), time_text(bare), f"{median(each):.2f}×",
                     f"{low:.2f}–{high:.2f}", budget, row.asyncmd))
    made.append(_twice(found))
    made.extend(_drift(found, periods, text) for periods, text in
                ((10, "drift over 10 periods of 2 s"), (1000, "drift over 1000 periods of 20 ms")))
    return _table("what | managed | bare loop | ratio | spread | budget | asyncmd", made)


def _twice(found: dict) -> tuple[str, ...]:
    """Boot of 40 services against 20."""
    runs = [b["managed"] / a["managed"] for a, b in zip(found["times"]["boot 20"], found["times"]["boot 40"])]
    low, high = spread(runs)
    return ("boot of 40 services against 20", "", "", f"{median(runs):.2f}×", f"{low:.2f}–{high:.2f}",
            f"≤ 2.2×{_verdict(median(runs) <= 2.2)}", "3.4×")


def _drift(found: dict, periods: int, text: str) -> tuple[str, ...]:
    figures = found["times"][f"drift {periods}"][0]
    budget = f"0 ± 3 ms{_verdict(abs(figures['managed']) <= 3)}"
    return (text, f"{figures['managed']:+} ms", f"{figures['bare']:+} ms", "", "", budget,
            "+25.7 ms" if periods == 10 else "")


def growth(found: dict) -> str:
    """What each thing costs as its number grows, and what that is for one of them."""
    made = []
    for title, topic, name, unit, what in GROWTH:
        sizes = numbers(found, topic)
        values = [median(column(found["times"][f"{topic} {n}"], name)) for n in sizes]
        shown = [f"{v:,.0f} B" if unit is None else time_text(v * unit) for v in values]
        made.append((title, ", ".join(f"{n:,}" for n in sizes) + f" {what}", " · ".join(shown),
                     _each(sizes, values, unit)))
    return _table("what | of | costs | each further one", made)


def numbers(found: dict, topic: str) -> list[int]:
    """With what numbers of things a topic was measured."""
    return sorted(int(name.split()[1]) for name in found["times"] if name.split()[0] == topic)


def _each(sizes: list[int], values: list[float], unit: Optional[float]) -> str:
    """The slope of the first and of the second half: equal where the cost is linear."""
    middle = len(sizes) // 2
    shown = []
    for low, high in ((0, middle), (middle, -1)):
        slope = max((values[high] - values[low]) / (sizes[high] - sizes[low]), 0)
        shown.append(f"{slope:,.0f} B" if unit is None else time_text(slope * unit))
    return ", then ".join(shown)


def sizes(found: dict) -> str:
    """The lines of `make size` beside their budgets."""
    made = []
    for text, figure, budget, at_least in found["sizes"]:
        met = figure >= budget if at_least else figure <= budget
        other = next((value for start, value in ASYNCMD.items() if text.startswith(start)), "")
        made.append((text, f"{figure:,}", f"{'≥' if at_least else '≤'} {budget:,}{_verdict(met)}", other))
    return _table("what | figure | budget | asyncmd", made)


def modules(found: dict) -> str:
    """.mpy bytes and heap of each module."""
    rows = [(f"`{name}`", *(f"{figure:,}" for figure in figures)) for name, *figures in found["modules"]]
    names = ["module", ".mpy", "heap", *(["heap, from ROM"] if rows and len(rows[0]) > 3 else [])]
    return _table("|".join(names), rows)


def working(found: dict) -> str:
    """The figures of the working board, for each timing, beside the budget of what is ours."""
    boards = found["working"]
    head = "what | " + " | ".join(f"`{name}`" for name in boards) + " | budget"
    made = []
    for name, text in found["rows"]:
        figures = [board[name] for board in boards.values()]
        limits = ""
        if name == "ours":
            limits = "≤ " + " · ".join(f"{board['budget']:,}" for board in boards.values())
            limits += _verdict(all(board["ours"] <= board["budget"] for board in boards.values()))
        made.append((text, *(f"{figure:,}" for figure in figures), limits))
    return _table(head, made)


def sections(found: dict) -> dict[str, str]:
    """The generated parts of docs/benchmarks.md, by name."""
    vm = f"{found['vm']}, 192 KB of heap, `.mpy` at `-O2`; {found['runs']} runs."
    return {"times": f"{vm}\n\n{times(found)}",
            "growth": growth(found),
            "sizes": f"Bytes; heap growth over {found['cycles']:,} cycles of each kind.\n\n{sizes(found)}",
            "working": working(found),
            "modules": modules(found)}


def put(path: Path, made: dict[str, str]) -> None:
    """Replaces what stands between `<!-- name -->` and `<!-- end -->` in a document."""
    text = path.read_text(encoding="utf-8")
    for name, section in made.items():
        head, begin, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->")
        if not begin or not end:
            raise ToolError(f"{path.name} has no <!-- {name} --> … <!-- end -->")
        text = head + begin + section + "\n" + end + tail
    path.write_text(text, encoding="utf-8")
