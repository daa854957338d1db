"""What a board's own code raised, for people."""
from __future__ import annotations

from svctl.errors import BoardFault


def explained(error: BoardFault) -> str:
    """What a board's own code raised, for people."""
    if error.kind == "RuntimeError: no manager":
        return "no manager runs on the board: make deploy PORT=… brings one, and a reset starts it"
    if error.kind == "RuntimeError: no journal":
        return "the board's journal is another program's: it cannot be read here"
    if error.kind == "RuntimeError: console":
        return "that is the console through which svctl asks: do it at its prompt, or reset the board"
    if error.kind.startswith(("AttributeError", "ImportError")):
        return f"the manager on the board does not know that ({error.kind}): deploy, and reset the board"
    return str(error)
