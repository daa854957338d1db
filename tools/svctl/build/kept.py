"""What a build keeps for the next one, as JSON: read and written so that others may do the same meanwhile."""
from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


def load(path: Path, default: Any) -> Any:
    """What was kept there; `default` where nothing was, or it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default


def save(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    fresh.write_text(json.dumps(value, indent=0, sort_keys=True), encoding="utf-8")
    fresh.replace(path)
