# Which services there are, and their modules: one is imported at a time, and a failing one
# is kept with its error. Given back after a boot.

import gc
import os
import sys

from aioclass import Service, ServiceError
from aioctl.core import is_interrupt

from .manager import names

_FOLDER = const("aioservices/services")
_MODULE = const("aioservices.services.%s_service")
# What the manager itself relies on in a service, before it runs.
_NAMES = (str, list, tuple, set)
_TYPES = (
    ("require", _NAMES + (dict,)),
    ("want", _NAMES),
    ("groups", _NAMES),
    ("args", (list, tuple)),
    ("kwargs", dict),
    ("schedule", dict),
    ("start_timeout", (int, float)),
    ("stop_grace", (int, float)),
    ("stop_timeout", (int, float)),
)


class LoadError(ServiceError):
    """A file that is no service; the message says why."""


class SettingsError(ServiceError):
    """An entry of services.config, or an attribute, that cannot be used, with the path of the key."""


def base(name):
    """The name of the file of a service: `hello` of `hello@left`."""
    return name.split("@")[0]


def files():
    """{name: kind} of the service files: "py", "mpy" or "both"."""
    found = {}
    try:
        entries = os.listdir(_FOLDER)
    except OSError:
        return found
    for entry in entries:
        stem, _, ext = entry.rpartition(".")
        if ext in ("py", "mpy") and stem.endswith("_service"):
            name = stem[:-8]
            found[name] = "both" if name in found else ext
    return found


def give_back(full):
    """Forgets a module, so that its memory is free."""
    sys.modules.pop(full, None)
    parent, _, leaf = full.rpartition(".")
    if parent in sys.modules and hasattr(sys.modules[parent], leaf):
        delattr(sys.modules[parent], leaf)


def purge(service, services):
    """Forgets a service's module, unless another service is made of it."""
    module = service.module
    if module is not None and not any([other.module is module for other in services.values()]):
        give_back(module.__name__)


def _import(full):
    try:
        return __import__(full, None, None, ("service",))
    except ValueError as e:
        if "mpy" in str(e):
            raise LoadError("it is compiled for another MicroPython; compile it anew with `make board`")
        raise


def _of_file(name, kind):
    """(module, instance) of a service that has a file."""
    file = base(name)
    if kind is None:
        raise LoadError("there is no such file")
    if kind == "cut":
        raise LoadError("the file is cut short; copy it anew")
    if kind == "both":
        raise LoadError("%s_service.py and .mpy are both there; remove one" % file)
    full = _MODULE % file
    module = _import(full)
    made = getattr(module, "service", None)
    if not isinstance(made, Service):
        raise LoadError("no `service = …(%r)` in it" % file)
    if made.name != file:
        raise LoadError("its service is called %r, its file says %r" % (made.name, file))
    if name != file or made.module is not None:  # a further one, or the file's own had a life already
        made = type(made)(name)
    return module, made


def _of_class(name, path):
    """(module, instance) of a service of any class on the path."""
    full, _, leaf = path.rpartition(".")
    module = _import(full)
    cls = getattr(module, leaf, None)
    made = cls(name) if callable(cls) else None
    if not isinstance(made, Service):
        raise LoadError("%s is no Service" % path)
    return module, made


def _is_timing(schedule):
    """Whether a schedule says when to run; a class's own was not looked at with the settings."""
    start, repeat = schedule.get("start_in"), schedule.get("repeat") or 0
    if isinstance(start, (list, tuple)):
        return len(start) > 5 and all([isinstance(n, int) for n in start])
    times = (repeat, repeat if start is None else start)
    if not all([isinstance(n, (int, float)) and 0 <= n < 1e9 for n in times]):
        return False
    return start is not None or repeat > 0


def _apply(service, entry):
    """Gives a service its settings, returns it, and has what the manager relies on in one form."""
    for key in entry:
        value = entry[key]
        if key == "kwargs":  # what is not named stays as the class has it
            value = dict(service.kwargs)
            value.update(entry[key])
        if key not in ("enabled", "cls"):
            setattr(service, key, value)
    from aioclass_asyncmd import adopt

    adopt(service, entry)
    if "${" in repr([entry.get("args"), entry.get("kwargs")]):
        service.special = True
    if "config" in entry and "${" in repr(entry["config"]):
        from aioctl.env import expand

        service.config = expand(entry["config"])
    for key, types in _TYPES:
        value = getattr(service, key)
        wrong = value is not getattr(Service, key) and not isinstance(value, types)
        if wrong or key == "schedule" and value and not _is_timing(value):
            raise SettingsError("%s.%s cannot be %r" % (service.name, key, value))
    for key in ("require", "want"):
        value = getattr(service, key)
        if any([name.endswith(".service") for name in names(value)]):
            from aioctl.text import plain

            if isinstance(value, dict):
                value = {attribute: plain(value[attribute]) for attribute in value}
            else:
                value = [plain(name) for name in names(value)]
            setattr(service, key, value)
    return service


class Finder:
    """One look at the files and the settings; brings services into the manager."""

    def __init__(self, manager, config=True):
        self.manager = manager
        self.files = files()
        manager.fault = None
        self.settings = self.options = {}
        self.faults = {}  # name -> error
        if config:
            self._read(manager)

    def _read(self, manager):
        from .settings import fault_of, read, resolve

        settings, manager.fault = read()
        options = settings.pop("_boot", {})
        fault = fault_of("_boot", options)
        if fault is None:
            self.options = options
        else:
            manager.fault = (manager.fault + "\n" if manager.fault else "") + "services.config: " + fault
        self.settings, faults = resolve(settings)
        self.faults = {name: SettingsError("services.config: " + faults[name]) for name in faults}
        give_back("aioservice.settings")  # before services are imported: it is larger than most

    def known(self):
        """The sorted names of all services that could be: files, and entries that make some."""
        found = set(self.files)
        found.update(self.faults)
        found.update(self.manager.patches)
        for name in self.settings:
            entry = self.settings[name]
            if entry is None:
                found.discard(name)
            elif entry.get("enabled") is not False or "cls" in entry or base(name) in self.files:
                found.add(name)
        return sorted(found)

    def _check(self, chosen):
        """Sees which .mpy files of these services are all there: the VM would hang on others."""
        for name in chosen:
            name = base(name)
            if self.files.get(name) == "mpy":
                from .mpyfile import is_cut

                try:
                    with open("%s/%s_service.mpy" % (_FOLDER, name), "rb") as file:
                        self.files[name] = "cut" if is_cut(file) else "whole"
                except (OSError, MemoryError):
                    pass  # its import will say so
        give_back("aioservice.mpyfile")

    def path(self, name):
        """Where a service that could not be loaded should have come from."""
        entry = self.settings.get(name)
        if entry and "cls" in entry:
            return entry["cls"]
        ext = "mpy" if self.files.get(base(name)) in ("mpy", "cut", "whole") else "py"
        return "./%s/%s_service.%s" % (_FOLDER, base(name), ext)

    def bring(self, name, force=False, groups=None, exclude=()):
        """The service of that name, imported; None where it is held back or cannot be loaded."""
        manager = self.manager
        if name in manager.services:
            return manager.services[name]
        if name in manager.leaving:
            return None
        manager.failed.pop(name, None)
        manager.held.pop(name, None)
        entry = self.settings.get(name) or {}
        service = why = None
        if not force and name not in self.faults:
            why = _held(name, entry, None, groups, exclude)
        if why is None:
            try:
                service = self.make(name)
            except BaseException as e:
                if is_interrupt(e):
                    raise
                manager.failed[name] = (self.path(name), e)
                return None
            why = None if force else _held(name, entry, service, groups, exclude)
        if why is None:
            manager.services[name] = service
            return service
        manager.held[name] = why
        if service is not None:
            purge(service, manager.services)
        return None

    def make(self, name):
        """A new instance of a service, with its settings; raises what is wrong with it."""
        if name in self.faults:
            raise self.faults[name]
        entry = self.settings.get(name) or {}
        if name in self.manager.patches:
            return _apply(self.manager.patches[name](name), entry)
        full = entry["cls"].rpartition(".")[0] if "cls" in entry else _MODULE % base(name)
        was = full in sys.modules
        try:
            if "cls" in entry:
                module, made = _of_class(name, entry["cls"])
            else:
                self._check((name,))
                module, made = _of_file(name, self.files.get(base(name)))
            made.module = module
            return _apply(made, entry)
        except BaseException:
            if not was:  # so that a mended file is read
                give_back(full)
            raise

    def anew(self, service):
        """Another instance of a service's class, with the settings as they stand now."""
        name = service.name
        if name in self.faults:
            raise self.faults[name]
        return _apply(type(service)(name), self.settings.get(name) or {})

    def bring_all(self, groups=None, exclude=None):
        """Imports all services that are to run; what stands in settings counts where None is given."""
        groups = self.options.get("groups") if groups is None else groups
        groups = None if groups is None else names(groups)
        exclude = names(self.options.get("exclude", ()) if exclude is None else exclude)
        threshold = gc.threshold()
        gc.collect()
        gc.threshold((gc.mem_free() + gc.mem_alloc()) // 8)  # else the heap fragments
        try:
            chosen = self.known()
            self._check([n for n in chosen if (self.settings.get(n) or {}).get("enabled") is not False])
            for name in chosen:
                self.bring(name, False, groups, exclude)
        finally:
            gc.threshold(threshold)


def _fits_any(name, patterns):
    if not patterns:
        return False
    from aioctl.text import match, plain

    return any([match(plain(pattern), name) for pattern in patterns])


def _held(name, entry, service, groups, exclude):
    """Why a service is not to run, or None; before its import `service` is None."""
    if not entry.get("enabled", service is None or service.enabled):
        return "disabled"
    mine = () if service is None else names(service.groups)
    if _fits_any(name, exclude) or any([_fits_any(group, exclude) for group in mine]):
        return "excluded"
    if groups is not None and mine and not any([_fits_any(group, groups) for group in mine]):
        return "excluded"
    return None
