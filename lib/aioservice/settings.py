# services.config: what each key takes, what is wrong with an entry, how a service gets its own.
# The one table of keys; given back after a boot.

import json

from aioclass import ServiceError

CONFIG = "services.config"
_LEVELS = ("debug", "info", "warning", "error", "critical")
_POLICIES = ("no", "on-failure", "always")


class SettingsError(ServiceError):
    """An entry of services.config that cannot be used, with the path of the key."""


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_seconds(value):
    return _is_number(value) and 0 <= value <= 86400


def _is_names(value):
    return isinstance(value, str) or (
        isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
    )


def _is_require(value):
    return _is_names(value) or (
        isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    )


def _is_schedule(value):
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    start, repeat = value.get("start_in"), value.get("repeat", False)
    return (
        (start is None or isinstance(start, (list, tuple)) or (_is_number(start) and start >= 0))
        and (repeat in (False, None) or (_is_number(repeat) and repeat > 0))
        and (start is not None or bool(repeat))
    )


def _is_restart(value):
    if isinstance(value, dict):
        limit = value.get("limit")
        return (
            value.get("policy", "on-failure") in _POLICIES
            and _is_seconds(value.get("delay", 1))
            and (limit is None or (isinstance(limit, (list, tuple)) and len(limit) == 2 and all(map(_is_number, limit))))
            and value.get("on_limit") in (None, "reset")
        )
    return isinstance(value, bool) or value in _POLICIES


# key -> (what is expected, test)
KEYS = {
    "enabled": ("true or false", lambda v: isinstance(v, bool)),
    "args": ("a list", lambda v: isinstance(v, (list, tuple))),
    "kwargs": ("an object {name: value}", lambda v: isinstance(v, dict)),
    "require": ("a name, a list of names, or {attribute: name}", _is_require),
    "want": ("a name or a list of names", _is_names),
    "groups": ("a name or a list of names", _is_names),
    "schedule": ('{"start_in": seconds, "repeat": seconds or false}', _is_schedule),
    "restart": ('"no", "on-failure", "always" or {"policy": …}', _is_restart),
    "start_timeout": ("seconds, 0 to 86400", _is_seconds),
    "stop_grace": ("seconds, 0 to 86400", _is_seconds),
    "stop_timeout": ("seconds, 0 to 86400", _is_seconds),
    "watchdog": ("seconds, 0 to 86400, or null", lambda v: v is None or _is_seconds(v)),
    "critical": ("true or false", lambda v: isinstance(v, bool)),
    "safe": ("true or false", lambda v: isinstance(v, bool)),
    "loglevel": ("one of " + ", ".join(_LEVELS), lambda v: isinstance(v, str) and v.lower() in _LEVELS),
    "instances": ("a number from 1", lambda v: isinstance(v, int) and not isinstance(v, bool) and v > 0),
    "cls": ('"module.Class"', lambda v: isinstance(v, str) and "." in v),
}
# Keys of settings alone: they say how many services there are, not how one of them is.
_SHAPE = ("enabled", "instances", "cls")


def fault_of(name, entry):
    """What is wrong with an entry, with the key's full path; None if nothing is."""
    if not isinstance(entry, dict):
        return "%s: expected an object {key: value}, not %s" % (name, json.dumps(entry))
    for key in sorted(entry):
        if key in KEYS:
            expected, test = KEYS[key]
            if not test(entry[key]):
                return "%s.%s: expected %s, not %s" % (name, key, expected, json.dumps(entry[key]))
    return None


def _parse(path):
    """A settings file's dict; None if it is not there; ValueError says what is wrong with it."""
    try:
        with open(path) as file:
            text = file.read()
    except OSError:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        raise ValueError("%s is damaged: it is not JSON" % path)
    if not isinstance(value, dict):
        raise ValueError("%s is damaged: it is not an object {name: {…}}" % path)
    return value


def read():
    """(settings, fault): the file; if it is damaged the last good copy, else nothing.

    A missing file means defaults, unless a save was cut between its two renames:
    then the new file is whole under its other name.
    """
    fault = None
    try:
        found = _parse(CONFIG)
        copies = (".new",) if found is None else ()
    except ValueError as e:
        fault = str(e)
        found = None
        copies = (".new", ".bak")
    for copy in copies:
        try:
            found = _parse(CONFIG + copy)
        except ValueError:
            found = None
        if found is not None:
            if fault:
                fault += "; using the last good copy, %s%s" % (CONFIG, copy)
            break
    if fault and found is None:
        fault += "; using defaults"
    return found or {}, fault


def apply(service, entry):
    """Gives a service its settings; raises SettingsError for an undefined ${NAME}."""
    own = {}
    for key, value in entry.items():
        if key in _SHAPE:
            continue
        if key in KEYS:
            if key == "kwargs":  # what is not named stays as the class has it
                own_kwargs = dict(service.kwargs)
                own_kwargs.update(value)
                value = own_kwargs
            setattr(service, key, value)
        else:
            own[key] = value
    if own:
        service.config = own
    from aioclass_asyncmd import adopt

    adopt(service)
    if "${" not in json.dumps([entry.get("args"), entry.get("kwargs"), own]):
        return
    from aioctl.env import expand

    try:
        expand([service.args, service.kwargs])  # only to know that it can be done
        if own:
            service.config = expand(own)
    except KeyError as e:
        raise SettingsError("%s: ${%s} is not defined in .env" % (service.name, e.args[0]))
    service.special = True
