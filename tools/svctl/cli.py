"""svctl's command line: which subcommands there are, on which boards they run, what becomes of errors."""
from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn, Optional

import argcomplete

from svctl import __version__
from svctl.boards import described
from svctl.boards import reached
from svctl.deploy import trial
from svctl.errors import BoardFault, ServiceUnknown, ToolError, one_line
from svctl.link.cable import Link
from svctl.manage import complete
from svctl.manage.faults import explained
from svctl.manage.services import UNKNOWN
from svctl.setup import layout, place
from svctl.shared import device

COMMANDS = ("list", "status", "is_active", "tree", "blame", "chain", "logs", "last_boot", "info", "start",
            "stop", "restart", "reload", "enable", "disable", "mask", "unmask", "config", "edit", "top",
            "plot", "init", "run", "watch", "test", "power", "new", "lock", "check", "boards", "deploy",
            "trial", "confirm", "rollback", "backup", "restore", "test_board", "reset", "shell")
FAILED = 1
# Which show what is wrong with the board's settings, and which tell of a trial themselves.
FAULTS = ("list", "status", "info", "config", "last_boot")  # and check, as a finding
TRIALS = ("deploy", "trial", "confirm", "rollback")
# Which are for boards that do not answer, too.
BLIND = ("reset", "shell")
PORT = "SVCTL_PORT"  # in the environment


class Say:
    """Prints a board's answers: lines for people, or data as JSON, one value a line."""

    def __init__(self, port: str, several: bool, as_json: bool):
        self.port, self.several, self.as_json = port, several, as_json

    def __call__(self, line: str) -> None:
        if not self.as_json:
            line = plain(line)
            _put(f"{self.port}: {line}" if self.several else line)

    def note(self, text: str) -> None:
        """Lines beside the answer: on stderr where that is JSON."""
        for line in text.splitlines():
            if self.as_json:
                print(f"{self.port}: {line}", file=sys.stderr, flush=True)
            else:
                self(line)

    def data(self, value) -> None:
        if self.as_json:
            _put(json.dumps({"port": self.port, "answer": value} if self.several else value))


def plain(text: str) -> str:
    """A text of a board without what a terminal would obey, or could not show."""
    odd = {each for each in text if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp")} - {"\n", "\t"}
    return "".join("?" if each in odd else each for each in text)


def _put(line: str) -> None:
    """A line in one piece, whoever else prints."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments; the exit code is 2."""

    typed: list = []

    def error(self, message: str) -> NoReturn:
        missing = re.fullmatch(r"the following arguments are required: (.*)", message)
        if missing and missing[1] == "COMMAND":
            odd = [word for word in self.typed if word.startswith("-")]
            if odd and odd[0].partition("=")[0] not in self._option_string_actions:
                self.refuse(odd)
            message = "which command? svctl --help lists them"
        elif missing:
            message = f"{missing[1]} is missing"
        message = message.removeprefix("argument ").replace("expected one argument", "a value is missing")
        self.exit(2, f"{self.prog.split()[-1]}: {message}\n")

    def _check_value(self, action: argparse.Action, value) -> None:
        if action.choices is None or value in action.choices:
            return
        known = list(action.choices)
        like = device("aioservice.spelling").near(str(value), known)
        if action.metavar == "COMMAND":
            self.error(f"there is no command {value}{like or '; svctl --help lists them'}")
        name = "/".join(action.option_strings) or action.metavar
        self.error(f"{name}: {value} is none of {', '.join(known)}{like}")

    def refuse(self, rest: list) -> NoReturn:
        """What is left over when all arguments were taken."""
        options = [word.partition("=")[0] for word in rest if word.startswith("-")]
        if not options:
            self.error(f"{' '.join(rest)}: too many arguments")
        like = device("aioservice.spelling").near(options[0], self._option_string_actions)
        hint = getattr(sys.modules.get(f"svctl.commands.{self.prog.split()[-1]}"), "HINT", "")
        self.error(f"there is no option {options[0]}{like or hint}")


def parser() -> Parser:
    """The whole command line; a subcommand's module is loaded for its arguments."""
    top = Parser(prog="svctl", description="systemctl and journalctl for a board that runs MicroPython and "
                 "aioservices. Its services go on meanwhile.")
    top.add_argument("--version", action="version", version=f"svctl {__version__}")
    _common(top, "ports", False)
    below = top.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"svctl.commands.{name}")
        one = below.add_parser(name.replace("_", "-"), help=module.HELP, description=module.__doc__)
        one.set_defaults(module=module, command=name, parser=one)
        _common(one, "more", argparse.SUPPRESS)
        module.arguments(one)
    return top


def _common(parser: argparse.ArgumentParser, ports: str, as_json) -> None:
    """What may stand before the subcommand or after it, and ports in both places."""
    port = parser.add_argument("-t", "--to", metavar="PORT", action="append", default=[], dest=ports,
                               help="the board: its port, like /dev/ttyACM0, or its name in boards/; may be "
                               f"repeated. Without it {PORT} in the environment counts")
    port.completer = complete.ports
    parser.add_argument("--json", action="store_true", default=as_json, help="answer in JSON, a value a line")


def main(argv: Optional[list] = None) -> int:
    """Run a command on each board; the exit code is that of the worst."""
    top = parser()
    top.typed = sys.argv[1:] if argv is None else argv
    args, rest = top.parse_known_args(top.typed)
    if rest:
        args.parser.refuse(rest)
    args.ports = list(dict.fromkeys([*args.ports, *args.more]))
    module = args.module
    alone = getattr(module, "alone", None) if getattr(module, "is_alone", lambda args: True)(args) else None
    try:
        if getattr(module, "PROJECT", False):
            _tell_age()
        if not args.ports and alone is None:
            args.ports = getattr(module, "every", lambda args: [])(args)
            args.ports = args.ports or [word for word in [os.environ.get(PORT)] if word]
        if not args.ports and alone is None:
            print(f"svctl: name the board: {_which()}", file=sys.stderr)
            return 2
        if hasattr(module, "prepare"):
            module.prepare(args)
        codes = [alone(args, Say("", False, args.json))] if alone else []
    except ServiceUnknown as error:
        return _failed(args, str(error), UNKNOWN)
    except (ToolError, OSError) as error:
        return _failed(args, one_line(error))
    args.stop = threading.Event()
    if len(args.ports) > 1 and getattr(module, "is_endless", lambda args: False)(args):
        return max(_at_once(args))
    codes += [_on(port, args) for port in args.ports if hasattr(module, "run")]
    return max(codes)


def _which() -> str:
    """How a board is named here."""
    root = place.find(Path.cwd())
    names = [each.name for each in described.every(root)] if root is not None else []
    if not names:
        return "svctl -t /dev/ttyACM0 …"
    return f"svctl -t {names[0]} …" + (f"; there are {', '.join(names)}" if names[1:] else "")


def _tell_age() -> None:
    """That the project of the current directory is of an older svctl; ToolError if it is of a newer one."""
    root = place.find(Path.cwd())
    line = layout.told(root) if root is not None and place.is_own(root) else None
    if line:
        print(f"svctl: {line}", file=sys.stderr, flush=True)


def _at_once(args: argparse.Namespace) -> list:
    """Run the command on all boards at the same time, until the last one ends or Ctrl-C."""
    with ThreadPoolExecutor(len(args.ports)) as pool:
        runs = [pool.submit(_on, port, args) for port in args.ports]
        try:
            return [each.result() for each in runs]
        finally:
            args.stop.set()


def _on(word: str, args: argparse.Namespace) -> int:
    """Run the command on one board, by its port or name; what fails there does not stop the rest."""
    say = Say(word, len(args.ports) > 1, args.json)
    lead = ""
    try:
        port, board = reached.target(word)
        lead = f"{word}: " if board is not None else ""
        linked = getattr(args.module, "LINK", True)
        if linked or board is not None and args.command not in BLIND:
            with Link(port) as link:
                link.board = board
                note = reached.recognise(link, board)
                if note:
                    print(f"{lead}{note}", file=sys.stderr, flush=True)
                if linked:
                    _tell(link, args.command)
                    return args.module.run(link, args, say)
        return args.module.run(port, args, say)
    except ServiceUnknown as error:
        return _failed(args, f"{word}: {error}", UNKNOWN)
    except BoardFault as error:
        return _failed(args, f"{word}: {explained(error)}")
    except (ToolError, OSError) as error:
        return _failed(args, f"{lead}{one_line(error)}")


def _tell(link: Link, command: str) -> None:
    """What whoever looks at a board has to know, beside the answer."""
    found = link.fault.splitlines() if link.fault and command in FAULTS else []
    if link.switches and command not in TRIALS:
        found += filter(None, [trial.pending(link)])
    for line in found:
        print(f"{link.port}: {line}", file=sys.stderr, flush=True)


def _failed(args: argparse.Namespace, text: str, code: int = FAILED) -> int:
    print(f"{args.command.replace('_', '-')}: {text}", file=sys.stderr, flush=True)
    return code


def run() -> int:
    argcomplete.autocomplete(parser())
    try:
        return main()
    except KeyboardInterrupt:
        print("svctl: stopped by Ctrl-C", file=sys.stderr)
        return 130
