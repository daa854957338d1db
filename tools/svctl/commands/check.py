"""`svctl check`: what is wrong with the project of the current directory, before anything is sent: settings
and graph, files that do not compile; with a board also its .mpy version and whether the heap is enough."""
from __future__ import annotations

import argparse

from svctl.build import check, heap, overlay
from svctl.deploy import send
from svctl.deploy.project import Project
from svctl.errors import DeployError, TreeError
from svctl.link.cable import Link
from svctl.setup import place

HELP = "what is wrong with the project; with -t also whether it fits the board"
PROJECT = True


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def alone(args: argparse.Namespace, say) -> int:
    """The project itself; what it would be on a board is in `args.project`, None where it cannot be built."""
    root = overlay.of(place.project())
    found = check.check(root)
    args.project = args.needed = None
    try:
        if not check.broken(root):  # that was told
            args.project = Project()
            args.needed = heap.needed(root, {path: file.size for path, file in args.project.files.items()})
    except (DeployError, TreeError) as error:
        found += [str(error)] if str(error) not in found else []
    notes = args.project.notes if args.project else []
    say.data({"findings": found, **({"notes": notes} if notes else {}), "heap_needed": args.needed})
    for line in [*found, *notes]:
        say(line)
    if not found:
        say("check: fine" + (f"; about {_kb(args.needed)} of heap are needed" if args.needed else ""))
    return 1 if found else 0


def run(link: Link, args: argparse.Namespace, say) -> int:
    """Whether the board could run it."""
    if args.project is None:
        say.data({"findings": ["the project cannot be built"]})
        say("the project cannot be built: the board was not looked at")
        return 1
    found = send.about(link)
    wrong = [f"{link.port}: {line}" for line in (found["fault"] or "").splitlines()]
    try:
        send.check(args.project, found, link.port)
    except (DeployError, TreeError) as error:
        wrong.append(str(error))
    if args.needed + heap.ROOM > found["heap"]:
        wrong.append(f"{link.port}: the heap is too small: about {_kb(args.needed)} are needed, and "
                     f"{_kb(heap.ROOM)} to look and deploy; the board has {_kb(found['heap'])}. Disable "
                     "services, or take a larger board")
    say.data({"findings": wrong, "heap": found["heap"], "heap_needed": args.needed})
    for line in wrong:
        say(line)
    if not wrong:
        say(f"{found['machine']}: fine; about {_kb(args.needed)} of {_kb(found['heap'])} of heap are needed")
    return 1 if wrong else 0


def _kb(size: int) -> str:
    return f"{size // 1000} kB"
