# What is wrong with settings and services, as check() on the board and `make check` on a PC tell it:
# made of values alone. Loaded on use.

from aiobase.text import match, plain

from .order import cycles
from .settings import _BOOT, _KEYS, _takes, _undefined, fault_of, kind, resolve
from .spelling import near

_CONFIG = const("services.config: ")


def _words(table=_KEYS):
    """The keys of a table."""
    return [word.split("=")[0] for word in table.split()]


def _names(value):
    """The names in a value, plain; none where it is nothing that has some."""
    if isinstance(value, dict):
        value = list(value.values())
    elif isinstance(value, str):
        value = (value,)
    return [plain(n) for n in value if isinstance(n, str)] if isinstance(value, (list, tuple)) else []


def _faults(path, entry, table):
    """Yields what is wrong with the keys of an entry, each of them."""
    if not isinstance(entry, dict):
        yield fault_of(path, entry)
        return
    for key in sorted(entry):
        value = entry[key]
        letter = kind(key, table)
        fault = fault_of(path, {key: value})
        if fault is None and table is _KEYS and "${" in repr(value):
            fault = _undefined(path, {key: value})
        if fault is not None:
            yield fault
        elif letter is None and table is _BOOT:
            every = _words(table)
            yield "%s.%s: there is no such key, only %s%s" % (path, key, ", ".join(every), near(key, every))
        elif letter is None and near(key, _words(table), True):
            yield "%s.%s: goes to self.config%s" % (path, key, near(key, _words(table), True))
        elif key in ("restart", "schedule") and isinstance(value, dict):
            takes = _takes(letter)
            for each in sorted(value):
                if '"%s":' % each not in takes:
                    yield "%s.%s.%s: there is no such key, only %s" % (path, key, each, takes)


class _Look:
    """Settings and services together: what each service is told, and which of them are to run."""

    def __init__(self, entries, services, held, boot):
        self._entries = entries  # as settings.resolve() has them
        self._services = services
        self._held = held
        self._every = set(entries)
        self._every.update(services)
        self._every.difference_update([name for name in entries if entries[name] is None])
        groups = boot.get("groups")
        self._groups = None if groups is None else _names(groups)
        self._exclude = _names(boot.get("exclude", ()))

    def _said(self, name):
        """What its class says; None where that is not known."""
        said = self._services.get(name)
        return self._services.get(name.split("@")[0]) if said is None else said

    def _value(self, name, key, default=()):
        """What counts for a service; asyncmd's have some of it in their kwargs."""
        entry = self._entries.get(name) or {}
        said = self._said(name) or {}
        kwargs = said.get("kwargs")
        if key == "require" and key not in entry and isinstance(kwargs, dict) and key in kwargs:
            return kwargs[key]
        return entry.get(key, said.get(key, default))

    def _why(self, name):
        """Why a service is not to run, as the manager has it; None if it is."""
        entry = self._entries.get(name) or {}
        if self._said(name) is None and "enabled" not in entry:
            return self._held.get(name)
        if not self._value(name, "enabled", False):
            return "disabled"
        mine = _names(self._value(name, "groups"))
        if any([match(pattern, each) for pattern in self._exclude for each in [name] + mine]):
            return "excluded"
        if self._groups is None or not mine:
            return None
        return None if any([match(p, each) for p in self._groups for each in mine]) else "excluded"


def findings(settings, services, held, failed):
    """What is wrong, as a list of lines. settings: services.config as it stands, {} without one.

    services: {name: {key: value}}, what the class of each service says where it does not leave it at
    the default; None where that is not known. held: {name: why it does not run}, for those that
    are not known. failed: {name: why it cannot be loaded}.
    """
    found = []
    settings = dict(settings)
    boot = settings.pop("_boot", {})
    found.extend([_CONFIG + fault for fault in _faults("_boot", boot, _BOOT)])
    if fault_of("_boot", boot) is not None:  # then none of it counts
        boot = {}
    damage = __import__("aioctl.env", None, None, ("read",)).read()[1]
    if damage is not None:
        found.append(damage)
    entries, faults = resolve(settings)
    for key in sorted(settings):
        name = plain(key)
        told = list(_faults(name, settings[key], _KEYS))
        if not told and name in faults:
            told.append(faults[name])
        entry = settings[key]
        if name.split("@")[0] not in services and not (isinstance(entry, dict) and "cls" in entry):
            told.append("%s: there is no such service%s" % (name, near(name, services)))
        found.extend([_CONFIG + line for line in told if _CONFIG + line not in found])
    look = _Look(entries, services, held, boot)
    for name in sorted(services):
        if name in failed and name not in faults:
            found.append("%s.service: not loaded: %s" % (name, failed[name]))
        said = services[name] or {}
        entry = settings.get(name, settings.get(name + ".service"))
        entry = entry if isinstance(entry, dict) else {}
        own = {key: said[key] for key in said if key not in entry}
        kwargs, told = said.get("kwargs"), entry.get("kwargs")
        if isinstance(kwargs, dict) and isinstance(told, dict):
            own["kwargs"] = {word: kwargs[word] for word in kwargs if word not in told}
        if isinstance(own.get("restart"), (list, tuple)):  # asyncmd: names to restart in its place
            del own["restart"]
        found.extend(_faults(name + ".service", own, _KEYS))
    bad = list(faults) + list(failed)
    graph = {}
    for name in sorted(look._every):
        if name not in bad and look._why(name) is None:
            graph[name] = _names(look._value(name, "require"))
    found.extend(_missing(look, graph, bad))
    for group in look._groups or ():
        if not any([match(group, mine) for name in graph for mine in _names(look._value(name, "groups"))]):
            found.append(_CONFIG + "_boot.groups: no service that is to run is in %s" % group)
    return found


def _missing(look, graph, bad):
    """Yields which requirements cannot come up; of a cycle once, from its first name."""
    told = []  # the instances of one service are not told apart
    for name in sorted(graph):
        for key in ("require", "want"):
            for other in _names(look._value(name, key)):
                pair = (name.split("@")[0], other)
                if other in graph or other in bad or pair in told:
                    continue
                told.append(pair)
                if other not in look._every:
                    like = near(other, look._every, key == "want")
                    if like or key == "require":  # what is wanted need not be there
                        yield "%s.service: %ss %s: there is no such service%s" % (name, key, other, like)
                elif key == "require":
                    yield "%s.service: requires %s, which is %s" % (name, other, look._why(other))
    loops = cycles(sorted(graph), graph)
    for name in sorted(loops):
        if name == min(loops[name].split(" -> ")):
            yield "%s.service: requires itself: %s" % (name, loops[name])
