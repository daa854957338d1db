# What stands in for a service that is masked, and which services may run in safe mode. Loaded only
# where one of these is so.

from aioclass import Service

_SAFE = const("held by safe mode")


class _Module:
    """Stands for the module that is not imported."""

    def __init__(self, name, path):
        self.__name__ = name
        self.__file__ = path


def make(name, path, why):
    """A service that is masked: its file is not imported, as that may be what ends the board."""
    made = Service(name)
    made.module = _Module("masked " + name, path)
    made.state = "masked"
    made.reason = why
    made.enabled = True
    return made


def get(finder, name, entry):
    """Why a service is not imported in safe mode: neither its settings nor its file say `safe`; or None."""
    if name == finder.manager.last:
        return None
    if "safe" in entry:
        return None if entry["safe"] else _SAFE
    try:
        with open(finder.path(name), "rb") as file:
            return None if b"safe" in file.read() else _SAFE
    except (OSError, MemoryError):
        return _SAFE
