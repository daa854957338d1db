# On the device: the power is cut at each write and erase of a save, and again at each one of the save
# after it; what is read then must be the old or the new. For each file that the project keeps.

import gc

from flash import Disk


def _entries(n):
    return {"s%02d" % i: {"enabled": True, "args": [n, "x" * 20]} for i in range(12)}


class Settings:
    """services.config, as config() writes it and a boot reads it."""

    def save(self, n):
        from aioservice.configure import save

        return save(_entries(n))

    def read(self):
        from aioservice.settingsfile import read

        found = read()[0]
        for n in range(6):
            if found == _entries(n):
                return n


class State:
    """services.state0/1: masks, blame, and the boot record of some boards."""

    def save(self, n):
        from aioservice.kept import read, save

        kept = read()
        kept.update({"n": n, "masked": {"bad": "x" * 20 * n}, "note": {"log": ["y" * 60] * 8}})
        return save(kept)

    def read(self):
        from aioservice.kept import read

        kept = read()
        if kept.get("masked") == {"bad": "x" * 20 * kept.get("n", 0)}:
            return kept["n"]


class Ran:
    """services.ran and services.ran.2: when persistent schedules ran."""

    def save(self, n):
        from aiocalendar_kept import save

        for name in ("one", "two"):
            save(name, (n, n))

    def read(self):
        from aiocalendar_kept import kept

        one, two = kept("one")[0], kept("two")[0]
        # Two saves, so the second of them may be missing, twice in a row even.
        return one[0] if two is not None and 0 <= one[0] - two[0] <= 2 else None


KEPT = {"settings": Settings, "state": State, "ran": Ran}


def run(what, fat, torn, stride=1):
    """Prints how many cuts were tried, of a save and of the save after it, and how many lost something.

    `stride`: of the second cuts only every so manieth is tried.
    """
    kept = KEPT[what]()
    disk = Disk(fat, torn=torn)
    tried = lost = stuck = 0
    kept.save(1)
    kept.save(2)
    before = bytes(disk.flash.data)
    steps = disk.steps(kept.save, 3)
    for first in range(steps):
        once = disk.cut(before, first, kept.save, 3)
        disk.mount(once)
        found = kept.read()
        tried += 1
        lost += found not in (2, 3)
        again = disk.steps(kept.save, 4)
        for second in range(first % stride, again, stride):
            disk.mount(disk.cut(once, second, kept.save, 4))
            tried += 1
            lost += kept.read() not in (found, 4)
            gc.collect()
        disk.mount(once)
        kept.save(5)
        stuck += kept.read() != 5
        disk.mount(bytes(disk.flash.data))
        stuck += kept.read() != 5
    print("steps", steps)
    print("tried", tried)
    print("lost", lost)
    print("stuck", stuck)
