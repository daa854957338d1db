"""The device under test, as svctl.testing has it for every project, and where this clone lies."""
from __future__ import annotations

from pathlib import Path

from svctl.testing.harness import BOARD, HEAPS, Result, Session, Terminal, Timeout, Vm, end, mpremote

__all__ = ["BOARD", "HEAPS", "ROOT", "Result", "Session", "Terminal", "Timeout", "Vm", "end", "mpremote"]
ROOT = Path(__file__).resolve().parent.parent.parent
