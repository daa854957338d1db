"""The settings of a board's services: what an entry may have, and saving it there, checked."""
from __future__ import annotations

import json
from typing import Any, Optional

from tools.check import device
from tools.errors import BoardFault, SettingsError
from tools.svctl import services
from tools.svctl.link import Link

BOOT = "_boot"
PIECE = 600  # characters that are sent at once
WHEN = "counts from the next boot on; now by: svctl reload"
WHEN_BOOT = "counts from the next boot on"


class Entry:
    """What stands in services.config of a service: `data`; `kwargs` are the names in its class's, None where
    the board does not know. Of a pattern `data` has an entry each."""

    def __init__(self, link: Link, name: str):
        self.name = name[:-len(".service")] if name.endswith(".service") else name
        try:
            link.call("settings", "load", "aioservice.configure")
            parts = list(link.ask("settings", "look", self.name))
        except BoardFault as error:
            raise services.as_unknown(error) from error
        found = {key: value for part in parts for key, value in part.items()}
        self.data, self.kwargs = found["entry"], found["kwargs"]


def parse(pairs: list) -> dict:
    """{key: value} of words like limit=3; a value that is no JSON is a text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key:
            raise SettingsError(f"{pair}: say key=value, like period=500")
        found[key] = value(text)
    return found


def value(text: str):
    """What a word stands for: JSON, else text."""
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except ValueError:
        return text


def words(name: str) -> list:
    """The keys that the entry of that name may have."""
    findings, table = device("aioservice.findings"), device("aioservice.settings")
    return findings._words(table._BOOT if name == BOOT else table._KEYS)


def unknown(entry: Entry, keys: list) -> Optional[str]:
    """What is wrong with the names of settings, and what was meant; None where nothing is."""
    known = words(entry.name)
    own = entry.data.get("kwargs") if isinstance(entry.data, dict) else None
    mine = sorted({*(own if isinstance(own, dict) else ()), *(entry.kwargs or ())})
    if entry.name == BOOT:
        mine = []
    for key in keys:
        if key not in known and key not in mine:
            meant = device("aioservice.near").near(key, [*known, *mine])
            meant = meant or f"; there are: {', '.join([*mine, *known])}."
            force = "" if entry.name == BOOT else f" kwargs.{key}=… sets one that its class does not name"
            return f"{entry.name} has no setting {key}{meant}{force}"
    return None


def faults(name: str, entry) -> tuple[list, list]:
    """(what is wrong with an entry, what may be a slip): lines as a board's own check() has them."""
    near, settings = device("aioservice.near").near, device("aioservice.settings")
    wrong = settings.fault_of(name, entry)
    if wrong is not None:
        return [wrong], []
    known = words(name)
    odd = [key for key in entry if key not in known]
    if name == BOOT:
        return [f"{BOOT}.{key}: there is no such key{near(key, known)}" for key in odd], []
    slips = [(key, near(key, known, True)) for key in odd]
    return [], [f"{name}.{key}: goes to self.config{meant}" for key, meant in slips if meant]


def save(link: Link, name: str, keys: dict) -> None:
    """Have the board change keys of an entry by its own config(); raises SettingsError where it does not."""
    enabled = keys.get("enabled")
    _send(link, {key: value for key, value in keys.items() if key != "enabled"})
    _saved(link, "save", name, enabled)


def replace(link: Link, name: str, before: dict, after: dict) -> None:
    """Have the board put an entry in the place of the one that was there."""
    link.call("settings", "load", "aioservice.configure")
    _send(link, [before, after])
    _saved(link, "replace", name)


def _send(link: Link, data) -> None:
    text = json.dumps(data, ensure_ascii=False)  # a board's JSON knows no pairs of surrogates
    for at in range(0, len(text), PIECE):
        link.call("settings", "piece", text[at:at + PIECE], at == 0)


def _saved(link: Link, function: str, *args) -> None:
    try:
        *said, last = link.call("settings", function, *args).splitlines()
    except BoardFault as error:
        raise services.as_unknown(error) from error
    if last != "true":
        raise SettingsError(f"{link.port}: {' '.join(said) or 'not saved'}")


def lines(entry, lead: str = "") -> list:
    """An entry for people: JSON with a line for each key, in the order in which the documents have them."""
    if not isinstance(entry, dict) or not entry:
        return [json.dumps(entry, ensure_ascii=False)]
    order = [*words(""), *sorted(entry)]
    found = ["{"]
    for key in sorted(entry, key=order.index):
        first, *more = lines(entry[key], lead + "  ")
        found += [f"{lead}  {json.dumps(key, ensure_ascii=False)}: {first}", *more]
        found[-1] += ","
    return [*found[:-1], found[-1][:-1], lead + "}"]
