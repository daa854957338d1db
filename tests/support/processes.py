"""Processes below others, and a program that shows keys."""
from __future__ import annotations

import time

KEYS = """
import micropython, sys
greeted = False
while True:
    try:
        if not greeted:  # in here: from the greeting on, a Ctrl-C is caught
            greeted = True
            print("up")
        key = sys.stdin.read(1)
        if key in "kK":
            micropython.kbd_intr(-1 if key == "k" else 3)
        print("key", repr(key))
        if key == "q":
            sys.exit(5)
    except KeyboardInterrupt:
        print("interrupted")
"""


def gone(pid: int, timeout: float = 5) -> bool:
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        try:
            if open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False
