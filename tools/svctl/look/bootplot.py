"""The picture of a boot, as `systemd-analyze plot` draws one: a pure function from a Boot to SVG. Each text
has its length, so that nothing overlaps, whatever the font is."""
from __future__ import annotations

import unicodedata
from html import escape

from svctl.look import boottime
from svctl.look.boottime import Bar, Boot

# px: of a character, the font, a line, the margin, between columns
CHAR, SIZE, ROW, EDGE, GAP = 7.2, 12, 24, 24, 22
WIDE = 620  # px of the time axis
BAR = 12  # px, how high a bar is
THIN = 2  # px that a phase is wide at least
LONGEST = {"name": 32, "require": 38}  # characters
LEGEND = {"loading": "import", "waiting": "waiting for a requirement", "starting": "starting",
          "running": "running", "done": "done, or armed", "failed": "failed", "stopped": "stopped"}
STYLE = """\
svg { color-scheme: light dark; }
text { fill: #2b323a;
font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.ground { fill: #ffffff; } .band { fill: #f4f6f8; } .grid { stroke: #dfe3e8; stroke-width: 1; }
.title { font-weight: 600; } .dim { fill: #66707b; } .bad { fill: #c23434; }
.loading { fill: #b4bcc6; } .waiting { fill: #e3ab3c; } .starting { fill: #2f7ed8; }
.running { fill: #3fa66a; } .done { fill: #a5d6b6; } .failed { fill: #d64545; } .stopped { fill: #848c96; }
@media (prefers-color-scheme: dark) {
text { fill: #d6dbe0; }
.ground { fill: #1b1f24; } .band { fill: #22272e; } .grid { stroke: #363d46; }
.dim { fill: #9aa4ae; } .bad { fill: #f2777a; }
.loading { fill: #5d6773; } .waiting { fill: #d9a441; } .starting { fill: #4a92e6; }
.running { fill: #4cb57a; } .done { fill: #2f6a47; } .failed { fill: #e05a5a; } .stopped { fill: #6d7681; }
}"""


def svg(boot: Boot) -> str:
    """The whole picture."""
    columns = _columns(boot)
    left = EDGE + columns["name"] + 2 * GAP  # the first time on the axis is centred there
    places = {"axis": left, "took": left + WIDE + 2 * GAP}
    places["require"] = places["took"] + columns["took"] + GAP
    places["import"] = places["require"] + columns["require"] + GAP
    places["setup"] = places["import"] + columns["import"] + GAP
    wide = round(places["setup"] + columns["setup"] + EDGE)
    legend, top = _legend(boot, wide)
    rows = max(len(boot.bars), 1)
    foot = top + 30 + rows * ROW
    notes = _notes(boot, int((wide - 2 * EDGE) / CHAR))
    high = round(foot + 22 + len(notes) * 18 + EDGE - 10)
    title = f"Boot of {boot.board}"
    fit = int((wide - 2 * EDGE) / (CHAR * 1.25))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'font-size="{SIZE}">',
        f"<title>{escape(_clean(title), quote=False)}</title>", f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{wide}" height="{high}" rx="8"/>',
        _text(EDGE, 38, _cut(title, fit), "title", scale=1.25),
        _text(EDGE, 58, _cut(_subtitle(boot), int((wide - 2 * EDGE) / CHAR)), "dim"), *legend]
    out += _bands(boot, top, wide) + _axis(boot, left, top, rows) + _heads(places, columns, top)
    for number, bar in enumerate(boot.bars):
        out += _row(bar, boot, top + 30 + number * ROW, places, columns)
    out += [_text(EDGE, foot + 22 + number * 18, note, "dim") for number, note in enumerate(notes)]
    return "\n".join([*out, "</svg>", ""])


def _subtitle(boot: Boot) -> str:
    came = [bar.settles() for bar in boot.bars if bar.settles() is not None]
    last = f", the last one came up after {boottime.moment(max(came))}" if came else ""
    read = boottime.span(boot.uptime * 1000)
    return f"{boot.firmware} · {len(boot.bars)} services{last} · read after {read}"


def _notes(boot: Boot, fit: int) -> list[str]:
    if boot.exact:
        words = ("Times and heap were measured at this boot (_boot.blame), which made it slower: collections "
                 "come between.")
    else:
        words = ("Times are whole seconds, counted back from the last change of each state: "
                 '{"_boot": {"blame": true}} in services.config measures the next boot to the millisecond, '
                 "and its heap.")
    lines, line = [], ""
    for word in words.split():
        if line and len(line) + 1 + len(word) > fit:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def _columns(boot: Boot) -> dict[str, float]:
    """px of each column of text."""
    found = {"name": ["SERVICE"], "took": ["START"], "require": ["REQUIRES, [WANTS]"], "import": ["IMPORT B"],
             "setup": ["SETUP B"]}
    for bar in boot.bars:
        for column, text in _cells(bar).items():
            found[column].append(text)
    return {column: max(map(_length, texts)) * CHAR for column, texts in found.items()}


def _cells(bar: Bar) -> dict[str, str]:
    """The texts of a service."""
    taken, setup = ("-" if each is None else f"{max(each, 0):,}" for each in bar.heap or (None, None))
    took = "-" if bar.took is None else f"{bar.took:,} ms"
    return {"name": _cut(bar.name, LONGEST["name"]), "took": took, "require": _listed(bar), "import": taken,
            "setup": setup}


def _listed(bar: Bar) -> str:
    """Requirements, and what is wanted in brackets, as many as fit."""
    names = [*bar.require, *(f"[{name}]" for name in bar.want)]
    if not names:
        return "-"
    for shown in range(len(names), 0, -1):
        more = f" +{len(names) - shown}" if shown < len(names) else ""
        text = ", ".join(names[:shown]) + more
        if _length(text) <= LONGEST["require"]:
            return text
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return _cut(names[0], LONGEST["require"] - len(more)) + more


def _legend(boot: Boot, wide: int) -> tuple[list[str], int]:
    """(shapes, px where what is below may begin): the phases that occur."""
    kinds = {phase.kind for bar in boot.bars for phase in bar.phases}
    out, x, y = [], float(EDGE), 88
    for kind in boottime.PHASES:
        if kind in kinds:
            needed = 18 + len(LEGEND[kind]) * CHAR
            if x + needed > wide - EDGE and x > EDGE:
                x, y = float(EDGE), y + 20
            out.append(f'<rect class="{kind}" x="{x:g}" y="{y - 10}" width="12" height="12" rx="2"/>')
            out.append(_text(x + 18, y, LEGEND[kind], "legend"))
            x += needed + GAP
    return out, y + 20


def _bands(boot: Boot, top: int, wide: int) -> list[str]:
    return [f'<rect class="band" x="{EDGE / 2:g}" y="{top + 30 + number * ROW}" width="{wide - EDGE}" '
            f'height="{ROW}" rx="4"/>' for number in range(0, len(boot.bars), 2)]


def _axis(boot: Boot, left: float, top: int, rows: int) -> list[str]:
    """Lines at round times, and the times above them."""
    out = []
    moments = boottime.ticks(boot.end)
    in_ms = boot.end < 2000
    step = moments[1] if len(moments) > 1 else 1000
    digits = 0 if step % 1000 == 0 else 1 if step % 100 == 0 else 2 if step % 10 == 0 else 3
    for moment in moments:
        x = left + moment / boot.end * WIDE
        label = f"{moment} ms" if in_ms else f"{moment / 1000:.{digits}f} s"
        out.append(f'<path class="grid" d="M{x:.2f} {top + 24}v{rows * ROW + 6}"/>')
        out.append(_text(x, top + 16, label, "dim tick", "middle"))
    return out


def _heads(places: dict, columns: dict, top: int) -> list[str]:
    return [_text(EDGE, top + 16, "SERVICE", "dim"),
            _right(places, columns, "took", top + 16, "START", "dim"),
            _text(places["require"], top + 16, "REQUIRES, [WANTS]", "dim"),
            _right(places, columns, "import", top + 16, "IMPORT B", "dim"),
            _right(places, columns, "setup", top + 16, "SETUP B", "dim")]


def _row(bar: Bar, boot: Boot, top: int, places: dict, columns: dict) -> list[str]:
    cells, base = _cells(bar), top + ROW / 2 + 4
    bad = "bad" if bar.state in ("failed", "restarting", "not loaded") else ""
    out = ['<g class="row">', f"<title>{escape(_clean(_told(bar)), quote=False)}</title>",
           _text(EDGE, base, cells["name"], bad)]
    out += [_phase(phase, boot, top, places["axis"]) for phase in bar.phases]
    if bar.note:
        out.append(_text(places["axis"] + 4, base, _cut(bar.note, int(WIDE / CHAR) - 2), bad or "dim"))
    out += [_right(places, columns, "took", base, cells["took"], ""),
            _text(places["require"], base, cells["require"], "dim"),
            _right(places, columns, "import", base, cells["import"], ""),
            _right(places, columns, "setup", base, cells["setup"], ""), "</g>"]
    return out


def _phase(phase, boot: Boot, top: int, left: float) -> str:
    begin = min(phase.begin, boot.end)
    end = boot.end if phase.end is None else min(max(phase.end, begin), boot.end)
    x = min(begin / boot.end * WIDE, WIDE - THIN)
    wide = max((end - begin) / boot.end * WIDE, THIN)
    return (f'<rect class="{phase.kind}" x="{left + x:.2f}" y="{top + (ROW - BAR) / 2:g}" width="{wide:.2f}" '
            f'height="{BAR}" rx="1.5"/>')


def _told(bar: Bar) -> str:
    """All of a service, for who points at it."""
    told = [f"{bar.name}.service" + (f" ({bar.type})" if bar.type else "") + f": {bar.state}"]
    for phase in bar.phases:
        lasts = "" if phase.end is None else f", for {boottime.moment(phase.end - phase.begin)}"
        told.append(f"{LEGEND[phase.kind]} from {boottime.moment(phase.begin)}{lasts}")
    told += [f"requires {', '.join(bar.require)}"] if bar.require else []
    told += [f"wants {', '.join(bar.want)}"] if bar.want else []
    return "; ".join(told + ([bar.note] if bar.note else []))


# -- text ------------------------------------------------------------------------


def _right(places: dict, columns: dict, column: str, y: float, text: str, kind: str) -> str:
    return _text(places[column] + columns[column], y, text, kind, "end")


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "", scale: float = 1) -> str:
    extra = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    extra += f' font-size="{SIZE * scale:g}"' if scale != 1 else ""
    return (f'<text x="{x:.2f}" y="{y:g}" textLength="{max(_length(text), 1) * CHAR * scale:.2f}" '
            f'lengthAdjust="spacingAndGlyphs"{extra}>{escape(_clean(text), quote=False)}</text>')


def _length(text: str) -> int:
    """Columns of a monospaced font that a text takes."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in _clean(text)
               if not unicodedata.combining(each))


def _clean(text: str) -> str:
    """Without what XML cannot hold, or nobody would see."""
    return "".join(each if each.isprintable() and not "\ud800" <= each <= "\udfff" else "?" for each in text)


def _cut(text: str, most: int) -> str:
    """A text that is not longer than that."""
    if _length(text) <= most:
        return text
    while text and _length(text) > most - 1:
        text = text[:-1]
    return text + "…"
