"""How the settings of one board are made of those that all have in common, services.config, and of those in
its own file. Pure; one rule for all depths:

- objects are merged, name by name;
- anything else, a list too, takes the place of what was there, whole;
- null takes a name away. TOML has none: `unset` in a board's file says the same by a path;
- `hello` and `hello.service` are one entry, which keeps the name that it has in common;
- `restart` as a text is its policy, where the other is an object;
- of a `schedule` by interval nothing stays in one by time of day, and the other way round.
"""
from __future__ import annotations

from typing import Iterator, Optional

from svctl.shared import device

INTERVAL = ("start_in", "repeat")
SUFFIX = ".service"


def plain(name: str) -> str:
    """The name of an entry without .service."""
    return name[:-len(SUFFIX)] if name.endswith(SUFFIX) else name


def merge(common: dict, own: dict) -> dict:
    """Settings, {service: entry}, with those of a board over them; neither is changed."""
    names = {plain(name): name for name in common}
    return _merged(common, {names.get(plain(name), name): entry for name, entry in own.items()})


def _merged(common: dict, own: dict, under: str = "") -> dict:
    if under == "schedule" and {_is_timed(common), _is_timed(own)} == {True, False}:
        common = {}
    found = dict(common)
    for key, value in own.items():
        there = found.get(key)
        if key == "restart" and isinstance(value, dict) and isinstance(there, str):
            there = {"policy": there}
        elif key == "restart" and isinstance(value, str) and isinstance(there, dict):
            value = {"policy": value}
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = _merged(there if isinstance(there, dict) else {}, value, key)
        else:
            found[key] = value
    return found


def _is_timed(schedule: dict) -> Optional[bool]:
    """Whether a schedule goes by the time of day; None where it says neither."""
    keys = [key for key, value in schedule.items() if value is not None]
    return any(key not in INTERVAL for key in keys) if keys else None


def nulls(common: dict, paths: tuple) -> dict:
    """What takes paths like `hello.kwargs.period` away, to be merged; KeyError, with what is wrong, for one
    that is not there."""
    found: dict = {}
    for path in paths:
        *above, last = _keys(common, path)
        at = found
        for key in above:
            at = at.setdefault(key, {})
            if at is None:  # it goes with what is above it
                break
        else:
            at[last] = None
    return found


def _keys(common: dict, path: str) -> Iterator[str]:
    """The keys in `common` that a path is made of."""
    names = {plain(name): name for name in common}
    first, _, rest = path.replace(SUFFIX, "", 1).partition(".")
    at: object = {name: common[names[name]] for name in names}
    so_far = "services.config"
    for key in (first, *(rest.split(".") if rest else ())):
        if not isinstance(at, dict) or key not in at:
            meant = device("aioservice.spelling").near(key, list(at) if isinstance(at, dict) else [])
            raise KeyError(f"{path}: {so_far} has no {key} to take away{meant}")
        yield names.get(key, key) if so_far == "services.config" else key
        at, so_far = at[key], key
