"""`svctl logs`: the journal, as journalctl shows one."""
from __future__ import annotations

import argparse

from svctl.link.cable import SHORT
from svctl.look import journal
from svctl.manage.complete import names

HELP = "the journal; -u NAME -p LEVEL -n N, -f follows"
AGAIN = 0.5  # s between two looks; in between the board is left alone


def arguments(parser) -> None:
    parser.add_argument("-u", "--unit", metavar="NAME",
                        help="of a service and its children; * is a wildcard").completer = names
    parser.add_argument("-p", "--priority", metavar="LEVEL", choices=journal.LEVELS, default="debug",
                        help=f"that level and above: {', '.join(journal.LEVELS)}")
    parser.add_argument("-n", "--lines", metavar="N", type=_count, help="the last so many")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what comes, until Ctrl-C")


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a number of lines, not {text}")
    return int(text)


def is_endless(args) -> bool:
    return args.follow


def run(link, args, say) -> int:
    if args.follow:
        link.page = SHORT
    lines, after = journal.read(link, 0, args.priority, args.unit, args.lines, args.follow)
    if not args.follow:
        say.data([line.data for line in lines])
    while True:
        for line in lines:
            say(line.text)
            if args.follow:
                say.data(line.data)
        if not args.follow:
            return 0
        link.rest(AGAIN)
        if args.stop.is_set():
            return 0
        before = after
        lines, after = journal.more(link, before, args.priority, args.unit)
        if lines and lines[0].number > before and args.unit is None and args.priority == "debug":
            say(f"... {lines[0].number - before} lines overwritten")
