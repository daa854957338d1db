"""What svctl has saved on a board."""
from __future__ import annotations

import json

WHEN = "counts from the next boot on; now by: svctl reload\n"


def saved(board, name):
    return json.loads(board.config.read_text()).get(name)
