"""`svctl top`: services and the journal on the whole screen, and keys to act on them."""
from __future__ import annotations

import argparse
import sys

from svctl.errors import LinkError, ToolError
from svctl.setup import place

HELP = "services and journal on the whole screen, with keys to act on them"
LINK = False


def arguments(parser) -> None:
    parser.add_argument("-d", "--delay", metavar="SECONDS", type=_seconds, default=2.0,
                        help="from one look to the next (2)")
    parser.add_argument("--no-profile", action="store_true",
                        help="no share of the loop's time, which the board would measure meanwhile")


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.2 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"expected 0.2 to 3600 seconds, not {text}")
    return value


def prepare(args) -> None:
    """Before a board is touched: the library is loaded here alone, as it takes its time."""
    try:
        import textual  # noqa: F401
    except ImportError as error:
        how = place.words("make board installs what requirements.txt names", "pip install textual")
        raise ToolError(f"{error.name or 'textual'} is missing: {how}") from error
    if len(args.ports) > 1:
        raise ToolError("one board at a time: name one port")
    if args.json:
        raise ToolError("this is for people: status --json is for programs")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ToolError("this needs a terminal: type it in one; list and logs -f need none")


def run(port: str, args, say) -> int:
    from svctl.link import port as ports
    from svctl.look.topboard import Watch
    from svctl.look.topview import Top

    why = ports.why_not(port)
    if why:
        raise LinkError(why)
    top = Top(port, lambda publish: Watch(port, args.delay, not args.no_profile, publish))
    printed = sys.stdout
    try:
        top.run()
    finally:
        top.watch.stop()
        sys.stdout = printed  # the link diverts it for moments, from its thread
    return top.return_code or 0
