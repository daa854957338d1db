"""`svctl check`: what is wrong with the project of the current directory, before anything is sent: settings
and graph, files that do not compile, what its requirements take; with a board also its .mpy version and
whether the heap is enough."""
from __future__ import annotations

import argparse
from pathlib import Path

from svctl.boards import described, going, reached
from svctl.build import check, heap, overlay
from svctl.deploy import send
from svctl.deploy.project import Project
from svctl.errors import BoardsError, DeployError, TreeError
from svctl.link.cable import Link
from svctl.requires import brought, own, shares
from svctl.setup import place

HELP = "what is wrong with the project; with -t also whether it fits the board"
PROJECT = True


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def alone(args: argparse.Namespace, say) -> int:
    """The project itself; what it would be on a board is in `args.project`, None where it cannot be built."""
    args.given = brought.of(place.project())
    args.project = args.needed = None
    if args.given.faults:  # and so no board can be built
        return _told(args.given.faults, [], args, say)
    root = overlay.of(place.project(), even_damaged=True)
    boards = described.every(place.project())
    found = _of_boards(place.project(), boards, root) if boards else check.check(root)
    found += own.missing(place.project(), args.given.files)
    try:
        if not check.broken(root):  # that was told
            args.project = Project()
            args.needed = _needed(root, args.project, args.given)
    except (DeployError, TreeError) as error:
        found += [] if any(line.startswith(str(error)) for line in found) else [str(error)]
    return _told(found, args.project.notes if args.project else [], args, say)


def _told(found: list, notes: list, args: argparse.Namespace, say) -> int:
    costs = shares.of(args.given, args.project.files) if args.project else []
    more = {"notes": notes, "requires": [each._asdict() for each in costs]}
    say.data({"findings": found, **{key: value for key, value in more.items() if value},
              "heap_needed": args.needed})
    lines = [f"{each.package}: {each.flash} B of flash, about {each.heap} B of heap" for each in costs]
    for line in [*found, *notes, *lines]:
        say(line)
    if not found:
        say("check: fine" + (f"; about {_kb(args.needed)} of heap are needed" if args.needed else ""))
    return 1 if found else 0


def _needed(root: Path, project: Project, given: brought.Brought) -> int:
    sizes = {path: file.size for path, file in project.files.items()}
    packages = sum(each.heap for each in shares.of(given, project.files))
    return heap.needed(root, sizes, shares.everywhere(given)) + packages


def _for(link: Link, args: argparse.Namespace) -> tuple[Project, int]:
    """What goes to an attached board, and the heap that it needs there."""
    root = place.project()
    board = link.board or (reached.of(send.uid(link), root) if described.every(root) else None)
    if board is None:
        return args.project, args.needed
    mine = going.Going(root, board)
    project = Project(going=mine)
    with going.laid(mine.sources, mine.text.encode(), None, mine) as folder:
        return project, _needed(folder, project, args.given)


def _of_boards(root: Path, boards: list, sources: Path) -> list:
    """What is wrong with the project, and with what each of its boards would have of it; what all of them
    have in common is told once."""
    told = {}
    for board in boards:
        try:
            told[board.name] = going.faults(going.Going(root, board))
        except (BoardsError, TreeError) as error:  # in what all have in common
            return [str(error), *check.of_code(sources)]
    common = [line for line in check.of_settings(sources) if all(line in lines for lines in told.values())]
    own = [line if line.startswith(f"{described.FOLDER}/") else f"{name}: {line}"
           for name, lines in told.items() for line in lines if line not in common]
    return [*common, *own, *check.of_code(sources)]


def run(link: Link, args: argparse.Namespace, say) -> int:
    """Whether the board could run it."""
    if args.project is None:
        say.data({"findings": ["the project cannot be built"]})
        say("the project cannot be built: the board was not looked at")
        return 1
    found = send.about(link)
    project, needed = _for(link, args)
    wrong = [f"{link.port}: {line}" for line in (found["fault"] or "").splitlines()]
    try:
        send.check(project, found, link.port)
    except (DeployError, TreeError) as error:
        wrong.append(str(error))
    if needed + heap.ROOM > found["heap"]:
        wrong.append(f"{link.port}: the heap is too small: about {_kb(needed)} are needed, and "
                     f"{_kb(heap.ROOM)} to look and deploy; the board has {_kb(found['heap'])}. Disable "
                     "services, or take a larger board")
    say.data({"findings": wrong, "heap": found["heap"], "heap_needed": needed})
    for line in wrong:
        say(line)
    if not wrong:
        say(f"{found['machine']}: fine; about {_kb(needed)} of {_kb(found['heap'])} of heap are needed")
    return 1 if wrong else 0


def _kb(size: int) -> str:
    return f"{size // 1000} kB"
