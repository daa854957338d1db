"""`svctl run`: builds the project and boots it on a simulated board, in this terminal: its services, and the
prompt. Ctrl-D there shuts it down, Ctrl-\\\\ ends it whatever it does. MicroPython is set up first."""
from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import Optional

from svctl.boards import described
from svctl.boards.going import Going, tree_of
from svctl.build import overlay, tree
from svctl.errors import BoardError, BoardsError, TreeError
from svctl.setup import place, unixport
from svctl.simboard import boards, cli, simulation

HELP = "boot the project on a simulated board; --blank: one with nothing but a firmware's prompt"
PROJECT = True
SECRETS = ".env"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", metavar="NAME",
                        help="which board, each with a flash of its own (default: board); one of boards/ "
                        "has its settings, services and secrets")
    parser.add_argument("--pty", metavar="PATH", nargs="?", type=Path, const=Path(),
                        help="have the console on a pty, as a board has it on a port, linked at PATH "
                        "(default: build/boards/NAME.tty)")
    parser.add_argument("--blank", action="store_true", help="an empty flash, and the prompt of a firmware: "
                        "for a first deploy (its name is blank)")
    parser.add_argument("--no-build", action="store_true", help="boot what lies on its flash")
    parser.add_argument("--heap", default=cli.HEAP, help="like 64k or 1M (default %(default)s)")
    parser.add_argument("--bits", type=int, choices=(32, 64), help="32: objects as large as on a "
                        "microcontroller (default where there is one)")


def alone(args: argparse.Namespace, say) -> int:
    root = place.project()
    board = boards.board(root, args.name or ("blank" if args.blank else boards.DEFAULT))
    unixport.setup()
    if board.running() is not None and not (args.blank or args.no_build or args.pty):
        for line in build(root, board):
            say(line)
        say(f"{board.name} runs in another terminal: its flash has it now, reload(\"name\") takes it")
        return 0
    pty = board.tty if args.pty == Path() else args.pty
    with board.held(pty):
        if args.blank:
            shutil.rmtree(board.flash, ignore_errors=True)
            board.flash.mkdir(parents=True)
        elif not args.no_build:
            for line in build(root, board):
                say(line)
        elif not board.flash.is_dir():
            raise BoardError(f"{board.name} has no flash yet: svctl run builds it")
        return _boot(root, board, pty, args)


def build(root: Path, board: boards.Board) -> list[str]:
    """Bring a board's flash up to date with the project; what there is to say of it."""
    flash = board.flash
    sources, secrets = _sources(root, board)
    try:
        report = tree.build(flash, sources)
        if secrets.is_file() and place.is_own(root):
            shutil.copyfile(secrets, flash / SECRETS)
        misfits = tree.check(flash)
    except OSError as error:
        raise TreeError(f"{error.filename or flash}: {error.strerror}") from error
    told = tree.look(sources)
    return [f"board: {line}" for line in [*report.lines(_short(flash)), *misfits, *told.notes, *told.faults]]


def _sources(root: Path, board: boards.Board) -> tuple[Path, Path]:
    """What a board is built of, and its secrets: its own where boards/ describes it, else those of all."""
    described_as = next((each for each in described.every(root) if each.name == board.name), None)
    if described_as is None:
        return overlay.of(root), root / SECRETS
    going = Going(root, described_as)
    if going.faults:
        raise BoardsError("\n".join(going.faults))
    return tree_of(going, board.flash.with_name(f"{board.name}.sources")), described_as.env or root / SECRETS


def _short(path: Path) -> Path:
    return Path(os.path.relpath(path))


def _boot(root: Path, board: boards.Board, pty: Optional[Path], args: argparse.Namespace) -> int:
    world = root / simulation.NAME
    if place.is_own(root) and world.is_file() and not (board.flash / simulation.NAME).exists():
        os.environ.setdefault("BOARD_SIM", str(world))
    more = {"BOARD_PROMPT": "1"} if args.blank else {}
    return cli.supervisor(board.flash.resolve(), args.heap, args.bits, pty, more).run()
