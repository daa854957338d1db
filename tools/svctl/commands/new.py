"""`svctl new`: writes a service into the project of the current directory, and a test of it that passes as it
stands."""
from __future__ import annotations

import argparse
import keyword
import re
from pathlib import Path

from svctl.errors import ToolError
from svctl.setup import place

HELP = "write a service and its test: --type core, schedule or runtime"
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
TYPES = ("core", "schedule", "runtime")
# How the service is called in the templates.
NAME, CLASS = "new_name", "NewName"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="like door_lock")
    parser.add_argument("--type", choices=TYPES, default="runtime",
                        help="core: once at a boot, before others; schedule: at times; "
                        "runtime: as long as the board runs (the default)")


def alone(args: argparse.Namespace, say) -> int:
    name = args.name[:-len(".service")] if args.name.endswith(".service") else args.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ToolError(f"{args.name}: a name has small letters, digits and _, like door_lock")
    root = place.project()
    files = {"service": root / "aioservices/services" / f"{name}_service.py",
             "test": root / "tests" / f"test_{name}.py"}
    for path in [*files.values(), files["service"].with_suffix(".mpy")]:
        if path.exists():
            raise ToolError(f"{path.relative_to(root)} is there already: nothing was written")
    for kind, path in files.items():
        text = (TEMPLATES / f"{args.type}_{kind}.py").read_text(encoding="utf-8")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace(NAME, name).replace(CLASS, _class(name)), encoding="utf-8")
    say.data({kind: str(path.relative_to(root)) for kind, path in files.items()})
    for path in files.values():
        say(f"written: {path.relative_to(root)}")
    say(f'try it: make test ARGS="{files["test"].relative_to(root)}"; then make deploy PORT=…')
    return 0


def _class(name: str) -> str:
    """The class of a service: DoorLock."""
    return "".join(part.capitalize() for part in name.split("_"))
