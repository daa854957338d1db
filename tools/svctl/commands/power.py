"""`svctl power`: what a hand does to a simulated board that runs in another terminal: its reset button, its
plug."""
from __future__ import annotations

import argparse

from svctl.setup import place
from svctl.simboard import boards

HELP = "reset, cycle or off: a simulated board that runs in another terminal; without: which run"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="WHAT", nargs="?", choices=boards.BUTTONS,
                        help="reset: pull its reset pin; cycle: take its power and give it back; off: end it")
    parser.add_argument("name", metavar="NAME", nargs="?", default=boards.DEFAULT,
                        help="which board (default: board)")


def alone(args: argparse.Namespace, say) -> int:
    root = place.project()
    if args.what:
        boards.board(root, args.name).press(args.what)
        return 0
    found = boards.every(root)
    say.data({each.name: {"pid": each.running(), "port": each.port()} for each in found})
    for each in found:
        say(f"{each.name}: running, pid {each.running()}" + (f", at {each.port()}" if each.port() else ""))
    if not found:
        say("no board is running")
    return 0 if found else 3  # as systemctl
