# Reading and writing services.config by hand: config(), enable(), disable(), get_config().

import json
import os

from .manager import manager, release
from .verbs import plain
from .settings import CONFIG, KEYS, fault_of, read


def get_config(name=None):
    """The settings of a service, or all of them, as they stand in services.config."""
    settings = read()[0]
    if name is None:
        return settings
    name = plain(name)
    for key in (name, name + ".service"):
        if key in settings:
            return settings[key]
    _must_exist(name, settings)
    return {}


def _must_exist(name, settings):
    from .discovery import files

    if name not in manager().services and name not in settings and name.split("@")[0] not in files():
        manager().get(name)  # raises, and names what exists


def config(name, enabled, *args, **kwargs):
    """Saves settings of a service; True, or False with the reason printed.

    Keyword names of the key table become keys, others go to the entry's `kwargs`. What is
    not named stays as it is. The settings apply when the service is loaded the next time.
    """
    name = plain(name)
    try:
        json_safe((args, kwargs))
    except ValueError as e:
        print("%s: not saved: %s" % (name, e))
        return False
    settings = read()[0]
    if "cls" not in kwargs:
        _must_exist(name, settings)
    key = name + ".service" if name + ".service" in settings else name
    old = settings.get(key)
    entry = dict(old) if isinstance(old, dict) else {}
    entry["enabled"] = bool(enabled)
    if args:
        entry["args"] = list(args)
    own = dict(entry.get("kwargs", {}))
    for word in kwargs:
        if word in KEYS:
            entry[word] = kwargs[word]
        else:
            own[word] = kwargs[word]
    if own:
        entry["kwargs"] = own
    fault = fault_of(name, entry)
    settings[key] = entry
    if fault is None:
        fault = save(json.dumps(settings))
    release()
    if fault is not None:
        print("%s: not saved: %s" % (name, fault))
    return fault is None


def enable(name):
    """Lets a service run from the next boot on; True if that could be saved."""
    return config(name, True)


def disable(name):
    """Keeps a service from running from the next boot on; True if that could be saved."""
    return config(name, False)


def json_safe(value):
    """Raises ValueError, naming the value, for what JSON cannot hold."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError("JSON has no key %r, only text" % (key,))
            json_safe(value[key])
    elif isinstance(value, (list, tuple)):
        for each in value:
            json_safe(each)
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError("JSON cannot hold %r" % value)
    elif not (value is None or isinstance(value, (bool, int, str))):
        raise ValueError("JSON cannot hold %r" % (value,))


def save(text):
    """Writes services.config whole or not at all; None, or why it could not be.

    First the new file beside the old one, then two renames: at each moment one whole copy
    stands under a name that `settings.read()` looks at, on FAT too, which cannot rename
    over a file. A damaged file is put aside as `.bad`, not made the last good copy.
    """
    new, old = CONFIG + ".new", CONFIG + ".bak"
    try:
        with open(new, "w") as file:
            file.write(text)
        with open(new) as file:
            if file.read() != text:
                return "%s reads back different" % new
        if _exists(CONFIG):
            if read()[1] is not None:
                old = CONFIG + ".bad"
            if _exists(old):
                os.remove(old)
            os.rename(CONFIG, old)
        os.rename(new, CONFIG)
    except OSError as e:
        return "%s: %s" % (CONFIG, e)
    return None


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
