# Judges a set of files that is on trial by what runs: what was up before the deploy has to be up. Loaded with
# such a boot by the guard, or where services are restarted without a reset; it goes when it has judged.
#
# A service that was up before
#   is fine      up (for 30 s, if it has failed in this boot), stopped by a person, held or gone by settings
#   has failed   failed, masked, not loaded; restarting, after an error that no further try mends
#   may still    anything else: until 90 s, and as long as it starts
# One that is blocked has not failed itself: what it waits for is looked at, and named.

import asyncio
import sys

import aiobase
from aiobase import describe, forget, names

_LASTS = const(30)  # s that a boot has to last, as the guard has it
_STEADY = const(30)  # s that a service has to run, if it has failed
_LATEST = const(90)  # s in which a service has to be up
_GONE = const(120)  # s that a host has that judges
_OFTEN = const(10)  # s between two signs of life
# Errors of code, which the next try has, too.
_FINAL = const("AttributeError ImportError NameError NotImplementedError SyntaxError TypeError")

left = None  # s until it judges


async def judge(manager, by_host=False):
    """Ends the trial of what the manager runs. `by_host`: that may be the version before, so that only a host
    can, who has it replaced; where that is gone, a boot shows what the new set is."""
    global left
    switch = sys.modules["aioswitch"]
    beside = switch.beside() if hasattr(switch, "beside") else {}
    end = _GONE if by_host else _LASTS
    second = 0
    while sys.modules.get("aioswitch") is switch and switch.state()[0] == "trial":
        if second % _OFTEN == 0 and hasattr(switch, "arm"):
            switch.arm()
        left = max(end - second, 0)
        if by_host:
            if not left:
                __import__("machine").reset()
        else:
            try:
                fault, waits = unhealthy(manager, beside, second)
            except Exception as e:  # no memory, or a service that is none
                fault, waits = "it cannot be judged: " + describe(e), second < _LATEST
            if fault is not None and not waits:
                getattr(switch, "refuse", switch.failed)(fault)
            if fault is None and not left:
                try:
                    for _ in switch.settle():
                        await asyncio.sleep(0)
                    sys.modules.pop("aioswitch", None)
                except OSError as e:  # the flash is full: the next boot tries again
                    sys.print_exception(e)
                break
        await asyncio.sleep(1)
        second += 1
    forget("aioboot.trial")


def unhealthy(mgr, beside, second):
    """(what is wrong, in a line, or None; whether that may still change), so many s after the start."""
    fault = mgr.fault
    if fault is not None and not ("fault" in beside and fault.startswith(beside["fault"])):
        return fault.split("\n")[0], False
    found = None, False
    for name in beside.get("up", "").split():
        wrong = _wrong(mgr, name, second, [])
        if wrong is not None and (found[0] is None or not wrong[1]):
            found = wrong
    return found


def _wrong(mgr, name, second, path):
    """The same of a service, or of what it waits for; None where it is fine."""
    service = mgr.services.get(name)
    if service is None:
        return (_said(name, mgr.failed[name][1]), False) if name in mgr.failed else None
    state = service.state
    if state in ("stopped", "init"):
        return None
    steady = not service.series or aiobase.uptime() - service.since >= _STEADY
    if service.is_up() and state != "failed" and steady:
        return None
    if state in ("blocked", "waiting") and name not in path:
        for each in names(service.require):
            wrong = _wrong(mgr, each, second, path + [name])
            if wrong is not None:
                return wrong
    text = _said(name, service.error or service.reason or state)
    if state in ("failed", "masked") or state == "restarting" and text.split(" ")[1].rstrip(":") in _FINAL:
        return text, False
    return text, second < _LATEST or state in ("starting", "stopping")


def _said(name, what):
    return "%s.service: %s" % (name, what if isinstance(what, str) else describe(what))
