"""What the shell completes: names of services, of the project and of a board that is named and answers
quickly; keys of settings; ports."""
from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import Iterator

from svctl.boards import described, reached
from svctl.build.check import service_files
from svctl.errors import ToolError
from svctl.link.cable import Link
from svctl.manage import services, settings
from svctl.setup import place
from svctl.shared import device

PATIENCE = 1.0  # s for a board; somebody waits


def name_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a service, or a pattern with *").completer = names


def pattern_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?",
                        help="a service, or a pattern with *; else all").completer = names


def names(prefix: str, parsed_args, **_) -> list:
    """Names of services."""
    found = {"_boot"} if getattr(parsed_args, "command", "") in ("config", "edit") else set()
    root = place.find(Path.cwd())
    if root is not None:
        found |= set(service_files(root))
        with contextlib.suppress(OSError, ValueError):
            text = device("aioctl.utf8").decoded((root / "services.config").read_bytes())
            found |= {key for key in device("aioservice.settingsfile").parse(text)[0] if key != "_boot"}
    for word in [*parsed_args.ports, *getattr(parsed_args, "more", ())]:
        with contextlib.suppress(ToolError):
            found |= set(_on(reached.target(word).port))
    return sorted(name for name in found if name.startswith(prefix))


def _on(port: str) -> Iterator[str]:
    """The names that a board knows."""
    with Link(port, PATIENCE) as link:
        yield from [each["name"] for each in services.of(link, None)]


def keys(prefix: str, parsed_args, **_) -> list:
    """Keys of the entry that is named."""
    return [f"{key}=" for key in settings.words(parsed_args.name or "") if key.startswith(prefix)]


def ports(prefix: str, **_) -> list:
    """Ports with a board behind them, and names of the project's boards."""
    root = place.find(Path.cwd())
    names = [board.name for board in described.every(root)] if root is not None else []
    return [name for name in [*reached.attached(), *names] if name.startswith(prefix)]
