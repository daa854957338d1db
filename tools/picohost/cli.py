"""tools/pico's command line: emulated boards, several at once, each with a flash image that lasts."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Optional

from svctl.errors import PicoError, run_main
from tools.picohost.boards import DEFAULT, Board, names


def _start(args: argparse.Namespace) -> int:
    print(Board(args.name).start(args.flash, args.firmware))
    return 0


def _stop(args: argparse.Namespace) -> int:
    Board(args.name).stop()
    return 0


def _status(args: argparse.Namespace) -> int:
    board = Board(args.name)
    if not board.running():
        others = [name for name in names() if Board(name).running()]
        print(f"{args.name}: not running" + (f" ({', '.join(others)}: running)" if others else ""))
        return 3  # as systemctl
    _tell(args.name, board.ask("status"))
    return 0


def _tell(name: str, status: dict) -> None:
    print(f"{name}: {status['state']}, at {status['tty']}, pid {status['pid']}")
    print(f"  start {status['boots']} ({status['reset']}), {status['seconds']:.3f} s of board time ago, "
          f"pace {status['pace']}, USB {'up' if status['usb'] else 'down'}")
    cut = f", the power goes at the {status['cut-after']}. from now" if status["cut-after"] else ""
    print(f"  flash: {status['erases']} erases, {status['programs']} page programs{cut}")


def _do(args: argparse.Namespace) -> int:
    Board(args.name).ask(args.command)
    return 0


def _cut_after(args: argparse.Namespace) -> int:
    if args.operations < 1:
        raise PicoError("cut-after: a number of flash operations, 1 or more")
    Board(args.name).ask("cut-after", operations=args.operations, torn=args.torn, stay=args.stay)
    return 0


def _pace(args: argparse.Namespace) -> int:
    Board(args.name).ask("pace", pace=args.pace)
    return 0


def _pass(args: argparse.Namespace) -> int:
    found = Board(args.name).ask("pass", timeout=3600, seconds=args.seconds)
    print(f"{args.seconds:g} s of board time took {found['took']:.1f} s")
    return 0


def parse(argv: Optional[list[str]] = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/pico", description="Run an emulated Raspberry Pi Pico.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, call, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(call=call)
        return command

    start = add("start", _start, "power on a board; prints the tty of its serial port")
    start.add_argument("--flash", type=Path, help="its flash image (default: one of its own)")
    start.add_argument("--firmware", type=Path, help="a .bin or .uf2 (default: that of make pico)")
    rest = [start, add("stop", _stop, "end its process; the flash stays"),
            add("status", _status, "what it does; exit code 3 if it does not run"),
            add("powercycle", _do, "take its power, and give it back"),
            add("reset", _do, "pull its RUN pin low")]
    cut = add("cut-after", _cut_after, "cut its power at the N-th flash operation from now, and give it back")
    cut.add_argument("operations", metavar="N", type=int)
    cut.add_argument("--torn", action="store_true", help="in the middle of that operation, not behind it")
    cut.add_argument("--stay", action="store_true", help="it stays without power until a powercycle")
    pace = add("pace", _pace, "real: board time is the computer's; warp: idle time takes none")
    pace.add_argument("pace", choices=("real", "warp"))
    passing = add("pass", _pass, "let board time pass as fast as it goes")
    passing.add_argument("seconds", type=float)
    for command in [*rest, cut, pace, passing]:
        command.add_argument("name", metavar="NAME", nargs="?", default=DEFAULT, help=f"default: {DEFAULT}")
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["cut-after"]:  # argparse takes no NAME behind an option that stands behind N
        words = sorted(words, key=lambda word: word != "cut-after" and not word.startswith("--"))
    return parser.parse_args(words)


def main() -> int:
    args = parse()
    return args.call(args)


def run() -> int:
    return run_main("pico", main)


if __name__ == "__main__":
    sys.exit(run())
