"""What a board's own code raised, for people."""
from __future__ import annotations

from svctl.errors import BoardFault
from svctl.setup import place


def explained(error: BoardFault) -> str:
    """What a board's own code raised, for people."""
    if error.kind == "RuntimeError: no manager":
        how = place.words("make deploy PORT=…", "svctl -t PORT deploy")
        return f"no manager runs on the board: {how} brings one, and a reset starts it"
    if error.kind == "RuntimeError: no journal":
        return "the board's journal is another program's: it cannot be read here"
    if error.kind == "RuntimeError: console":
        return "that is the console through which svctl asks: do it at its prompt, or reset the board"
    if error.kind.startswith(("AttributeError", "ImportError")):
        return f"the manager on the board does not know that ({error.kind}): deploy, and reset the board"
    return str(error)
