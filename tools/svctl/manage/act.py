"""What the subcommands have in common that do something to services: each calls the function of aioservice
that has its name, waits for the end, and shows what has become of the services."""
from __future__ import annotations

import argparse
import json
import time
from typing import Callable, Optional

from svctl.errors import BoardFault, LinkError, SettingsError
from svctl.link.cable import Link
from svctl.manage import complete, services

PATIENCE = 60.0  # s: longer than a start may take by default, and a stop
AGAIN = 0.05
REFUSED = "the board refused"
# What a board loads for it
COMMON = ("aioctl.text", "aioclass_errors", "aioservice.order", "aioservice.starting", "aioservice.verbs",
          "aioservice.operation")
SETTINGS = ("aioservice.settings", "aioservice.settingsfile")
MODULES = {
    **dict.fromkeys(("start", "stop", "restart"), (*COMMON, "aioservice.control", "aioservice.report")),
    **dict.fromkeys(("enable", "disable"), ("aioctl.text", *SETTINGS, "aioservice.configure")),
    **dict.fromkeys(("mask", "unmask"), (*COMMON, "aioservice.kept", "aioservice.masks")),
    **dict.fromkeys(("load", "unload", "reload"),
                    (*COMMON, *SETTINGS, "aioservice.discovery", "aioservice.control",
                     "aioservice.change")),
}
# Of a service that these leave in another state it is said, and the exit code is 1.
WANTED = {"start": True, "restart": True, "reload": True, "stop": False}
# What these change is not the state: what they did, and what a person may want next, while the service
# is active or while it is not.
DID = {"enable": ("enabled: it starts at each boot", "", "start"),
       "disable": ("disabled: no boot starts it", "stop", ""),
       "mask": ("held back for good, until svctl unmask {name}", "", ""),
       "unmask": ("no longer masked", "", "start")}


def verb(name: str, optional: bool = False) -> tuple[Callable, Callable]:
    """(arguments, run) of a subcommand; `optional`: it may go without a service."""

    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("names", metavar="NAME", nargs="*" if optional else "+",
                            help="a service, or a pattern with *").completer = complete.names

    def run(link: Link, args: argparse.Namespace, say) -> int:
        codes, found = [], []
        for each in args.names or [None]:
            codes.append(_do(link, name, each, say))
            after = _touched(link) if each is None else services.of(link, each)
            codes.append(_judge(name, after))
            found += after
        say.data([services.public(each) for each in found])
        for each in found:
            more = _did(name, each) if not max(codes) else ""
            say(f"{each['name']}.service: {each['state']}" + (_kept(each) or more))
            if _judge(name, [each]) and "line" in each and not each.get("kept"):
                say(each["line"])
        if not found and args.names == [] and not max(codes):
            say("no service has other settings than before")
        return max(codes)

    return arguments, run


def call(link: Link, name: str, which: Optional[str]) -> tuple[list, Optional[str]]:
    """Have the board do it, and wait for its end; (the lines that it printed, what went wrong or None)."""
    prepare(link, name, which)
    *said, last = link.call("act", "do", *([] if which is None else [which])).rstrip("\n").split("\n")
    return said, REFUSED if json.loads(last) is False else _wait(link, name)


def _touched(link: Link) -> list:
    """What has become of those that a reload of the settings touched; `kept`: why one goes on as it was."""
    found = []
    for name, kept, wanted in json.loads(link.call("act", "touched")):
        found += [{**each, "kept": kept, "wanted": wanted} for each in services.of(link, name)]
    return found


def _do(link: Link, name: str, which, say) -> int:
    """Have the board do it; 0, or 1 where it says that it did not."""
    try:
        said, error = call(link, name, which)
        if error == REFUSED and said:
            raise SettingsError(f"{link.port}: {' '.join(said)}")
    except BoardFault as fault:
        raise services.as_unknown(fault) from fault
    for line in said:
        say(line)
    if error and error != REFUSED:  # the lines say it
        say(f"{name}: {error}")
    return services.FAILED if error else 0


def prepare(link: Link, name: str, which: Optional[str]) -> None:
    """Have the board load what a verb takes; it refuses to end the console through which it is asked."""
    link.bring(*MODULES[name])
    plain = which[:-len(".service")] if which and which.endswith(".service") else which
    link.call("act", "load", name, plain)


def poll(link: Link) -> list:
    """[whether what was asked for has ended, what went wrong or None]."""
    return json.loads(link.call("act", "poll"))


def _wait(link: Link, name: str):
    """Wait for the end, the board's services going on; what went wrong, or None."""
    until = time.monotonic() + PATIENCE
    while True:
        ended, error = poll(link)
        if ended:
            return error
        if time.monotonic() > until:
            raise LinkError(f"{link.port}: {name} has not ended after {PATIENCE:.0f} s; it goes on there")
        link.rest(AGAIN)


def _did(verb: str, each: dict) -> str:
    """What was done that the state does not show, and what has it count at once."""
    text, active, inactive = DID.get(verb, ("", "", ""))
    more = active if services.word(each) == "active" else inactive
    found = [text.format(**each), f"now by: svctl {more} {each['name']}" if more else ""]
    return "".join(f"; {part}" for part in found if part)


def _judge(name: str, found: list) -> int:
    wanted = WANTED.get(name)
    if wanted is None:
        return 0
    for each in found:
        if _kept(each) or (services.word(each) == "active") != each.get("wanted", wanted):
            return services.FAILED
    return 0


def _kept(each: dict) -> str:
    return f"; as it was: {each['kept']}" if each.get("kept") else ""
