"""`svctl rollback`: what is on trial goes back at once; else the set before, which is kept, takes its place
again, all of it or nothing, and is on trial itself."""
from __future__ import annotations

import time

from svctl.commands.deploy import tried
from svctl.deploy import plan as plans
from svctl.deploy import send, trial
from svctl.errors import DeployError
from svctl.manage import services

HELP = "bring the files before back: of a trial at once, else on trial themselves"
WHY = "svctl rollback"


def arguments(parser) -> None:
    parser.add_argument("--reset", action="store_true", help="reset the board, also where services can be "
                        "restarted one by one")


def run(link, args, say) -> int:
    now = send.state(link)[0]
    if now in ("put", "trial", "undo"):
        _undo(link, now, say)
    elif now == "undone":
        say("they are back already")
    else:
        _bring_back(link, args, say)
    say.data({"rolled_back": True})
    return 0


def _undo(link, now: str, say) -> None:
    plan = plans.listed(send.read(link, plans.LIST))
    send.undo(link, WHY, True)
    trial.after_reset(link.port, None, plans.effect(plan), [], [])
    say("the files before are back; the board was reset")


def _bring_back(link, args, say) -> None:
    kept = send.kept(link)
    if not kept.whole:
        raise DeployError(f"{link.port}: no set before is kept: deploy it")
    found = send.about(link)
    before = services.of(link, None) if found["manager"] else []
    up = trial.were_up(before)
    begin = time.monotonic()
    way = send.roll_back(link, plans.beside(up, found["fault"], not kept.back))
    plan = plans.listed(send.read(link, plans.LIST))
    effect = plans.effect(plan)
    effect.reset = effect.reset or args.reset or trial.is_of_prompt(effect, before)
    send.go(link, way, effect.reset)
    say(f"{len(plan.send)} files are back, {len(plan.gone)} removed, in {time.monotonic() - begin:.1f} s")
    for line in tried(link, None, effect, before, up, found["manager"], say):
        say(line)
    say("done: " + ("what was rolled back is there again" if kept.back else "this set is +rolled-back"))
