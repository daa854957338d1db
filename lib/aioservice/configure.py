# Reading and writing services.config by hand: config(), enable(), disable(), get_config().

import json
import os

from aiobase.text import plain

from .manager import manager
from .settings import fault_of, kind
from .settingsfile import CONFIG, load, read

_DEEP = const(12)  # levels of lists and objects in a value


def _choose(name, settings):
    """The keys in services.config of all services that a name, or a pattern with `*`, stands for."""
    from .discovery import files

    keys = {plain(key): key for key in settings if key != "_boot"}
    known = set(files())
    known.update(manager().services, keys)
    if "*" in name:
        from .report import pick

        found = pick(name, known)
    else:
        name = plain(name)
        found = [name] if name in known or name.split("@")[0] in known else []
    if not found:
        manager().get(name)  # raises, and names what exists
    return [keys.get(each, each) for each in found]


def get_config(name=None):
    """The settings of a service as they stand in services.config; all of them, or of a pattern, by name."""
    settings = read()[0]
    if name is None or name == "_boot":
        return settings.get(name, {}) if name else settings
    keys = _choose(name, settings)
    manager().release()
    if "*" in name:
        return {plain(key): settings.get(key, {}) for key in keys}
    return settings.get(keys[0], {})


def config(name, enabled=..., *args, **kwargs):
    """Saves settings of a service; True, or False with the reason printed.

    Keyword names of the key table become keys, others go to the entry's `kwargs`. What is
    not named stays as it is, and so does `enabled` where it is None; what is ... is taken out. The
    settings apply when the service is loaded the next time.
    """
    if enabled is ...:  # told, as all else that is not saved
        print('not saved: %s: say whether it is to run: config("%s", True, …)' % (name, name))
        return False
    try:
        settings, damage = read()
    except MemoryError:  # what is there is not replaced by what it is not
        manager().release()
        print("not saved: %s: no memory to read it" % CONFIG)
        return False
    if "cls" in kwargs and plain(name) not in settings and plain(name) + ".service" not in settings:
        settings[plain(name)] = None  # a new one, of any class
    keys = _choose(name, settings)
    fault = None
    for key in keys:
        entry = settings[key] = _merge(settings.get(key), enabled, args, kwargs)
        try:
            json_safe(entry)
            fault = fault or fault_of(plain(key), entry)
        except ValueError as e:
            fault = plain(key) + ": " + str(e)
    fault = fault or save(settings, damage)
    manager().release()
    if fault is not None:
        print("not saved: " + fault)
    return fault is None


def _merge(old, enabled, args, kwargs):
    """The new entry of a service."""
    entry = dict(old) if isinstance(old, dict) else {}
    if enabled is not None:
        entry["enabled"] = enabled
    if args:
        entry["args"] = list(args)
    own = {}
    for word in kwargs:
        if kind(word) is None:
            own[word] = kwargs[word]
        elif kwargs[word] is ...:
            entry.pop(word, None)
        else:
            entry[word] = kwargs[word]
    before = entry.get("kwargs")
    if isinstance(before, dict):
        own = dict(before, **own)
    elif "kwargs" in kwargs:  # no object: that will be said
        return entry
    if own:
        own = {word: own[word] for word in own if own[word] is not ...}
        entry["kwargs"] = own
        if not own:
            del entry["kwargs"]
    return entry


def enable(name):
    """Lets a service run from the next boot on; True if that could be saved."""
    return config(name, True)


def disable(name):
    """Keeps a service from running from the next boot on; True if that could be saved."""
    return config(name, False)


def json_safe(value, deep=_DEEP):
    """Raises ValueError for a value that JSON cannot hold, before anything is written."""
    if not deep:
        raise ValueError("a value is nested too deep, or holds itself")
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError("JSON has no key %r, only text" % (key,))
            json_safe(value[key], deep - 1)
    elif isinstance(value, (list, tuple)):
        for each in value:
            json_safe(each, deep - 1)
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError("JSON cannot hold %r" % value)
    elif isinstance(value, str):
        was = 0
        for byte in value.encode():
            if was == 0xED and byte > 0x9F:
                raise ValueError("JSON cannot hold a half of a character")
            was = byte
    elif not (value is None or isinstance(value, (bool, int))):
        raise ValueError("JSON cannot hold %r" % (value,))


# -- saving -------------------------------------------------------------------


def save(settings, damage=None):
    """Writes services.config whole or not at all; None, or why it could not be.

    Two files and no rename: on FAT one that is cut leaves two names for one file, and it
    cannot rename over a file. At each moment one of the two is whole: the copy is written
    only beside a whole services.config, and that only beside a whole copy. A damaged one
    is put aside as `.bad` first, and `damage`, what read() said of it, is printed.
    """
    copy = CONFIG + ".bak"
    text = None
    try:
        json_safe(settings)
        text = json.dumps(settings)
        old, fault = load(CONFIG)
        if old is None and fault:
            aside = _put_aside()
            print(damage or fault, "; the damaged file is %s now" % aside if aside else "", sep="")
        if old is not None or load(copy)[0] is None:
            _room(2 * len(text))
            put(copy, text)
        else:
            _room(len(text))
    except (OSError, ValueError, MemoryError) as e:
        return CONFIG + ": " + str(e)
    before = None if old is None else json.dumps(old)
    try:
        put(CONFIG, text)
    except OSError as e:
        return CONFIG + ": " + str(e) + _undo(before)
    return None


def remember():
    """Has what stands in services.config as the last good copy; None, or why that could not be."""
    copy = CONFIG + ".bak"
    try:
        found = load(CONFIG)[0]
        if found is None or load(copy)[0] == found:
            return None
        text = json.dumps(found)
        _room(len(text))
        put(copy, text)
    except (OSError, MemoryError) as e:
        return copy + ": " + str(e)
    return None


def _undo(before):
    """After a failed write: what stood there is written again; what else there is to say."""
    try:
        if before is not None and load(CONFIG)[0] is None:
            put(CONFIG, before)
            put(CONFIG + ".bak", before)
    except OSError as e:
        return "; and again: %s" % e
    return ""


def put(path, text):
    with open(path, "w") as file:
        file.write(text)
    with open(path) as file:
        if file.read() != text:
            raise OSError("%s reads back different" % path)


def _room(size):
    """Raises OSError where the flash has no room for that many bytes more."""
    try:
        stat = os.statvfs(os.getcwd())
    except OSError:
        return  # it will be seen
    block, free = stat[1] or stat[0], stat[3]
    if free < size // block + 2:
        raise OSError("no room for it: %d bytes are free; remove files" % max(0, free * block))


def _put_aside():
    """A damaged file is kept, by copying it: a rename that is cut would harm others. Returns its new name."""
    with open(CONFIG, "rb") as file:
        text = file.read()
    if text:
        _room(3 * len(text))
        with open(CONFIG + ".bad", "wb") as file:
            file.write(text)
        return CONFIG + ".bad"
    return None
