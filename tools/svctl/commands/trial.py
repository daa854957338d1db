"""`svctl trial`: what a deploy has left on a board: its trial, and the set before, which is kept."""
from __future__ import annotations

from svctl.deploy import send, trial

HELP = "what is on trial on the board, and what it will do; whether a set before is kept"


def arguments(parser) -> None:
    pass


def run(link, args, say) -> int:
    now, why, boots = send.state(link)
    kept = send.kept(link)
    say.data({"state": now or None, "boots": boots, "why": why or None, "kept": kept.whole,
              "rolled_back": kept.back})
    if now == "trial":
        say(trial.pending(link))
        say("svctl confirm takes it for good, svctl rollback brings the files before back")
    elif now == "undone":
        say(f"the deploy was undone: {why or 'it was cut'}")
    elif now:
        say(f"a deploy was cut ({now}): the next boot, or the next deploy, goes on with it")
    else:
        say("nothing is on trial")
        say("the set before is kept: svctl rollback brings it back" if kept.whole else "none before is kept")
    if kept.back:
        say("+rolled-back: this is a set that was there before")
    return 0
