"""The picture of docs/benchmarks.md: how times and heap grow, managed beside bare, and where the
ratios stand. What is shown is a pure function of the figures; only draw() needs matplotlib."""
from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import NamedTuple, Optional

from svctl.errors import ToolError
from tools.measure import benchtable

MANAGED, BARE, FILES, BUDGET = "#1f5fa8", "#8a8a8a", "#c9c9c9", "#c23b22"


class Series(NamedTuple):
    """A line of a panel: what it is called, its colour, points (x, middle, low, high)."""

    name: str
    colour: str
    points: list[tuple[float, float, float, float]]


class Panel(NamedTuple):
    title: str
    x: str
    y: str
    series: list[Series]
    limit: Optional[tuple[str, float, float]] = None  # a budget: what it is called, where, how high


def _points(found: dict, topic: str, pick) -> list[tuple[float, float, float, float]]:
    points = []
    for n in benchtable.numbers(found, topic):
        values = [pick(figures) for figures in found["times"][f"{topic} {n}"]]
        points.append((n, median(values), *benchtable.spread(values)))
    return points


def _series(found: dict, topic: str, unit: float, *named: tuple[str, str, str]) -> list[Series]:
    return [Series(text, colour, _points(found, topic, lambda figures, name=name: figures[name] * unit))
            for text, colour, name in named]


def panels(found: dict) -> list[Panel]:
    """What is drawn, from left to right and from top to bottom."""
    pair = (("managed", MANAGED, "managed"), ("bare loop", BARE, "bare"))
    ratio = Series("managed : bare", MANAGED, _points(found, "boot", lambda f: f["managed"] / f["own"]))
    return [
        Panel("Boot", "services", "ms", _series(found, "boot", 0.001, (
            "managed", MANAGED, "managed"), ("bare loop, same imports", BARE, "own"),
            ("the services' files alone", FILES, "bare"))),
        Panel("Boot, against the bare loop", "services", "ratio", [ratio],
              ("budget at 20 services: 1.7", 20, benchtable.BOOT.budget or 0)),
        Panel("Heap after boot", "services", "KB", _series(found, "boot", 0.001, (
            "managed", MANAGED, "heap"))),
        Panel("status()", "services", "ms", _series(found, "status", 0.001, pair[0],
                                                    ("print of such lines", BARE, "bare"))),
        Panel("Search of the log", "bytes of the ring", "ms", _series(found, "search", 0.001, pair[0],
                                                                      ("a list of its lines", BARE, "bare"))),
        Panel("An event of timers that are due at once", "timers", "µs", _series(
            found, "timers", 0.001, pair[0], ("bare tasks that sleep", BARE, "bare"))),
    ]


def draw(shown: list[Panel], path: Path, title: str = "") -> None:
    """Writes the panels as one SVG; the same figures make the same file."""
    try:
        import matplotlib
    except ImportError as error:
        raise ToolError("matplotlib is missing: run make bench") from error
    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 10,
                                "font.family": "sans-serif", "axes.spines.top": False,
                                "axes.spines.right": False})
    figure, axes = pyplot.subplots(2, 3, figsize=(13, 7.5), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.15, wspace=0.03, hspace=0.05)
    figure.suptitle(title, x=0.012, ha="left", fontsize=11, color="#555555")
    for axis, panel in zip(axes.flat, shown):
        _draw_panel(axis, panel)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    pyplot.close(figure)
    # One trailing newline, no trailing blanks: as every file of the project.
    path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")


def _draw_panel(axis, panel: Panel) -> None:
    for series in panel.series:
        xs, middles, lows, highs = zip(*series.points)
        axis.fill_between(xs, lows, highs, color=series.colour, alpha=0.2, linewidth=0)
        axis.plot(xs, middles, color=series.colour, marker="o", markersize=4, label=series.name)
    if panel.limit is not None:
        text, x, height = panel.limit
        axis.plot([x], [height], color=BUDGET, marker="_", markersize=18, markeredgewidth=2,
                  linestyle="none", label=text)
    axis.set_title(panel.title, loc="left", fontsize=11, fontweight="bold")
    axis.set_xlabel(panel.x)
    axis.set_ylabel(panel.y)
    axis.set_xlim(left=0)
    axis.set_ylim(bottom=0)
    axis.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.legend(frameon=False, fontsize=9, loc="best")
