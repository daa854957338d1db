"""`svctl status`: the version that the board carries, and the status lines of services; of one its last lines
of the journal, too, and of a failed one the end of its traceback."""
from __future__ import annotations

from typing import Optional

from svctl.build.tree import in_words
from svctl.deploy import send, stamp
from svctl.look import journal
from svctl.manage import complete, services

HELP = "status lines; of one service with its last lines of the journal"
SHOWN = 10
TRACED = 8  # lines of a traceback: the last ones


def arguments(parser) -> None:
    complete.pattern_argument(parser)


def run(link, args, say) -> int:
    found = [each for each in services.of(link, args.name) if "line" in each or args.name is not None]
    one = args.name is not None and len(found) == 1
    more, lines, trace = {}, [], []
    if one:
        lines = journal.read(link, name=found[0]["name"], last=SHOWN)[0]
        more["log"] = [line.data for line in lines]
        if "error" in found[0]:  # what it suffers from now
            trace = more["traceback"] = [
                in_words(line) for line in link.ask("services", "trace", found[0]["name"])]
    say.data([{**services.public(each), **more} for each in found])
    carried = "" if args.name is not None or args.json else stamp.line(send.carried(link))
    if carried:
        say(f"version: {carried}")
    for each in found:
        say(each.get("line") or f"{each['name']}.service is not loaded: {each['reason']}")
    if one:
        _details(found[0], say)
        for line in [*trace[-TRACED:], *[line.text for line in lines]]:
            say(line)
    return services.code(found) if args.name is not None else 0


def _before(each: dict) -> Optional[str]:
    """A failure that is over, with its time."""
    if "last_error" not in each:
        return None
    ago = f"{each['failed_ago']} ago: " if "failed_ago" in each else ""
    return f"{ago}{each['last_error']}"


def _details(each: dict, say) -> None:
    lasts = f", for {each['lasts']} s" if "lasts" in each else ""
    told = [("what", each.get("info")), ("state", each["state"] + lasts), ("restarts", each.get("restarts")),
            ("requires", ", ".join(each.get("require", []))),
            ("next run", each.get("next_run") or each.get("next")),
            ("error", each.get("error")), ("why", each.get("reason")), ("failed", _before(each))]
    for word, value in told:
        if value:
            say(f"{word:>10}: {value}")
