"""`make repl`: the console of a board, as `svctl shell` has it, until a person leaves or the board goes."""
from __future__ import annotations

import argparse
import re
import subprocess
import sys

from svctl.errors import run_main

LOST = re.compile(r"OSError|termios\.error|serial\.")
GONE = "the link has ended: the board was shut down or reset, or the cable was pulled"


def told(text: str) -> str:
    """What to say of what mpremote wrote in the end: it has a traceback for a link that is gone."""
    last = (text.strip().splitlines() or [""])[-1]
    if "Traceback (most recent call last):" in text and LOST.match(last):
        return f"repl: {GONE}\n"
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m svctl.link.repl", description="The console of a board.")
    parser.add_argument("port", help="like /dev/ttyACM0")
    args = parser.parse_args()
    child = subprocess.Popen([sys.executable, "-m", "svctl", "-t", args.port, "shell"],
                             stderr=subprocess.PIPE, text=True, errors="replace")
    said = child.communicate()[1]
    shown = told(said)
    sys.stderr.write(shown)
    return 0 if shown != said else child.returncode


if __name__ == "__main__":
    sys.exit(run_main("repl", main))
