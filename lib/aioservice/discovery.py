# Which services there are, and their modules: one is imported at a time, and a failing one is kept with its
# error. Given back after a boot.

import gc
import os
import sys

from aiobase import describe, forget, group, is_interrupt, kept_of, names
from aioclass import Service
import aioschedule

from .applying import apply, error_of, reject

_ERROR = const(40)  # aiolog's level
_FOLDER = const("aioservices/services")
_ROM = const("/rom/aioservices/services")
_ROM_MODULE = const("aioboot.rom")
_FILE = const("aioservices/services/%s_service.mpy")
_MODULE = const("aioservices.services.%s_service")
_MARK = const(b"\nend\n")  # the build appends it: the VM ignores it, and it saves a walk over the file
_CUT = const(" cut-short!")  # behind a kind; a shorter text would be a name for good
_SAFE = const("held by safe mode")


def _helper(full):
    return __import__(full, None, None, ("service",))


def note(name, what, error=None):
    """Writes to the journal what could not be loaded. Short of memory it gives up."""
    try:
        group().note(_ERROR, name, what if error is None else what + describe(error))
    except MemoryError:
        pass


def base(name):
    """The name of the file of a service: `hello` of `hello@left`."""
    return name.split("@")[0] if "@" in name else name


def _listed(folder):
    found = {}
    try:
        entries = os.listdir(folder)
    except OSError:
        return found
    for entry in entries:
        stem, _, ext = entry.rpartition(".")
        if not stem and ext.endswith("_service"):
            try:
                if os.stat(folder + "/" + entry)[0] & 0x4000:
                    found[ext[:-8]] = "dir"  # the VM takes it in place of a file
            except OSError:  # a link on a PC, which leads nowhere
                pass
        elif ext in ("py", "mpy") and stem.endswith("_service") and stem[0] != "." and len(stem) > 8:
            name = stem[:-8]
            if found.get(name) != "dir":
                found[name] = "both" if name in found else ext
    return found


def files():
    """{name: kind} of the service files: "py", "mpy" or "both"; of one in ROM see aioboot/rom.py."""
    found = _listed(_FOLDER)
    rom = _listed(_ROM)
    if rom:
        _helper(_ROM_MODULE).add(found, rom)
    return found


def _is_cut(file):
    """Whether an open .mpy file ends too early."""
    if file.seek(0, 2) > 5:  # _MARK's length
        file.seek(-5, 2)
    if file.read() == _MARK:
        return False
    from .mpyfile import is_cut

    file.seek(0)
    try:
        data = memoryview(file)  # in ROM it need not be read
    except TypeError:
        data = file.read()
    return is_cut(data)


def purge(service, services):
    """Forgets a service's module, unless another service is made of it."""
    module = service.module
    if module is None or sys.modules.get(module.__name__) is not module:
        return
    if not any([other.module is module for other in services.values()]):
        forget(module.__name__)


def _import(full, kind=None):
    rom = sys.modules.get(_ROM_MODULE)
    try:
        if rom is not None and kind is not None:
            return rom.load(full, kind)
        return __import__(full, None, None, ("service",))
    except ValueError as e:
        if "mpy" in describe(e):
            reject("it is compiled for another MicroPython; compile it anew with `make board`")
        raise


def _of_file(name, file, full, kind):
    """(module, instance) of a service that has a file, which makes the module `full`."""
    if kind is None:
        reject("there is no such file")
    if kind.endswith(_CUT):
        reject("the file is cut short; copy it anew")
    if kind.endswith("manifest.txt"):
        reject("the file is damaged, %s; copy it anew" % kind.partition(" ")[2])
    if kind.endswith("both"):
        reject("%s_service.py and .mpy are both there; remove one" % file)
    if kind.endswith("dir"):
        text = "%s_service/ is a folder, which MicroPython imports in place of a file: rename it; "
        reject((text + "a service is one file, %s_service.py") % (file, file))
    module = _import(full, kind)
    made = getattr(module, "service", None)
    if not isinstance(made, Service):
        reject("no `service = …(%r)` in it" % file)
    if made.name != file:
        reject("its service is called %r, its file says %r" % (made.name, file))
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
        reject("%s is no Service" % path)
    return module, made


class Finder:
    """One look at the files and the settings; brings services into the manager."""

    def __init__(self, manager, given=None):
        """`given`: what settings.given() says, or () for no settings; it is asked where that is None."""
        self.manager = manager
        self.files = files()
        # The hardware watchdog, where boot.py armed it; loading is progress, and feeds it.
        self.watchdog = sys.modules.get("aioboot.watchdog")
        refused = None if self.watchdog is None else self.watchdog.begin(manager)
        # There until a boot has lasted, and in safe mode.
        self._guard = sys.modules.get("aioboot.guard")
        self._masked = {}  # name -> why
        self.fault = None  # what is wrong with services.config as a whole
        self.settings = self.options = {}
        self.faults = {}  # name -> error
        if given is None:
            given = _helper("aioservice.settings").given(manager)
            forget("aioservice.settings")  # before services are imported: it is larger than most
        if given:
            self._take(given)
        self._is_safe = self._look()
        if self.fault is not None and self.fault not in (manager.fault or ""):  # each load() reads again
            note("aioservice", self.fault)
        if self.watchdog is None and self.options.get("watchdog"):
            refused = "services.config: _boot.watchdog: not armed; boot.py does that at power-on"
        if self.watchdog is not None and "; using " in (self.fault or ""):
            pair = self.watchdog.watchdog.wanted, self.options.get("watchdog")
            if pair[0] != pair[1]:  # boot.py took the damaged file for a whole one
                refused = "services.config: _boot.watchdog: armed for %s s; what counts now has %s" % pair
        manager.fault = self.fault
        if refused is not None:
            manager.fault = refused if self.fault is None else self.fault + "\n" + refused

    def _take(self, given):
        """Keeps what settings.given() says."""
        self.settings, self.options, faults, self.fault = given
        for name in faults:
            self.faults[name] = error_of("services.config: " + faults[name], "SettingsError")
        aioschedule.clock[3] = self.options.get("utc_offset") or 0
        if self.options.get("blame"):
            from .heap import measured

            self.make = measured(self.manager, self.make)

    def _look(self):
        """Whether this is safe mode; sees who is to blame for the last boots, and who is masked."""
        fault = None
        if self._guard is not None:
            try:  # the board comes up all the same
                fault = self._guard.begin(self.manager, self.known(), Service)
            except Exception as e:
                note("aioservice", "the guard of boots: ", e)
            try:
                damaged = self._guard.damaged()
                if damaged is not None:
                    _helper("aioboot.damage").look(self, damaged)
                    forget("aioboot.damage")
            except Exception as e:
                note("aioservice", "manifest.txt: ", e)
        for path in ("services.state0", "services.state1"):
            try:
                os.stat(path)
            except OSError:
                continue
            self._masked = _helper("aioboot.kept").read().get("masked", {})
            forget("aioboot.kept")
            break
        if fault is not None:
            self.fault = fault if self.fault is None else self.fault + "\n" + fault
        return fault is not None and self._guard.safe()

    def _feed(self, name=None):
        if self._guard is not None:
            self._guard.note(name)
        if self.watchdog is not None:
            self.watchdog.feed()

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
            self._feed()
            name = base(name)
            kind = self.files.get(name) or ""
            if kind.endswith("mpy"):
                in_rom = kind != "mpy"
                try:
                    with open(kind if in_rom else _FILE % name, "rb") as file:
                        if _is_cut(file):
                            self.files[name] = kind + _CUT if in_rom else _CUT
                        elif not in_rom:
                            self.files[name] = "whole"
                except (OSError, MemoryError):
                    pass  # its import will say so
        forget("aioservice.mpyfile")

    def path(self, name):
        """Where a service that could not be loaded should have come from."""
        entry = self.settings.get(name)
        if entry and "cls" in entry:
            return entry["cls"]
        file = name if name in self.files else base(name)
        kind = self.files.get(file) or ""
        if kind.startswith("/"):
            return kind.split(" ")[0]
        if kind == "dir":
            return "./%s/%s_service/" % (_FOLDER, file)
        ext = "mpy" if kind[:1] in ("m", "c", "w") else "py"
        path = "./%s/%s_service.%s" % (_FOLDER, file, ext)
        return path + " (instead of the one in ROM)" if file in _listed(_ROM) else path

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
        if (entry or exclude or groups is not None) and not force and name not in self.faults:
            why = _held(name, entry, None, groups, exclude)
        if why is None and name in self._masked:
            service = _helper("aioservice.safemode").make(name, self.path(name), self._masked[name])
            manager.services[name] = service
            return service
        if why is None and self._is_safe and not force:
            why = _helper("aioservice.safemode").get(self, name, entry)
        if why is None:
            try:
                service = self.make(name)
            except BaseException as e:
                if is_interrupt(e):
                    raise
                self._feed()
                fault = kept_of(e)
                manager.failed[name] = (self.path(name), fault)
                note(name + ".service", "not loaded: ", fault)
                return None
            self._feed()
            why = None if force else _held(name, entry, service, groups, exclude)
            if self._is_safe and not (force or service.safe or name == manager.last):
                why = _SAFE
        if why is None:
            manager.services[name] = service
            return service
        manager.held[name] = why
        if service is not None:
            purge(service, manager.services)
        return None

    def make(self, name):
        """A new instance of a service, with its settings; raises what is wrong with it."""
        if name in self._masked:
            reject("it is masked: %s; unmask it first" % self._masked[name])
        self._feed(name)
        if name in self.faults:
            raise self.faults[name]
        entry = self.settings.get(name) or {}
        for byte in b"@.*" if name in self.files else b"":
            if chr(byte) in name:
                text = "a service's name has no %r%s: rename the file"
                reject(text % (chr(byte), ", which is for instances" if byte == 64 else ""))
        if name in self.manager.patches:
            return apply(self.manager.patches[name](name), entry, self.options)
        file = base(name)
        full = entry["cls"].rpartition(".")[0] if "cls" in entry else _MODULE % file
        was = full in sys.modules
        try:
            if "cls" in entry:
                module, made = _of_class(name, entry["cls"])
            else:
                if self.files.get(file) != "whole":
                    self._check((name,))
                self._feed(name)
                module, made = _of_file(name, file, full, self.files.get(file))
            made.module = module
            for word in ("_thread", "start_new_thread", "Timer", "machine"):
                if word in module.__dict__:
                    _helper("aioservice.callbacks").adopt(module)
                    break
            return apply(made, entry, self.options)
        except BaseException:
            if not was:  # so that a mended file is read
                forget(full)
            raise

    def anew(self, service):
        """Another instance of a service's class, with the settings as they stand now."""
        name = service.name
        if name in self.faults:
            raise self.faults[name]
        return apply(type(service)(name), self.settings.get(name) or {}, self.options)

    def bring_all(self, groups=None, exclude=None):
        """Imports all services that are to run; what stands in settings counts where None is given."""
        groups = self.options.get("groups") if groups is None else groups
        groups = None if groups is None else names(groups)
        exclude = names(self.options.get("exclude", ()) if exclude is None else exclude)
        threshold = gc.threshold()
        try:
            chosen = self.known()
            off = [n for n in self.settings if (self.settings[n] or {}).get("enabled") is False]
            self._check([n for n in chosen if n not in off])
            for i, name in enumerate(chosen):
                # Else the heap fragments; more often would cost as much time as some imports each.
                if not i & 31:
                    gc.threshold(gc.mem_free())
                self.bring(name, False, groups, exclude)
        finally:
            gc.threshold(threshold)


def _fits_any(name, patterns):
    if not patterns:
        return False
    from aiobase.text import match, plain

    return any([match(plain(pattern), name) for pattern in patterns])


def _held(name, entry, service, groups, exclude):
    """Why a service is not to run, or None; before its import `service` is None."""
    if not entry.get("enabled", service is None or service.enabled):
        return "disabled"
    if not exclude and groups is None:
        return None
    mine = () if service is None else names(service.groups)
    if _fits_any(name, exclude) or any([_fits_any(group, exclude) for group in mine]):
        return "excluded"
    if groups is not None and mine and not any([_fits_any(group, groups) for group in mine]):
        return "excluded"
    return None
