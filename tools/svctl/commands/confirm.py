"""`svctl confirm`: takes what is on trial for good; the set before is kept until the next deploy."""
from __future__ import annotations

from svctl.deploy import send
from svctl.errors import DeployError

HELP = "take what is on trial for good"


def arguments(parser) -> None:
    pass


def run(link, args, say) -> int:
    now = send.state(link)[0]
    if now not in ("trial", "good"):
        raise DeployError(f"{link.port}: nothing is on trial")
    send.load(link)
    send.settle(link)
    say.data({"confirmed": True})
    say("it is good; the set before is kept until the next deploy: svctl rollback brings it back")
    return 0
