"""`make repl`: how it ends."""
from __future__ import annotations

import os
import select
import subprocess
import time

import pytest
from support.harness import ROOT


def until(fd, text, seconds=60):
    """What came from a terminal until `text` did."""
    seen, end = "", time.monotonic() + seconds
    while text not in seen:
        assert select.select([fd], [], [], max(0, end - time.monotonic()))[0], seen
        seen += os.read(fd, 4096).decode(errors="replace")
    return seen


def rest(fd, process, seconds=60):
    """What comes until its end; the exit code."""
    seen, end = "", time.monotonic() + seconds
    while process.poll() is None or select.select([fd], [], [], 0)[0]:
        assert time.monotonic() < end, seen
        if select.select([fd], [], [], 0.05)[0]:
            seen += os.read(fd, 4096).decode(errors="replace")
    return seen, process.returncode


@pytest.mark.parametrize("key, gone", [(b"\x04", True), (b"\x18", False), (b"\x1d", False)])
def test_it_ends_without_a_traceback(board, key, gone):
    master, slave = os.openpty()
    repl = subprocess.Popen(["make", "--no-print-directory", "repl", f"PORT={board.tty}"], cwd=ROOT, stdin=slave,
                            stdout=slave, stderr=slave, start_new_session=True)
    try:
        until(master, "Use Ctrl-]")
        os.write(master, b"print(6 * 7)\r")
        until(master, "\n42")
        os.write(master, key)
        seen, code = rest(master, repl)
        assert (code, "Traceback" in seen, "make" in seen) == (0, False, False), seen
        assert ("repl: the link has ended: " in seen) == gone
    finally:
        repl.kill()
        os.close(slave)
        os.close(master)


def test_what_else_goes_wrong_is_told_as_it_is(tmp_path):
    done = subprocess.run(["make", "--no-print-directory", "repl", f"PORT={tmp_path}/none"], cwd=ROOT, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 2 and f"{tmp_path}/none" in done.stderr
