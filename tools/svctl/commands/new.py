"""`svctl new`: writes a service into the project of the current directory, and a test of it that passes as it
stands."""
from __future__ import annotations

import argparse

from svctl.errors import ToolError
from svctl.setup import layout, place

HELP = "write a service and its test: --type core, schedule or runtime"
PROJECT = True
TYPES = ("core", "schedule", "runtime")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="like door_lock")
    parser.add_argument("--type", choices=TYPES, default="runtime",
                        help="core: once at a boot, before others; schedule: at times; "
                        "runtime: as long as the board runs (the default)")


def alone(args: argparse.Namespace, say) -> int:
    name = args.name[:-len(".service")] if args.name.endswith(".service") else args.name
    layout.check_name(name)
    root = place.project()
    layout.check_free(name, root)
    files = {kind: root / path for kind, path in layout.service_paths(name).items()}
    for path in [*files.values(), files["service"].with_suffix(".mpy")]:
        if path.exists():
            raise ToolError(f"{path.relative_to(root)} is there already: nothing was written")
    for kind, path in files.items():
        layout.put(path, layout.service_text(f"{args.type}_{kind}", name))
    say.data({kind: str(path.relative_to(root)) for kind, path in files.items()})
    for path in files.values():
        say(f"written: {path.relative_to(root)}")
    test = files["test"].relative_to(root)
    say(f"try it: svctl test {test}; then svctl -t PORT deploy" if place.is_own(root) else
        f'try it: make test ARGS="{test}"; then make deploy PORT=…')
    return 0
