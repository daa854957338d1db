# Settings become attributes of a service, and what the manager relies on has one form then, or is refused.
# Given back after a boot.

from aiobase import names
from aioclass import Service

_KINDS = ("core.service", "runtime.service", "schedule.service")
# What the manager itself relies on in a service, before it runs: its default, and its types.
_NAMES = (str, list, tuple, set)
_TYPES = (
    ("require", Service.require, _NAMES + (dict,)),
    ("want", Service.want, _NAMES),
    ("groups", Service.groups, _NAMES),
    ("args", Service.args, (list, tuple)),
    ("kwargs", Service.kwargs, dict),
    ("schedule", Service.schedule, dict),
    ("start_timeout", Service.start_timeout, (int, float)),
    ("stop_grace", Service.stop_grace, (int, float)),
    ("stop_timeout", Service.stop_timeout, (int, float)),
)


def error_of(text, kind):
    """LoadError or SettingsError."""
    # By name: most boots need none, and names are kept for good, but for long ones in a text.
    return getattr(__import__("aiobase.errors", None, None, ("anew",)), kind)(text)


def reject(text, kind="LoadError"):
    """Raises it."""
    raise error_of(text, kind)


def _is_timing(schedule):
    """Whether a schedule says when to run; a class's own was not looked at with the settings."""
    start, repeat = schedule.get("start_in"), schedule.get("repeat") or 0
    if "at" in schedule:  # the calendar looks at it
        return True
    if isinstance(start, (list, tuple)):
        return len(start) > 5 and all([isinstance(n, int) for n in start])
    times = (repeat, repeat if start is None else start)
    if not all([isinstance(n, (int, float)) and 0 <= n < 1e9 for n in times]):
        return False
    return start is not None or repeat > 0


def apply(service, entry, options):
    """Gives a service its settings, returns it, and has what the manager relies on in one form.

    `options` are those of `_boot`.
    """
    for key in entry:
        value = entry[key]
        if key == "kwargs":  # what is not named stays as the class has it
            value = dict(service.kwargs)
            value.update(entry[key])
        if key not in ("enabled", "cls"):
            setattr(service, key, value)
    if service.kwargs or service.schedule or hasattr(service.task, "function"):
        from aioclass.asyncmd import adopt

        adopt(service, entry)
    if entry and "${" in repr([entry.get("args"), entry.get("kwargs")]):
        service.special = True
    if "config" in entry and "${" in repr(entry["config"]):
        from aioctl.env import expand

        service.config = expand(entry["config"])
    for key, default, types in _TYPES:
        value = getattr(service, key)
        wrong = value is not default and not isinstance(value, types)
        if wrong or key == "schedule" and value and not _is_timing(value):
            reject("%s.%s cannot be %r" % (service.name, key, value), "SettingsError")
    timing = service.schedule
    if timing and ("at" in timing or isinstance(timing.get("start_in"), (list, tuple))):
        from aioclass.calendar import adopt

        adopt(service, options)
    if service.type not in _KINDS:
        text = "%s.type cannot be %r; it is one of %s"
        reject(text % (service.name, service.type, ", ".join(_KINDS)), "SettingsError")
    for key in ("require", "want"):
        value = getattr(service, key)
        if value and any([name.endswith(".service") for name in names(value)]):
            from aiobase.text import plain

            if isinstance(value, dict):
                value = {attribute: plain(value[attribute]) for attribute in value}
            else:
                value = [plain(name) for name in names(value)]
            setattr(service, key, value)
    return service
