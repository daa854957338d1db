# What each key of services.config takes, what is wrong with an entry, what a service gets of it.
# Pure but for given(). Given back as soon as a boot has its settings, as is settingsfile.py, which reads.

import json

# What a key takes: a letter, as its number, since a letter in a text would be a name for good.
_BOOL = const(98)  # b
_LIST = const(108)  # l
_OBJECT = const(107)  # k
_NAMES = const(110)  # n
_REQUIRE = const(114)  # r
_TIMES = const(116)  # t
_POLICY = const(112)  # p
_SECONDS = const(115)  # s
_WITHIN = const(119)  # w
_HARDWARE = const(104)  # h
_MINUTES = const(117)  # u
_COUNT = const(105)  # i
_CLASS = const(99)  # c
_RATE = const(109)  # m
_NAME = const(100)  # d
_FLEET = const(102)  # f
# key=what it takes; strings, as each name in a dict would stay in memory for good.
_KEYS = (
    " enabled=b critical=b safe=b args=l kwargs=k require=r want=n groups=n schedule=t restart=p "
    "start_timeout=s stop_grace=s stop_timeout=s watchdog=w loglevel=v lograte=m instances=i cls=c "
)
_BOOT = " groups=n exclude=n watchdog=h utc_offset=u blame=b name=d fleet=f "
_TAKES = (
    "b=true or false\nl=a list\nk=an object {name: value}\nn=a name or a list of names\n"
    "r=a name, a list of names, or {attribute: name}\ns=seconds, 0 to 86400\n"
    "w=seconds, 0 to 86400, or null\nh=seconds, 1 to 86400, or 0 or null for none\n"
    "u=minutes, -1440 to 1440\ni=a number, 1 to 99\n"
    't={"start_in": seconds, "repeat": seconds or false} or '
    '{"at": "07:30", "days": "mon-fri", "persistent": true}\n'
    'c="module.Class"\n'
    "d=a name: small letters, digits and, inside, -, at most 32\n"
    "f=a list of names: small letters, digits and, inside, -, at most 32\n"
    'p="no", "on-failure", "always" or {"policy": …, "delay": s, "limit": [n, s], "on_limit": "reset"}\n'
    "v=one of debug, info, warning, error, critical\n"
    "m=[lines, seconds], whole numbers from 1 on, or null for no limit\n"
)
_POLICIES = ("no", "on-failure", "always")


def kind(key, table=_KEYS):
    """What a key of an entry takes, as a letter's number; None for a key that is not in the table."""
    at = -1 if " " in key else table.find(" " + key + "=")
    return None if at < 0 else ord(table[at + len(key) + 2])


def _is_number(value, low=0, high=86400):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _is_list(value):
    return isinstance(value, (list, tuple))


def _is_names(value):
    return isinstance(value, str) or _is_list(value) and all([isinstance(v, str) for v in value])


def _is_name(value):
    """Whether it can be a board's, or that of a group of boards: it is used on networks."""
    if not isinstance(value, str) or not 0 < len(value) <= 32 or "-" in (value[0], value[-1]):
        return False
    return all([c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in value])


def _has_more(timing):
    """Whether a schedule has keys other than those of an interval: they load the calendar."""
    return any([key not in ("start_in", "repeat") for key in timing])


def _why_not(timing):
    from aioschedule.rule import fault

    return fault(timing)


def _is_schedule(value):
    if not isinstance(value, dict):
        return value is None
    if _has_more(value):
        if _why_not(value) is not None:
            return False
        if "at" in value:
            return True
    start, repeat = value.get("start_in"), value.get("repeat") or None
    if _is_list(start):
        right = 6 <= len(start) <= 9 and all([isinstance(v, int) for v in start])
    else:
        right = start is None or _is_number(start, 0, 1e9)
    if repeat is None:
        return right and start is not None
    return right and _is_number(repeat, 0.001, 1e9)


def _is_restart(value):
    if not isinstance(value, dict):
        return isinstance(value, bool) or value in _POLICIES
    limit = value.get("limit")
    return (
        value.get("policy", "on-failure") in _POLICIES
        and _is_number(value.get("delay", 1))
        and (limit is None or _is_list(limit) and len(limit) == 2 and all([_is_number(n, 1) for n in limit]))
        and value.get("on_limit") in (None, "reset")
    )


def fits(kind, value):
    """Whether a value is of that kind."""
    if kind == _BOOL:
        return isinstance(value, bool)
    if kind == _LIST:
        return _is_list(value)
    if kind == _OBJECT:
        return isinstance(value, dict) and _is_names(list(value))
    if kind == _NAMES:
        return _is_names(value)
    if kind == _REQUIRE:
        return _is_names(list(value.values()) if isinstance(value, dict) else value)
    if kind == _TIMES:
        return _is_schedule(value)
    if kind == _POLICY:
        return _is_restart(value)
    if kind == _SECONDS:
        return _is_number(value)
    if kind == _WITHIN:
        return value is None or _is_number(value)
    if kind == _HARDWARE:  # faster than its boot it would lose the board; boot.py has these bounds too
        return value is None or _is_number(value) and not 0 < value < 1
    if kind == _MINUTES:
        return _is_number(value, -1440, 1440)
    if kind == _COUNT:
        return isinstance(value, int) and _is_number(value, 1, 99)
    if kind == _RATE:
        pair = _is_list(value) and len(value) == 2
        return value is None or pair and all([isinstance(n, int) and _is_number(n, 1) for n in value])
    if kind == _NAME:
        return _is_name(value)
    if kind == _FLEET:
        return _is_list(value) and all([_is_name(v) for v in value])
    if kind == _CLASS:
        return isinstance(value, str) and 0 < value.find(".") < len(value) - 1
    return isinstance(value, str) and value.lower() in "debug info warning error critical".split()


def _takes(kind):
    """What a kind of key takes, for people."""
    return _TAKES[_TAKES.find(chr(kind) + "=") + 2 :].split("\n")[0]


def fault_of(name, entry):
    """What is wrong with an entry, with the key's full path; None if nothing is."""
    if not isinstance(entry, dict):
        return "%s: expected an object {key: value}, not %s" % (name, json.dumps(entry))
    for key in sorted(entry):
        letter = kind(key, _BOOT if name == "_boot" else _KEYS)
        if letter is not None and not fits(letter, entry[key]):
            if letter == _TIMES and isinstance(entry[key], dict) and _has_more(entry[key]):
                why = _why_not(entry[key])
                if why is not None:  # no further format: a short text is a name for good
                    return "%s.%s" % (name, "%s.%s" % (key, why))
            return "%s.%s: expected %s, not %s" % (name, key, _takes(letter), json.dumps(entry[key]))
    return None


# -- what services get --------------------------------------------------------


def _undefined(name, entry):
    """The fault of an entry in which a ${NAME} is not defined; None."""
    from aioctl.env import expand, read

    names, damage = read()
    for key in sorted(entry):
        if kind(key) in (None, _LIST, _OBJECT):
            parts = {key: entry[key]}
            if key == "kwargs":
                parts = {key + "." + word: entry[key][word] for word in entry[key]}
            for part in sorted(parts):
                try:
                    expand(parts[part], names)
                except KeyError as e:
                    why = "${%s} is not defined in .env" % e.args[0] if damage is None else damage
                    return name + "." + part + ": " + why
    return None


def _own(entry):
    """A copy of an entry in which the keys that are not in the table stand in `config`."""
    made = {key: entry[key] for key in entry if kind(key) is not None}
    if len(made) < len(entry):
        made["config"] = {key: entry[key] for key in entry if kind(key) is None}
    return made


def resolve(settings):
    """({name: attributes of that service}, {name: what is wrong with its entry}).

    An entry with `instances` becomes name@0, name@1 …, each with its own entry over it;
    under the name itself stands None then.
    """
    found, faults = {}, {}
    for key in sorted(settings):
        name = key[:-8] if key.endswith(".service") else key
        entry = settings[key]
        fault = fault_of(name, entry)
        if fault is None and "${" in json.dumps(entry):
            fault = _undefined(name, entry)
        if name != key and name in settings:
            fault = "%s and %s are the same: keep one" % (name, key)
        if fault is not None:
            faults[name] = fault
        if fault is None and isinstance(entry, dict):
            found[name] = _own(entry)
    for name in list(found):
        if "instances" in found[name]:
            _multiply(name, found)
    return found, faults


def _multiply(name, found):
    entry, found[name] = found[name], None
    for i in range(entry.pop("instances")):
        one = dict(entry)
        for key, value in found.get(name + "@" + str(i), {}).items():
            if key in ("kwargs", "config"):  # what is not named stays
                value = dict(entry.get(key, {}), **value)
            one[key] = value
        found[name + "@" + str(i)] = one


def given(manager):
    """What settings say: (attributes of each service by name, options of `_boot`, {name: what is wrong with
    its entry}, what is wrong with the whole or None).

    SettingsError: there is no memory to read them, and services run that have theirs.
    """
    from aiobase import forget

    full = "aioservice.settingsfile"
    try:
        settings, fault = __import__(full, None, None, ("read",)).read()
    except MemoryError:
        text = "services.config: no memory to read it"
        if manager.services:
            from aiobase.errors import SettingsError

            raise SettingsError(text)
        settings, fault = {}, text + "; using defaults"
    forget(full)
    options = settings.pop("_boot", {})
    wrong = fault_of("_boot", options)
    if wrong is not None:
        options = {}
        fault = (fault + "\n" if fault else "") + "services.config: " + wrong
    settings, faults = resolve(settings)
    return settings, options, faults, fault
