"""`make check`, as a process of its own."""
from __future__ import annotations

import subprocess
import sys

from support.harness import ROOT


def run_check(*args):
    return subprocess.run([sys.executable, "-m", "svctl.build.check", *map(str, args)], cwd=ROOT, text=True,
                          capture_output=True, timeout=30)
