"""`make board`: builds the board tree of a clone, with what its requirements bring."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from svctl.build import overlay, tree
from svctl.errors import InterpreterError, TreeError, run_main
from svctl.requires import brought
from svctl.setup.place import CODE as ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m svctl.build.board", description="Build the board tree.")
    parser.add_argument("dir", nargs="?", default="build/board", type=Path)
    parser.add_argument("--source", action="store_true", help="copy .py files, compile nothing")
    args = parser.parse_args()
    if args.dir.exists() and not args.dir.is_dir():
        raise TreeError(f"{args.dir} is not a folder")
    if args.dir.resolve() == ROOT:
        raise TreeError(f"{args.dir} is the project itself: name another folder for the board tree")
    try:
        sources = overlay.of(ROOT)
        report = tree.build(args.dir, sources, compiled=not args.source)
        misfits = tree.check(args.dir)
    except OSError as error:
        raise TreeError(f"{error.filename or args.dir}: {error.strerror}") from error
    except InterpreterError as error:
        raise TreeError(str(error)) from error
    for line in [*report.lines(args.dir), *misfits, *brought.of(ROOT).notes,
                 *[line for lines in tree.look(sources) for line in lines]]:
        print(f"board: {line}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(run_main("board", main))
