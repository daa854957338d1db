"""svctl's command line: which subcommands there are, on which boards they run, what becomes of errors."""
from __future__ import annotations

import argparse
import importlib
import sys
from typing import Optional

from tools.errors import ToolError
from tools.svctl.link import Link

COMMANDS = ("deploy", "shell", "reset")
FAILED = 1


def parser() -> argparse.ArgumentParser:
    """The whole command line; a subcommand's module is loaded for its arguments."""
    top = argparse.ArgumentParser(prog="svctl", description="systemctl and journalctl for a board that runs "
                                  "MicroPython and aioservices. Its services go on meanwhile.")
    top.add_argument("-t", "--to", metavar="PORT", action="append", default=[], dest="ports",
                     help="the board's port, like /dev/ttyACM0; may be repeated")
    below = top.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"tools.svctl.commands.{name}")
        one = below.add_parser(name.replace("_", "-"), help=module.HELP, description=module.__doc__)
        one.set_defaults(module=module, command=name)
        module.arguments(one)
    return top


def main(argv: Optional[list] = None) -> int:
    """Run a command on each board; the exit code is that of the worst."""
    args = parser().parse_args(argv)
    module = args.module
    if not args.ports:
        print("svctl: name the board: svctl -t /dev/ttyACM0 …", file=sys.stderr)
        return 2
    try:
        if hasattr(module, "prepare"):
            module.prepare(args)
    except ToolError as error:
        return _failed(args, str(error))
    codes = [_on(port, args) for port in args.ports]
    return max(codes)


def _on(port: str, args: argparse.Namespace) -> int:
    """Run the command on one board; what fails there does not stop the rest."""
    several = len(args.ports) > 1

    def say(line: str) -> None:
        print(f"{port}: {line}" if several else line, flush=True)

    try:
        if not getattr(args.module, "LINK", True):
            return args.module.run(port, args, say)
        with Link(port) as link:
            return args.module.run(link, args, say)
    except ToolError as error:
        return _failed(args, str(error))


def _failed(args: argparse.Namespace, text: str) -> int:
    print(f"{args.command.replace('_', '-')}: {text}", file=sys.stderr, flush=True)
    return FAILED


def run() -> int:
    try:
        return main()
    except KeyboardInterrupt:
        print("svctl: stopped by Ctrl-C", file=sys.stderr)
        return 130
