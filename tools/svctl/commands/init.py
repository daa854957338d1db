"""`svctl init`: makes a project of one's own, with a first service and its test; with --update it brings what
it wrote into one up to date."""
from __future__ import annotations

import argparse
from pathlib import Path

from svctl.errors import ToolError
from svctl.setup import layout, place

HELP = "make a project of one's own in a new folder; --update brings one up to date"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?",
                        help="the new folder, and the first service, like station")
    parser.add_argument("--update", action="store_true", help="in a project: write anew what svctl wrote and "
                        "nobody has changed, and show the difference of the rest")


def alone(args: argparse.Namespace, say) -> int:
    if args.update:
        return _update(args, say)
    if args.name is None:
        raise ToolError("NAME is missing, like: svctl init station")
    root = Path.cwd() / args.name
    written = layout.create(root, args.name)
    say.data({"project": str(root), "written": written})
    say(f"written: {args.name}/, {len(written)} files")
    say(f"try it: cd {args.name}; svctl run; svctl test; svctl -t PORT deploy")
    return 0


def _update(args: argparse.Namespace, say) -> int:
    if args.name is not None:
        raise ToolError(f"{args.name}: --update takes no name, but the project around you")
    root = place.project()
    if not place.is_own(root):
        raise ToolError(f"{root} is a clone of aioservices: git pull brings that up to date")
    done = layout.update(root)
    say.data({"project": str(root), "written": done.written, "left": sorted(done.left)})
    for path in done.written:
        say(f"written: {path}")
    for path, lines in done.left.items():
        say(f"left as it is: {path}, which is yours; to follow by hand:")
        for line in lines[2:]:
            say(f"  {line}")
    if not done.written and not done.left:
        say("nothing to do: all is up to date")
    return 0
