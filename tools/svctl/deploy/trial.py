"""What follows the switch: the new set is on trial until its services are seen to be up; else the old one
comes back, and the reason is told."""
from __future__ import annotations

import json
import re
import time
from typing import NamedTuple, Optional

from svctl.deploy import plan as plans
from svctl.deploy import send
from svctl.deploy.plan import Effect
from svctl.deploy.project import Project
from svctl.errors import BoardFault, DeployError, LinkError
from svctl.link.cable import Link, await_prompt
from svctl.link.port import why_not
from svctl.manage import act, services

UP = 110.0  # s in which a board that was reset is back at a prompt; one that hangs goes back after 90
MOMENT = 2  # between the whole seconds of a board: a service has run for longer than one
GRACE = 5.0  # s beyond its start_timeout
START = 30.0  # s, where a board does not say it
HOLD = 300  # s in which the board leaves it to us
AGAIN = 0.1
RESETS = 6  # of a board that is judged
FINAL = ("failed", "not loaded", "masked")
HELD = ("waiting", "blocked")
# Errors of code, which the next try has, too: nothing is waited for.
MISTAKES = ("AttributeError", "ImportError", "NameError", "NotImplementedError", "SyntaxError", "TypeError")
HEALTHY = 60  # s: who has failed and runs for that long is healthy again
TRIES = 2  # boots on trial


class Judged(NamedTuple):
    """What has become of a trial: why it was undone, or None; the states of the services."""

    why: Optional[str]
    states: dict


def base(name: str) -> str:
    """The name of a service's file."""
    return name.split("@")[0]


def is_of_prompt(effect: Effect, before: list) -> bool:
    """Whether the service changed that we are talking to."""
    touched = [*effect.unload, *effect.reload]
    return any(each.get("prompt") and base(each["name"]) in touched for each in before)


def were_up(before: list) -> list:
    """The services that were healthy. One that fails now and then was not, though it may run just now."""
    return [each["name"] for each in before if each.get("up") and each["state"] != "failed"
            and not (each.get("restarts") and each["lasts"] < HEALTHY)]


def wanted(up: list, effect: Effect) -> list:
    """Those of them that have to be up again."""
    return [name for name in up if base(name) not in effect.unload]


def recover(link: Link, project: Project, runs: bool, say) -> None:
    """Finish what an earlier deploy has left on the board. `runs`: the board's manager does."""
    now, why, _ = send.state(link)
    if not now:
        return
    send.load(link, project)
    if now == "trial" and runs:
        return _judge_anew(link, project, say)
    if now in ("put", "undo", "trial"):
        link.call("switch", "undo", "it was cut", False)
        say("a deploy that was cut was undone")
    elif now == "undone":
        say(f"the deploy before was undone: {why}")
    send.settle(link)


def _judge_anew(link: Link, project: Project, say) -> None:
    """What was on trial when its deploy was cut: that a service is up may be the version before."""
    effect = plans.effect(plans.listed(send.read(link, plans.LIST)), project and project.uses)
    before = services.of(link, None)
    up = send.kept(link).up
    up = were_up(before) if up is None else up
    if not effect.reset:
        fault = in_place(link, effect, before, up).why
    else:
        fault, _ = _judge(link, wanted(up, effect))
        if fault is not None:
            send.undo(link, fault, True)
            raise DeployError(f"{link.port}: a deploy that was cut was undone: {fault}. The board is reset: "
                              "deploy again")
        send.settle(link)
    say("a deploy that was cut was " + ("finished" if fault is None else f"undone: {fault}"))


def in_place(link: Link, effect: Effect, before: list, up: list) -> Judged:
    """Have the board take up what changed, without a reset; what changed goes back if it does not come up.
    `up`: the services that were healthy before."""
    fault = changed(link, effect, before, up)
    if fault is None:
        fault, found = _judge(link, [*wanted(up, effect), *effect.load])
    if fault is not None:
        send.undo(link, fault, False)
        _bring_back(link, effect, before)
        found = {each["name"]: each for each in services.of(link, None)}
    send.settle(link)
    return Judged(fault, found)


def changed(link: Link, effect: Effect, before: list, up: list) -> Optional[str]:
    """Restart what changed; the first of those that were healthy that does not come up, and why."""
    first = None
    _forget(link, effect)
    for name in effect.unload:
        for each in _of(before, name):
            _act(link, "unload", each)
    for name in effect.reload:
        for each in _of(before, name):
            fault = _act(link, "reload", each)
            if fault and each in up:
                first = first or _blamed(link, each, _plain(fault))
    failed = [each["name"] for each in before if each["state"] == "not loaded"]
    if first is None and (effect.load or any(base(name) in effect.reload for name in failed)):
        _act(link, "load", None)
    if first is None and effect.settings:
        fault = _act(link, "reload", None)
        first = fault and _plain(fault)
    return first


def _forget(link: Link, effect: Effect) -> None:
    """Have what services share imported anew by the next that begins."""
    if effect.forget:
        link.call("act", "forget", *effect.forget)


def _blamed(link: Link, name: str, fault: str) -> str:
    """A fault with the name of who has it: `a -> b (failed)` is b's."""
    last = re.search(r" -> (\S+) \(\w[\w ]*\)$", fault)
    if last is not None:
        for each in services.of(link, None):
            if each["name"] == last[1] and each.get("error"):
                return f"{last[1]}.service: {each['error']}"
    return f"{name}.service: {fault}"


def _act(link: Link, verb: str, name: Optional[str]) -> Optional[str]:
    """Have a function of aioservice do it; what went wrong, or None."""
    try:
        return act.call(link, verb, name)[1]
    except BoardFault as fault:
        return fault.kind


def _of(before: list, name: str) -> list:
    """The loaded services that come from a file."""
    return [each["name"] for each in before if base(each["name"]) == name
            and each["state"] not in ("held", "not loaded", "masked")]


def _bring_back(link: Link, effect: Effect, before: list) -> None:
    """The old files are there again: what changed is taken back into memory, whatever else fails."""
    _forget(link, effect)
    steps = [("unload", name) for name in effect.load]
    steps += [("reload", each) for name in effect.reload for each in _of(before, name)]
    steps += [("load", each) for name in effect.unload for each in _of(before, name)]
    steps += [("reload", None)] if effect.settings else []
    for verb, name in steps:
        _act(link, verb, name)


def _plain(fault: str) -> str:
    """A reload's error without what it says of the version before."""
    return re.sub(r"^not reloaded: (.*); the version before .*$", r"\1", fault, flags=re.S)


def hangs(link: Link, effect: Effect, before: list, up: list, error: LinkError, say) -> Judged:
    """The board answers no more while it takes up what changed. Where it hangs it goes back by itself."""
    link.leave()
    if why_not(link.port):  # the cable
        raise LinkError(f"{error}. The new files are on trial: the board judges them by itself")
    say(f"{error}. The new files are on trial: a board that hangs goes back by itself within 90 s. Waiting …")
    return after_reset(link.port, None, effect, before, up)


def after_reset(port: str, project: Optional[Project], effect: Effect, before: list, up: list) -> Judged:
    """Wait for a board that was reset, and judge it; the old set is back in the end, or the new one runs."""
    told = None
    for _ in range(RESETS):
        said = await_prompt(port, UP)
        try:
            with Link(port) as link:
                now, why, boots = send.state(link)
                if now == "undone" or told is not None:
                    if now:
                        send.load(link, project)
                        send.settle(link)
                    return Judged(told or why, {})
                if now == "trial" and not boots:  # it was not reset, but busy
                    return in_place(link, effect, before, up)
                if now == "trial":
                    send.hold(link, HOLD)
                fault, found = _judged_boot(link, said, wanted(up, effect))
                if fault is None:
                    if now:
                        send.load(link, project)
                        send.settle(link)
                    return Judged(None, found)
                if now != "trial":  # it has judged itself meanwhile
                    raise DeployError(f"{port}: the new files lasted, and stay, but {fault}. "
                                      "svctl rollback brings those before back")
                told = fault
                send.undo(link, fault, True)
        except LinkError:  # it was reset again
            continue
    raise LinkError(f"{port}: the board resets again and again: by itself it goes back to the files before. "
                    "Deploy again to see that it has")


def _judged_boot(link: Link, said: str, names: list) -> tuple:
    if send.about(link)["manager"]:
        return _judge(link, names)
    lines = [line for line in said.splitlines() if line.strip(" ->\r")]
    errors = [line.strip() for line in lines if re.match(r"\w*(Error|Exception|Interrupt)\b|damaged", line)]
    return "its manager does not run" + (f": {errors[-1]}" if errors else ""), {}


def _judge(link: Link, names: list) -> tuple[Optional[str], dict]:
    """(the service that is not up in its time, and why, or None; {name: what is known} of all)."""
    begin = time.monotonic()
    while True:
        try:
            found = {each["name"]: each for each in services.of(link, None)}
        except BoardFault as error:  # what looks at services is of the new set, too
            return f"its services cannot be looked at: {error.kind}", {}
        late = [_cause(found, found[name], ()) for name in names if name in found and not _is_up(found[name])]
        if not late:
            return None, found
        for each in sorted(late, key=lambda each: not _is_final(each)):
            allowed = (each.get("start_timeout") or START) + GRACE
            if _is_final(each) or time.monotonic() - begin > allowed:
                reason = each.get("error") or each.get("reason") or f"{each['state']} after {allowed:.0f} s"
                return f"{each['name']}.service: {reason}", found
        time.sleep(AGAIN)


def _cause(found: dict, each: dict, path: tuple) -> dict:
    """The service that another waits for, and so on: that which has failed itself."""
    for name in each.get("require", ()) if each["state"] in HELD and each["name"] not in path else ():
        if name in found and not _is_up(found[name]):
            return _cause(found, found[name], (*path, each["name"]))
    return each


def _is_final(each: dict) -> bool:
    """Whether waiting changes nothing."""
    mistake = each["state"] == "restarting" and (each.get("error") or "").startswith(MISTAKES)
    return each["state"] in FINAL or mistake


def _is_up(each: dict) -> bool:
    """One that is held now was disabled by its settings."""
    if each["state"] == "running" and each["type"] == "runtime":
        return each["up"] and each["lasts"] >= MOMENT
    if each["state"] == "failed":  # though it may be in the schedule
        return False
    return each["state"] in ("held", "done", "scheduled") or each.get("up", False)


def pending(link: Link) -> str:
    """What is on trial, and what becomes of it, in one line; "" where nothing is."""
    now, why, boots = send.state(link)
    if now != "trial":
        return ""
    judged, left = json.loads(link.call("switch", "left"))
    tries = f"boot {boots} of {TRIES}" if boots else "restarted without a reset"
    if judged is not None and boots:
        then = (f"in {judged} s the board judges it: good, if what was up before is up; else the files "
                "before come back")
    elif judged is not None:
        then = f"if no host judges it, the board resets in {judged} s to see what it is"
    else:
        then = "with the next boot" if left is None or left < 0 else f"in {left} s the board resets itself"
        then = f"nobody judges it: {then}" + (", and the files before come back" if boots >= TRIES else "")
    return f"a deploy is on trial, {tries}: {then}" + (f". What ended one: {why}" if why else "")

