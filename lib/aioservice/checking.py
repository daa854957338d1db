# check(): what the board knows of its settings and services goes to findings. Nothing of a service is
# imported or run for it. Loaded on use.

from aioclass import Service
from aioclass_errors import ServiceError, anew
from aioctl.core import describe

from .manager import manager


def _files():
    """The names of all service files. Gives back what finds them, before the rest is loaded."""
    from .discovery import files, give_back

    found = list(files())
    give_back("aioservice.discovery")
    return found


def _said(service, entries):
    """What differs from the defaults of a service, and does not come from its entries."""
    from .findings import _words

    found = {}
    for key in _words():
        value = getattr(service, key, None)
        told = [entry for entry in entries if isinstance(entry, dict) and key in entry and key != "kwargs"]
        if value is not getattr(Service, key, None) and not told:
            found[key] = sorted(value) if isinstance(value, set) else value
    return found


def _failed(mgr, services, settings):
    """{name: why it could not be loaded}; those that do not even exist are another finding."""
    found = {}
    for name in mgr.failed:
        if name not in services and name.split("@")[0] not in services:
            entry = settings.get(name)
            if not isinstance(entry, dict) or "cls" not in entry:
                continue
            services[name] = None
        fault = mgr.failed[name][1]
        ours = isinstance(fault, tuple) and issubclass(fault[0], ServiceError)
        found[name] = str(anew(fault)) if ours else describe(fault)
        if isinstance(fault, tuple) and issubclass(fault[0], SyntaxError):  # of what it imports, perhaps
            from aioctl.trace import where

            found[name] += where(fault)
    return found


def check():
    """Prints what is wrong with settings and services, and returns it as a list of lines.

    What services require is known of those that are loaded: ask when the board is up.
    """
    services = {name: None for name in _files()}
    from .findings import findings
    from .settingsfile import read

    mgr = manager()
    settings, fault = read()
    failed = _failed(mgr, services, settings)
    for name in sorted(mgr.services):
        file = name.split("@")[0]
        if name == file or services.get(file) is None:  # what a class says is told once
            services[file] = _said(mgr.services[name], (settings.get(file), settings.get(name)))
    found = ([fault] if fault else []) + findings(settings, services, mgr.held, failed)
    for line in found:
        print(line)
    mgr.release()
    return found
