# Services and modules in ROM: where a firmware has ROMFS, /rom holds an image made by `make romfs`.
# What lies on flash goes first, name by name. Loaded only where there is something in /rom.

import os
import sys

from aiobase import forget

_FLASH = const("aioservices/services")
_ROM = const("/rom/aioservices/services")
_TOP = const("aioservices")
_PACKAGE = const("aioservices.services")
_HIDES = "boot: %s/%s hides all of /rom/lib/%s, but lacks %s: remove it, or copy all of it there"


def add(found, rom):
    """Adds the services in ROM, {name: kind}, to those of the same form on flash, which stay.

    Their kind becomes their path; after it stands " both" where there are an .mpy and a .py.
    """
    for name in rom:
        if name not in found:
            kind = rom[name]
            end = ".py both" if kind == "both" else "/ dir" if kind == "dir" else "." + kind
            found[name] = "%s/%s_service%s" % (_ROM, name, end)


def load(full, kind):
    """The module of a service, from where its kind says.

    What it imports from the folder of services is looked for beside it, then on the other side.
    """
    return _load(full, _ROM, _FLASH) if kind.startswith("/") else _load(full, _FLASH, _ROM)


def _load(full, folder, other):
    package = _package()
    missing = None
    while True:
        module = sys.modules.get(full)
        if module is not None and module.__file__.startswith(other):  # a neighbour brought the wrong one
            forget(full)
        was = package.__path__
        package.__path__ = folder
        try:
            return __import__(full, None, None, ("service",))
        except ImportError as e:
            name = _missing(e)
            if name is None or name == full or name == missing:
                raise
            missing = name
        finally:
            package.__path__ = was
        _load(missing, other, folder)


def _package():
    # A package is where the VM finds it first: one on flash hides the one in ROM, and its path can be
    # one folder only. So this one's is set for each import, and is at rest what the VM made it.
    top = __import__(_TOP)
    was = top.__path__
    try:
        return __import__(_PACKAGE, None, None, ("x",))
    except ImportError:  # on flash there is an aioservices without services
        top.__path__ = "/rom/" + _TOP
        return __import__(_PACKAGE, None, None, ("x",))
    finally:
        top.__path__ = was


def _missing(error):
    """The name of the module of the folder of services that an ImportError misses, or None."""
    words = str(error).split("'")
    return words[1] if len(words) > 2 and words[1].startswith(_PACKAGE + ".") else None


def _entries(folder):
    """{name without its suffix: whether it is a folder}; None where there is no such folder."""
    try:
        return {entry[0].rsplit(".", 1)[0]: entry[1] == 0x4000 for entry in os.ilistdir(folder)}
    except OSError:
        return None


def begin():
    """Says which packages in ROM a part of them on flash hides; boot.py calls it.

    The VM takes all of a package from where it finds it first.
    """
    rom = _entries("/rom/lib") or {}
    for name in sorted(rom):
        for path in sys.path[: sys.path.index("/rom/lib")] if rom[name] else ():
            flash = _entries("%s/%s" % (path, name) if path else name)
            if flash is not None:
                lacks = [each for each in sorted(_entries("/rom/lib/" + name)) if each not in flash]
                if lacks:
                    print(_HIDES % (path, name, name, ", ".join(lacks)))
                break
