"""`svctl shell`: a board's console, in mpremote."""
from __future__ import annotations

import os
import sys

from svctl.errors import LinkError
from svctl.link import port as ports

HELP = "the board's console; Ctrl-] leaves it"
LINK = False


def arguments(parser) -> None:
    pass


def prepare(args) -> None:
    if len(args.ports) > 1:
        raise LinkError(f"a console is one board's: name one of {', '.join(args.ports)}")


def run(port: str, args, say) -> int:
    why = ports.why_not(port)
    if why:
        raise LinkError(why)
    if not sys.stdin.isatty():
        raise LinkError("the console needs a terminal: type this in one")
    say("If nothing answers, as after a cable was pulled: Ctrl-C, then Ctrl-B")
    sys.stdout.flush()
    command = [sys.executable, "-m", "mpremote", "connect", ports.device(port), "resume", "repl"]
    os.execv(command[0], command)
