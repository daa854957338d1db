"""`svctl reset`: restarts a board, as its button would."""
from __future__ import annotations

from svctl.errors import LinkError
from svctl.link.cable import type_line

HELP = "reset the board"
LINK = False


def arguments(parser) -> None:
    pass


def run(port: str, args, say) -> int:
    """At the prompt, not in raw mode: what the console loads for that may not fit it after a deploy."""
    said = type_line(port, "restart")
    if "Error" in said:
        raise LinkError(f"{port}: the board was not reset: {said.strip().splitlines()[-1]}. Press its button")
    say("reset")
    say.data({"reset": True})
    return 0


