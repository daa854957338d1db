# What `at` and `days` of a schedule may say. Pure; loaded with the first schedule that has them, and
# given back after a boot.

import json

_WEEK = const("montuewedthufrisatsun")
_KEYS = ("start_in", "repeat", "at", "days", "persistent")


def parse(at, days=None):
    """The rule of texts as they stand in a schedule; ValueError if one is wrong."""
    times = sorted([_second(part.strip()) for part in at.split(",")])
    weekdays, dates = [], []
    if days is None:
        weekdays = list(range(7))
    else:
        for part in days.lower().split(","):
            _days(part.strip(), weekdays, dates)
    return tuple(times), tuple(weekdays), tuple(dates)


def _number(word, low, high):
    # By hand: int() takes more than digits, and not the same on each Python.
    if not 0 < len(word) < 3 or any([c not in "0123456789" for c in word]):
        raise ValueError(word)
    if not low <= int(word) <= high:
        raise ValueError(word)
    return int(word)


def _second(word):
    parts = word.split(":")
    if not 1 < len(parts) < 4 or any([len(part) != 2 for part in parts[1:]]):
        raise ValueError(word)
    parts = [_number(part, 0, 59 if i else 23) for i, part in enumerate(parts)]
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)


def _days(part, weekdays, dates):
    if part == "last":
        dates.append(0)
        return
    first, dash, last = part.partition("-")
    at = _WEEK.find(first)
    if at < 0 or len(first) != 3:
        found, low, high = dates, 1, 31
        day = _number(first, low, high)
        end = _number(last, low, high) if dash else day
    else:
        found, low, high = weekdays, 0, 6
        day = _weekday(first)
        end = _weekday(last) if dash else day
    found.append(day)
    while day != end:  # "sat-mon" goes around
        day = low if day == high else day + 1
        found.append(day)


def _weekday(word):
    at = _WEEK.find(word)
    if at < 0 or at % 3 or len(word) != 3:
        raise ValueError(word)
    return at // 3


def fault(timing):
    """What is wrong with a schedule, beside its interval: `at: expected …`; None if nothing is."""
    for key in sorted(timing):
        if key not in _KEYS:
            return "%s: expected one of %s" % (key, ", ".join(_KEYS))
    kept, days = timing.get("persistent", False), timing.get("days")
    if not isinstance(kept, bool):
        return _expected("persistent", "true or false", kept)
    if "at" not in timing:
        if days is not None:
            return 'at: expected a time beside days, as "07:30"; there is none'
        return "persistent: expected false without at: intervals miss nothing" if kept else None
    if timing.get("start_in") is not None or timing.get("repeat"):
        return "at: expected no start_in and no repeat beside it"
    try:
        parse(timing["at"])
    except (ValueError, AttributeError, TypeError):
        return _expected("at", 'a time, "07:30" or "07:30:00", or several with commas', timing["at"])
    try:
        parse("0:00", days)
    except (ValueError, AttributeError, TypeError):
        return _expected("days", 'days as "mon-fri", "sat,sun", "1,15" or "last"', days)
    return None


def _expected(key, what, value):
    return "%s: expected %s, not %s" % (key, what, json.dumps(value))
