"""What several subcommands ask about services: which there are, whether one is active, as systemd's exit
codes have it."""
from __future__ import annotations

from typing import Optional

from svctl.errors import BoardFault, ServiceUnknown, ToolError
from svctl.link.cable import Link

# systemd's exit codes
ACTIVE, FAILED, INACTIVE, UNKNOWN = 0, 1, 3, 4
# What a look at services takes on a board; each is given back behind it but the first three.
MODULES = ("aiobase.text", "aiobase.errors", "aioclass.callers", "aioservice.order", "aioservice.starting",
           "aioservice.report", "aioservice.details")
# What systemd would call our states
WORDS = {"running": "active", "done": "active", "scheduled": "active", "starting": "activating",
         "waiting": "activating", "restarting": "activating", "stopping": "deactivating", "failed": "failed",
         "not loaded": "failed"}


def of(link: Link, pattern: Optional[str]) -> list:
    """What is known of each service; those that are held back come last. Raises ServiceUnknown."""
    link.bring(*MODULES)
    try:
        return list(link.ask("services", "each", pattern))
    except BoardFault as error:
        raise as_unknown(error) from error


def as_unknown(error: BoardFault) -> ToolError:
    """The error as ServiceUnknown, if it is that a service does not exist; else as it is."""
    kind, _, text = error.kind.partition(": ")
    return ServiceUnknown(text) if kind == "ServiceNotFound" else BoardFault(error.text)


def public(each: dict) -> dict:
    """What is for JSON."""
    hidden = ("line", "prompt", "start_timeout", "wanted")
    return {key: value for key, value in each.items() if key not in hidden}


def word(each: dict) -> str:
    """The state in systemd's words."""
    return WORDS.get(each["state"], "inactive")


def code(found: list) -> int:
    """0 where one of them is active, as `systemctl is-active` has it."""
    return ACTIVE if any(word(each) == "active" for each in found) else INACTIVE
