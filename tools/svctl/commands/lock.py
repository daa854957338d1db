"""`svctl lock`: fetches what requirements-board.txt asks for, and writes down in requirements-board.lock what
that is. Builds take what is locked, and nothing else."""
from __future__ import annotations

import argparse

from svctl.build import tree
from svctl.errors import RequiresError
from svctl.requires import brought, listed, locked, resolve
from svctl.setup import place

HELP = "fetch and lock what requirements-board.txt asks for; --upgrade takes newer versions"
PROJECT = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--upgrade", metavar="NAME", nargs="*", help="take the newest that the lines allow; "
                        "without a name of all")


def alone(args: argparse.Namespace, say) -> int:
    root = place.project()
    with tree.alone(root / "build" / "requires"):
        told = listed.read(root)
        old = locked.read(root)
        if not told.lines and old is None:
            raise RequiresError(f"there is no {listed.FILE} with a line that asks for something, like "
                                f"{listed.KINDS}")
        new = resolve.resolve(root, told.lines, old or [], args.upgrade)
        found = brought.laid(root, new, told.firmware)
        if found.faults:
            for line in found.faults[:-1]:
                say.note(line)
            raise RequiresError(f"{found.faults[-1]}. Nothing was locked")
        written = locked.write(root, new)
    changes = list(_changes(old or [], new))
    say.data({"written": written, "changes": changes, "notes": found.notes,
              "packages": [{"name": each.name, "version": each.version} for each in new]})
    for line in [*changes, *found.notes]:
        say(line)
    say(f"written: {locked.FILE}, {len(new)} packages, {len(found.files)} files" if written else
        f"nothing to do: {locked.FILE} is complete")
    return 0


def _changes(old: list, new: list):
    before, after = ({(each.source, each.name): each for each in packages} for packages in (old, new))
    for key in sorted({*before, *after}):
        was, now = before.get(key), after.get(key)
        if was is None:
            yield f"new      {now.shown}"
        elif now is None:
            yield f"removed  {was.shown}"
        elif was.version != now.version:
            yield f"changed  {now.name} {was.version} -> {now.version}"
        elif (was.files, was.sha256) != (now.files, now.sha256):
            yield f"changed  {now.shown}: other files"
