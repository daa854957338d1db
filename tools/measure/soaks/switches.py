# On the device: the power is cut at each write and erase while one set of files takes the place of
# another, or goes back, and again while the board recovers from that. What is there then is the old set or
# the new one, byte for byte. boot.py, main.py and lib/aioswitch are the real ones, and are replaced, too.

import gc
import os
import random
import sys

from flash import Disk

_BLOCKS = const(420)
_LIVES = const(9)  # more boots than that, one behind the other, are a loop
OWN = ("deploy.switch", "deploy.list", "deploy.next", "deploy.prev")


class Reset(BaseException):
    pass


class Machine:
    """What boot.py knows of `machine`; nothing that survives a reset."""

    PWRON_RESET, DEEPSLEEP_RESET = 1, 4

    def reset_cause(self):
        return 1

    def reset(self):
        raise Reset


class Sets:
    """The old files and the new ones: {path: bytes}. `manager`: that of the old ones knows of switches.
    `first`: which ones are those of the first release, whose lib/ was flat: "old", "new" or none."""

    def __init__(self, parts, manager, first=None):
        """`parts`: a folder with boot.py, main.py, aioswitch.mpy and shim.py; `first/` in it has those of the
        first release, and its guard."""
        self.shim = self._read(parts + "/shim.py")
        self.old, self.new = [
            self._set(parts + "/first" * (word == first), text)
            for word, text in (("old", b"old"), ("new", b"new!"))
        ]
        if first:
            self._furnish(parts, *(self.old, self.new) if first == "old" else (self.new, self.old))
        self.old["lib/aiogone/part.mpy"] = b"gone" * 200
        self.old["leaves.txt"] = b"leaves"
        self.new["lib/aiofresh/part.mpy"] = b"fresh" * 150
        self.new["fresh.txt"] = b"fresh"
        self.same = {"services.config": b"{}", "lib/aiosame.mpy": b"same" * 100, "mine.txt": b"mine"}
        if not manager:
            self.old["boot.py"] = b"# an older manager's"
            self.old["main.py"] = b"# an older manager's, too"
            del self.old["lib/aioswitch.mpy"]
        self.manager = manager
        self.old.update(self.same)
        self.new.update(self.same)

    def _set(self, parts, word):
        names = ("boot.py", "main.py", "aioswitch.mpy")
        boot, main, module = [self._read("%s/%s" % (parts, name)) for name in names]
        cut = boot.rfind(b"\n", 0, boot.find(b"# the hardware watchdog, once")) + 1
        tail = main.find(b"try:\n    if ")  # what follows starts the manager
        return {
            "boot.py": boot[:cut] + b"# %s\n" % word,
            "main.py": main[:tail] + b"# %s\n" % word,
            "lib/aioswitch.mpy": module + word,
            "lib/aioone.mpy": word * 300,
            "lib/aiosub/part.mpy": word * 90,
            "manifest.txt": b"# " + word * 200,
            "aioservices/services/one_service.mpy": word * 150,
        }

    def _furnish(self, parts, flat, tower):
        """A file gives way to a folder of its name, or the other way round; others move into a new one."""
        flat["lib/aioclass.mpy"] = b"flat" * 120
        flat["lib/aioguard.mpy"] = self._read(parts + "/first/aioguard.mpy")
        flat["lib/aioservice/kept.mpy"] = b"kept" * 60
        tower["lib/aioclass/__init__.mpy"] = b"room" * 130
        tower["lib/aioboot/guard.mpy"] = b"guard" * 110
        tower["lib/aioboot/kept.mpy"] = b"kept" * 60
        flat["lib/aioservice/__init__.mpy"] = tower["lib/aioservice/__init__.mpy"] = b"same" * 40

    def _read(self, path):
        with open(path, "rb") as file:
            return file.read()

    def list(self):
        """What svctl would send as deploy.list."""
        last = ("main.py", "lib/aioswitch.mpy", "boot.py")
        lines = [] if self.manager else ["~%d boot.py\n" % len(self.shim)]
        paths = [p for p in sorted(self.new) if p not in last] + list(last)
        for path in paths:
            if path not in self.old:
                lines.append("+%d %s\n" % (len(self.new[path]), path))
            elif self.old[path] != self.new[path]:
                lines.append("=%d %s\n" % (len(self.new[path]), path))
        at = len(lines) - 3
        lines[at:at] = ["-0 %s\n" % path for path in sorted(self.old) if path not in self.new]
        total = 0
        for line in lines:
            total = (total << 1 & 0xFFFFFF) + sum(line.encode())
        return "".join(lines + [".%d\n" % total]).encode()

    def install(self, files):
        for path in files:
            at = path.find("/")
            while at > 0:
                try:
                    os.mkdir(path[:at])
                except OSError:
                    pass
                at = path.find("/", at + 1)
            with open(path, "wb") as file:
                file.write(files[path])

    def stage(self):
        """What svctl has sent and verified."""
        from aioswitch import flat

        files = {"deploy.list": self.list()}
        for path in self.new:
            if self.old.get(path) != self.new[path]:
                files["deploy.next/" + flat(path)] = self.new[path]
        if not self.manager:
            files["deploy.next/!"] = self.shim
        self.install(files)


def found(folder=""):
    """{path: bytes} of all files but those of a deploy."""
    files = {}
    for entry in os.ilistdir(folder or "."):
        path = folder + "/" + entry[0] if folder else entry[0]
        if path in OWN or path == "filler":
            continue
        if entry[1] == 0x4000:
            files.update(found(path))
        else:
            try:
                with open(path, "rb") as file:
                    files[path] = file.read()
            except OSError:  # FAT's chain of it has an end too early
                files[path] = b"torn"
    return files


def which(sets):
    """"old", "new", or None: neither of the two."""
    files = found()
    if not sets.manager and "lib/aioswitch.mpy" in files and files["boot.py"] == sets.old["boot.py"]:
        del files["lib/aioswitch.mpy"]  # the last to go, and nobody there loads it
    return "old" if files == sets.old else "new" if files == sets.new else None


def module():
    """The module as boot.py or svctl finds it on the disk."""
    sys.modules.pop("aioswitch", None)
    sys.path[:0] = "deploy.next", "deploy.prev", "lib"
    try:
        return __import__("aioswitch")
    finally:
        del sys.path[:3]


def put(_):
    """As svctl has it done: what comes before the decision, and all that follows."""
    switch = module()
    switch.commit(list(switch.prepare())[-1])
    switch.put()


def power_on(_=None):
    """boot.py and main.py, until a boot is not reset by these."""
    path = sys.path[:]
    try:
        for _ in range(_LIVES):
            sys.modules.pop("aioswitch", None)
            if not _life():
                return
    finally:
        sys.path[:] = path
        sys.modules.pop("aioswitch", None)
    raise RuntimeError("it resets for ever")


def _life():
    sys.path[:] = ["", "lib"]
    for name in ("boot.py", "main.py"):
        try:
            with open(name) as file:
                text = file.read()
        except OSError:
            continue
        try:
            exec(text, {"sys": sys})
        except Reset:
            return True
        except OSError:
            raise  # the power
        except Exception:
            pass  # the firmware prints it, and goes on


def full_and_on(_):
    """Before the power came back somebody filled the flash, to the last block; that goes again later."""
    try:
        with open("filler", "wb") as file:
            while True:
                file.write(bytes(512))
    except OSError:
        pass
    try:
        power_on()
    finally:
        try:
            os.remove("filler")
        except OSError:
            pass  # the power


def take_back(_):
    module().undo("the test")


def settle(_):
    for _ in module().settle():
        pass


def prepared(disk, sets, what):
    """What is on the chip before the part that is looked at."""
    sets.install(sets.old)
    sets.stage()
    if what not in ("put", "full"):
        put(None)
    if what == "boots":  # two boots on trial that did not last
        power_on()
        power_on()
    return bytes(disk.flash.data)


def run(what, fat, torn, stride, seed, parts, manager=True, share=0, shares=1, first=None):
    """Prints how many cuts were tried, and how many left anything but the old set or the new one ("lost"),
    or something that no deploy could go on from ("stuck"). `stride`: of second cuts each so manieth, from
    a start that `seed` chooses; of first ones this `share` of so many `shares`."""
    sys.modules["machine"] = Machine()
    sys.path.append(parts)
    rng = random
    rng.seed(seed)
    do = {"put": put, "full": put, "undo": take_back, "boots": power_on, "settle": settle}[what]
    on = full_and_on if what == "full" else power_on
    sets = Sets(parts, manager, first)
    disk = Disk(fat, _BLOCKS, torn)
    before = prepared(disk, sets, what)
    steps = disk.steps(do, None)
    ends = "old" if what in ("undo", "boots") else "new"
    tried = lost = stuck = 0
    if which(sets) != ends:
        lost += 1
        print("without", what, "leaves", sorted(found()))
    seen = set()
    for first in range(share, steps + 1, shares):
        once = disk.cut(before, first, do, None)
        disk.mount(once)
        again = 0 if what == "full" else disk.steps(on, None)
        if what == "full":
            on(None)
        word = which(sets)
        tried += 1
        seen.add(word)
        if word is None:
            lost += 1
            tell(what, first, None, sets)
        for second in range(rng.getrandbits(16) % stride, again, stride):
            disk.mount(disk.cut(once, second, on, None))
            power_on()
            tried += 1
            if which(sets) is None:
                lost += 1
                tell(what, first, second, sets)
            gc.collect()
        disk.mount(once)
        power_on()
        stuck += not goes_on(sets)
        gc.collect()
    print("steps", steps)
    print("tried", tried)
    print("lost", lost)
    print("stuck", stuck)
    print("both", len(seen))


def goes_on(sets):
    """Whether the next deploy finds a board that it can go on from: nothing is left of this one."""
    switch = __import__("aioswitch")  # one that svctl has sent along
    if switch.state()[0] in ("put", "undo"):  # a board whose boot.py does not know of it
        if sets.manager or which(sets) != "old":
            return False
        switch.undo("cut")
    if switch.state()[0] or "deploy.next" in os.listdir():  # else a set before is kept
        for _ in switch.settle():
            pass
    files = os.listdir()
    return not ("deploy.switch" in files or "deploy.next" in files) and found() in (sets.old, sets.new)


def tell(what, first, second, sets):
    """Prints what is wrong there."""
    files = found()
    said = []
    for path in sorted(set(files) | set(sets.old) | set(sets.new)):
        data = files.get(path)
        if path not in sets.same or data != sets.same[path]:
            is_old, is_new = data == sets.old.get(path), data == sets.new.get(path)
            said.append(path + (" is old" if is_old else " is new" if is_new else " is torn"))
    print("cut", what, first, second, ", ".join(said))
