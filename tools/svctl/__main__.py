"""`python -m tools.svctl`: see cli.py."""
import sys

from tools.svctl.cli import run

sys.exit(run())
