# When persistent services ran last, kept over a reset. Loaded with the first of them.
#
# Two files that are written in turn, so that the other one is whole whatever happens to a write:
# [number, {name: [day, second]}], the higher number is the newer one. One small write for each run.

import json

from aiobase import describe, group

_WARNING = const(30)  # aiolog's level
_FILES = ("services.ran", "services.ran.2")
_END = const("]\n")  # MicroPython's json takes a text without its last brackets


def _load(file):
    """(number, {name: moment}); (-1, {}) where the file is missing or damaged."""
    try:
        with open(file) as stream:
            text = stream.read()
        number, found = json.loads(text)
        if text.endswith(_END) and isinstance(number, int):
            return number, {name: _moment(found[name]) for name in found}
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return -1, {}


def _moment(value):
    day, second = value
    if not isinstance(day, int) or not isinstance(second, int):
        raise ValueError(value)
    return day, second


def _newest():
    first, second = _load(_FILES[0]), _load(_FILES[1])
    return first if first[0] > second[0] else second


def save(name, when):
    number, found = _newest()
    number += 1
    found[name] = when
    # The older one, or a damaged one: that of the number before stays.
    with open(_FILES[number % 2], "w") as stream:
        stream.write(json.dumps([number, found]) + "\n")


def kept(name):
    """(the moment at which a service ran last, or None; a function that keeps another one)."""

    def keep(when):
        try:
            save(name, when)
        except (OSError, MemoryError) as e:
            what = "a missed run may not be caught up after a reset: " + describe(e)
            group().note(_WARNING, name + ".service", what)

    return _newest()[1].get(name), keep
