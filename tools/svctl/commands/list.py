"""`svctl list`: the services of a board, and their states."""
from __future__ import annotations

from svctl.manage import complete, services

HELP = "the services and their states"
HEAD = ("SERVICE", "TYPE", "STATE", "FOR", "DESCRIPTION")


def arguments(parser) -> None:
    complete.pattern_argument(parser)


def run(link, args, say) -> int:
    found = services.of(link, args.name)
    say.data([services.public(each) for each in found])
    rows = [HEAD] + [_row(each) for each in found]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD) - 1)]
    for row in rows:
        say("  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0])).rstrip())
    return 0


def _row(each: dict) -> tuple:
    lasts = each.get("lasts")
    told = each.get("error") or each.get("reason") or each.get("info") or ""
    return each["name"], each.get("type", "-"), each["state"], "-" if lasts is None else f"{lasts} s", told
