# Which services there are, and their modules: one is imported at a time, and a failing one
# is kept with its error. Given back after a boot.

import gc
import os
import sys

from aioclass import Service, ServiceError
from aioctl.core import is_interrupt

from .manager import names
from .verbs import plain
from .settings import SettingsError, apply, fault_of, read

_FOLDER = "aioservices/services"


class LoadError(ServiceError):
    """A file that is no service; the message says why."""


def files():
    """{name: extensions} of the service files: {"hello": ["mpy"]}."""
    found = {}
    try:
        entries = os.listdir(_FOLDER)
    except OSError:
        return found
    for entry in entries:
        stem, _, ext = entry.rpartition(".")
        if ext in ("py", "mpy") and stem.endswith("_service"):
            found.setdefault(stem[:-8], []).append(ext)
    return found


def _module_name(name):
    return "aioservices.services.%s_service" % name


def _forget_module(full):
    sys.modules.pop(full, None)
    parent, _, leaf = full.rpartition(".")
    if parent in sys.modules and hasattr(sys.modules[parent], leaf):
        delattr(sys.modules[parent], leaf)


def purge(service, services):
    """Forgets a service's module, unless another service is made of it."""
    module = service.module
    if module is not None and not any(other.module is module for other in services.values()):
        _forget_module(module.__name__)


def _import(full):
    try:
        return __import__(full, None, None, ("service",))
    except ValueError as e:
        _forget_module(full)
        if "mpy" in str(e):
            raise LoadError("it is compiled for another MicroPython; compile it anew with `make board`")
        raise
    except BaseException:
        _forget_module(full)
        raise


def _make(name, entry, extensions):
    """The instance of a service: what its module offers, or a further one of its class."""
    base = name.split("@")[0]
    if "cls" in entry:
        full, _, cls = entry["cls"].rpartition(".")
        module = _import(full)
        made = getattr(module, cls)(name)
        if not isinstance(made, Service):
            raise LoadError("%s is no Service" % entry["cls"])
    else:
        if len(extensions) > 1:
            raise LoadError("%s_service.py and .mpy are both there; remove one" % base)
        full = _module_name(base)
        module = _import(full)
        made = getattr(module, "service", None)
        if not isinstance(made, Service):
            _forget_module(full)
            raise LoadError("no `service = …(%r)` in it" % base)
        if made.name != base:
            _forget_module(full)
            raise LoadError("its service is called %r, its file says %r" % (made.name, base))
        if name != base:
            made = type(made)(name)
    made.module = module
    return made


class Finder:
    """One look at the files and the settings; brings services into the manager."""

    def __init__(self, manager, config=True):
        self.manager = manager
        self.files = files()
        self.settings, manager.fault = read() if config else ({}, None)
        self.options = self.settings.pop("_boot", None) or {}
        if fault_of("_boot", self.options) is not None:
            manager.fault = "services.config: " + fault_of("_boot", self.options)
            self.options = {}

    def known(self):
        """The sorted names of all services that could be: files, and entries that make some."""
        found = set(self.files)
        for name, entry in self.settings.items():
            name = plain(name)
            if not isinstance(entry, dict):
                found.add(name)
            elif "@" in name or "cls" in entry:
                found.add(name)
            elif isinstance(entry.get("instances"), int) and name in found:
                found.discard(name)
                for i in range(entry["instances"]):
                    found.add("%s@%d" % (name, i))
        return sorted(found)

    def entry(self, name):
        """The settings of a service; `hello@0` has those of `hello` where that has `instances`."""
        settings = self.settings
        for key in (name, name + ".service"):
            if key in settings:
                return settings[key]
        entry = settings.get(name.split("@")[0], {})
        return entry if isinstance(entry, dict) and "instances" in entry else {}

    def path(self, name):
        base = name.split("@")[0]
        ext = self.files.get(base, ("py",))
        return "./%s/%s_service.%s" % (_FOLDER, base, "py" if "py" in ext else ext[0])

    def bring(self, name, force=False, groups=None, exclude=()):
        """The service of that name, imported; None where it is held back or cannot be loaded."""
        manager = self.manager
        if name in manager.services:
            return manager.services[name]
        manager.failed.pop(name, None)
        manager.held.pop(name, None)
        entry = self.entry(name)
        fault = fault_of(name, entry)
        try:
            if fault is not None:
                raise SettingsError("services.config: " + fault)
            if not force and entry.get("enabled") is False:
                manager.held[name] = "disabled"
                return None
            if not force and name in exclude:
                manager.held[name] = "excluded"
                return None
            service = _make(name, entry, self.files.get(name.split("@")[0], ()))
            apply(service, entry)
        except BaseException as e:
            if is_interrupt(e):
                raise
            manager.failed[name] = (self.path(name), e)
            return None
        why = None if force else self._held(service, entry, groups, exclude)
        if why is not None:
            manager.held[name] = why
            purge(service, manager.services)
            return None
        manager.services[name] = service
        return service

    def _held(self, service, entry, groups, exclude):
        """Why a service is not to run, or None."""
        if not entry.get("enabled", service.enabled):
            return "disabled"
        mine = names(service.groups)
        if any(group in exclude for group in mine):
            return "excluded"
        if groups is not None and mine and not any(group in groups for group in mine):
            return "excluded"
        return None

    def bring_all(self, groups=None, exclude=None):
        """Imports all services that are to run; what stands in settings counts where None is given."""
        groups = self.options.get("groups") if groups is None else groups
        exclude = names(self.options.get("exclude", ()) if exclude is None else exclude)
        groups = None if groups is None else names(groups)
        threshold = gc.threshold()
        gc.threshold((gc.mem_free() + gc.mem_alloc()) // 8)  # else the heap fragments
        for name in self.known():
            self.bring(name, False, groups, exclude)
        gc.threshold(threshold)

    def bring_required(self, service):
        """Imports what a service requires, as far as that is enabled."""
        todo = list(names(service.require))
        for name in todo:  # grows while it is walked
            if name in self.known() and name not in self.manager.held:
                found = self.bring(name)
                if found is not None:
                    todo.extend(n for n in names(found.require) if n not in todo)
