"""`svctl test`: runs the tests of the project, by pytest: device code on a real MicroPython, set up first.
What stands behind -- goes to pytest as it is."""
from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys

from svctl.build import overlay
from svctl.errors import ToolError
from svctl.setup import place, unixport

HELP = "run the project's tests, on a real MicroPython"
PROJECT = True
HINT = "; those of pytest stand behind --, like: svctl test -- -x"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", metavar="EXPRESSION", dest="only",
                        help="those whose names fit, as pytest has it")
    parser.add_argument("rest", metavar="ARG", nargs="*",
                        help="files, folders; behind -- any options of pytest")


def alone(args: argparse.Namespace, say) -> int:
    root = place.project()
    if importlib.util.find_spec("pytest") is None:
        raise ToolError("pytest is missing: pip install pytest")
    overlay.of(root)  # what is wrong there is told once, and not by each test
    unixport.setup()
    options = ["-k", args.only] if args.only else []
    env = dict(os.environ)
    if place.is_own(root):
        cache = root / "build" / "pytest"
        options += ["--rootdir", str(root), "--import-mode=importlib", "-o", f"cache_dir={cache}"]
        env.setdefault("PYTHONPYCACHEPREFIX", str(root / "build" / "pycache"))
        options += [] if args.rest else [str(root / "tests")]
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *options, *args.rest], env=env,
                          cwd=None if args.rest else root).returncode
