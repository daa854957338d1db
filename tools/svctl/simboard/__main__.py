"""`python -m svctl.simboard`: what tools/board is in a clone."""
import sys

from svctl.simboard.cli import run

sys.exit(run())
