"""The settings of a board's services: what an entry may have, and saving it there, checked."""
from __future__ import annotations

import copy
import json
from typing import Any, Optional

from svctl.errors import BoardFault, SettingsError
from svctl.link.cable import Link
from svctl.manage import services
from svctl.shared import device

BOOT = "_boot"
INTERVAL = ("start_in", "repeat")  # of a schedule
PIECE = 600  # characters that are sent at once
WHEN = "counts from the next boot on; now by: svctl reload"
WHEN_BOOT = "counts from the next boot on"


class Entry:
    """What stands in services.config of a service: `data`; `kwargs` are the names in its class's, None where
    the board does not know. `now`: {path: value} of what counts where the entry does not say it, as far as
    that is known. Of a pattern `data` has an entry each."""

    def __init__(self, link: Optional[Link], name: str):
        """`link`: None for a service that the board does not know."""
        self.name = name[:-len(".service")] if name.endswith(".service") else name
        self.data: Any = {}
        self.kwargs = None
        self.now: dict[str, Any] = {}
        if link is None:
            return
        try:
            link.call("settings", "load", "aioservice.configure")
            parts = list(link.ask("settings", "look", self.name))
        except BoardFault as error:
            raise services.as_unknown(error) from error
        found = {key: value for part in parts for key, value in part.items()}
        self.data, self.kwargs = found.pop("entry"), found.pop("kwargs")
        self.now = found
        if isinstance(found.get("schedule"), dict):
            found["schedule"].pop("utc_offset", None)  # that of the board

    def default(self, path: list):
        """What counts where the entry does not say it; None where that is not known."""
        for n in range(len(path), 0, -1):
            if ".".join(path[:n]) in self.now:
                found = self.now[".".join(path[:n])]
                for key in path[n:]:
                    found = found.get(key) if isinstance(found, dict) else None
                return found
        return None


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
    known, mine = words(entry.name), _own(entry)
    for key in keys:
        if key not in known and key not in mine:
            meant = device("aioservice.spelling").near(key, [*known, *mine])
            meant = meant or f"; there are: {', '.join([*mine, *known])}."
            force = "" if entry.name == BOOT else f" kwargs.{key}=… sets one that its class does not name"
            return f"{entry.name} has no setting {key}{meant}{force}"
    return None


def _own(entry: Entry) -> list:
    """The names that a service takes beside those of the table: its kwargs, and what its entry has."""
    if entry.name == BOOT or not isinstance(entry.data, dict):
        return []
    table = words(entry.name)
    own = {key for key in entry.data if key not in table}
    return sorted({*_kwargs(entry.data), *(entry.kwargs or ()), *own})


def _kwargs(data) -> dict:
    """The kwargs of an entry; none where that is no entry."""
    found = data.get("kwargs") if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def slips(entry: Entry, after: dict) -> list:
    """What config refuses unless it is told to: the new names in kwargs that the class does not have."""
    old, found = _kwargs(entry.data), []
    for key in sorted(_kwargs(after)):
        if entry.kwargs is not None and key not in old and key not in entry.kwargs:
            every = sorted({*entry.kwargs, *old})
            meant = device("aioservice.spelling").near(key, every)
            meant = meant or (f"; there are: {', '.join(every)}" if every else "")
            found.append(f"{entry.name}.kwargs.{key}: its class does not name it{meant}")
    return found


def where(entry: Entry, key: str) -> list:
    """The path in an entry that a name like period, kwargs.period or schedule.at stands for."""
    first, *rest = key.split(".")
    table, kwargs = words(entry.name), _kwargs(entry.data)
    if "" in (first, *rest):
        raise SettingsError(f"{key}: say key or key.key")
    if first == "kwargs" and rest and entry.name != BOOT:
        if rest[0] in table and rest[0] not in kwargs:
            raise SettingsError(f"kwargs.{rest[0]}: {rest[0]} is a key of each service; "
                                "svctl edit can set both")
        return [first, *rest]
    if first in table:
        return [first, *rest]
    wrong = unknown(entry, [first])
    if wrong:
        raise SettingsError(wrong)
    is_own = first in entry.data and first not in (*(entry.kwargs or ()), *kwargs)
    return [first, *rest] if is_own else ["kwargs", first, *rest]


def put(entry: Entry, after: dict, path: list, value) -> Optional[str]:
    """Set what is at a path; what there is to say of the kind of value."""
    said = _kinds(entry, after, path, value)
    for n, key in enumerate(path[:-1], 1):
        if key not in after:
            after[key] = _begun(entry, path, n)
        if n == 1 and key == "restart" and isinstance(after[key], str):  # a policy alone
            after[key] = {"policy": after[key]}
        if not isinstance(after[key], dict):
            name, rest = ".".join(path[:n]), ".".join(path[n:])
            raise SettingsError(f"{name} is {_text(after[key])}, and has no {rest}: set all of it")
        after = after[key]
    after[path[-1]] = value
    return said


def _begun(entry: Entry, path: list, n: int):
    """What a part of an entry that was not there begins with: with what counts now, as that is replaced."""
    known = entry.default(path[:n]) if path[:n] != ["kwargs"] else None
    if path[0] == "schedule" and isinstance(known, dict):  # an interval and a time of day exclude each other
        known = {key: each for key, each in known.items() if (key in INTERVAL) == (path[1] in INTERVAL)}
    return {} if known is None else copy.deepcopy(known)


def _kinds(entry: Entry, after: dict, path: list, value) -> Optional[str]:
    """A line where the value is of another kind than the one that counts now."""
    now: Any = entry.default(path)
    if now is None:
        now = after
        for key in path:
            now = now.get(key) if isinstance(now, dict) else None
    if path[0] in words(entry.name) and len(path) == 1 or None in (now, value) or kind(now) == kind(value):
        return None
    return f"{entry.name}: {path[-1]} is {kind(value)} now, and was {kind(now)}, {_text(now)}: is that meant?"


def _text(value) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def changes(entry: Entry, after: dict) -> list:
    """A line for each value in a changed entry that is of another kind than the one that counts now."""
    paths = [[key] for key in after if key != "kwargs"] + [["kwargs", key] for key in _kwargs(after)]
    before = entry.data if isinstance(entry.data, dict) else {}
    found = [_kinds(entry, before, path, after[path[0]] if len(path) == 1 else after["kwargs"][path[1]])
             for path in paths]
    return [line for line in found if line]


def kind(value) -> str:
    """The kind of a JSON value, for people."""
    kinds = ((bool, "true or false"), ((int, float), "a number"), (str, "a text"), (list, "a list"))
    return next((name for each, name in kinds if isinstance(value, each)), "an object")


def drop(entry: Entry, after: dict, key: str) -> None:
    """Take out what a name stands for; SettingsError where it is not there."""
    path = where(entry, key)
    known = entry.default(path[:1])
    if path[1:] and path[0] not in after and isinstance(known, dict):
        after[path[0]] = copy.deepcopy(known)
    above = [after]
    for each in path[:-1]:
        above.append(above[-1].get(each) if isinstance(above[-1], dict) else None)
    if not isinstance(above[-1], dict) or path[-1] not in above[-1]:
        there = ", ".join(sorted({*after, *_kwargs(after)} - {"kwargs"})) or "nothing"
        raise SettingsError(f"{entry.name}: its entry has no {'.'.join(path)} to take out, only {there}")
    del above[-1][path[-1]]
    for each, place in reversed(list(zip(path[:-1], above))):  # what is empty then says nothing
        if not place[each]:
            del place[each]


def faults(name: str, entry) -> tuple[list, list]:
    """(what is wrong with an entry, what may be a slip): lines as a board's own check() has them."""
    near, settings = device("aioservice.spelling").near, device("aioservice.settings")
    wrong = settings.fault_of(name, entry)
    if wrong is not None:
        return [wrong], []
    known = words(name)
    odd = [key for key in entry if key not in known]
    if name == BOOT:
        return [f"{BOOT}.{key}: there is no such key{near(key, known)}" for key in odd], []
    slips = [(key, near(key, known, True)) for key in odd]
    return [], [f"{name}.{key}: goes to self.config{meant}" for key, meant in slips if meant]


def replace(link: Link, name: str, before: dict, after: dict) -> list:
    """Have the board put an entry in the place of the one that was there, checked; what it says beside.
    Raises SettingsError where it does not."""
    link.call("settings", "load", "aioservice.configure")
    _send(link, [before, after])
    return _saved(link, "replace", name)


def _send(link: Link, data) -> None:
    text = json.dumps(data, ensure_ascii=False)  # a board's JSON knows no pairs of surrogates
    for at in range(0, len(text), PIECE):
        link.call("settings", "piece", text[at:at + PIECE], at == 0)


def _saved(link: Link, function: str, *args) -> list:
    try:
        *said, last = link.call("settings", function, *args).rstrip("\n").split("\n")
    except BoardFault as error:
        raise services.as_unknown(error) from error
    if last != "true":
        raise SettingsError(f"{link.port}: {' '.join(said) or 'not saved'}")
    return said


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
