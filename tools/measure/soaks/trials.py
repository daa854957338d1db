# On the device: lives of a board to which one version after the other is deployed, good ones and bad ones,
# while anything happens: boots that end somehow, hangs, hosts, people, and power cuts at any write. What the
# board has is looked at behind each step, and compared with what a small model says may be.

import os
import random
import sys

import aioswitch
from flash import Disk
from switches import Machine, Reset, Sets, _life, found
from switches import module as whole

_BLOCKS = const(700)
_LIVES = const(9)
_STEPS = const(12)  # of a life
_SETTLED = ("", "undone", "good")


class Timer:
    ONE_SHOT = 0
    armed = None  # the callback of the one that runs

    def __init__(self, number):
        pass

    def init(self, mode, period, callback):
        Timer.armed = callback

    def deinit(self):
        Timer.armed = None


class Loop:
    """What a board in which the loop stands still has of asyncio and aioctl.core."""

    services = records = {}

    def __init__(self):
        self.core = self
        self.cur_task = self

    def group(self):
        return self


def boot(_=None):
    """Power on, until a boot is not reset; what it has of aioswitch: None where nothing is on trial."""
    Timer.armed = None
    for _ in range(_LIVES):
        sys.modules.pop("aioswitch", None)
        if not _life():
            return sys.modules.get("aioswitch")
    raise RuntimeError("it resets for ever")


def module():
    """The module where it is whole; OSError without power."""
    try:
        return whole()
    except ImportError as error:
        raise OSError from error


def wipe():
    """Free sectors are empty: a FAT folder that grows takes what is there for names, if it is cut then."""
    try:
        with open("filler", "wb") as file:
            while True:
                file.write(bytes(512))
    except OSError:
        pass
    os.remove("filler")


def remove(folder):
    for name in os.listdir(folder) if folder in os.listdir() else ():
        os.remove(folder + "/" + name)


def kept():
    """As svctl sees it: see plan.is_kept()."""
    switch = aioswitch  # what lies there may be cut
    files = os.listdir()
    if "deploy.switch" in files:
        return False
    there = os.listdir("deploy.next") if "deploy.next" in files else []
    cut = "=" in there and switch.is_listed("deploy.next/=")
    if not cut and (there or not switch.is_listed()):
        return False
    if "deploy.prev" in files:
        there = there + os.listdir("deploy.prev")
    entries = switch.entries("deploy.next/=" if cut else "deploy.list")
    return all([switch.flat(each[2]) in there for each in entries if each[0] in ("=+" if cut else "=-")])


class Step(Sets):
    """From one version to another."""

    manager = True

    def __init__(self, old, new):
        self.old, self.new = old, new


class Board:
    def __init__(self, disk, fat, sets, back):
        self.disk, self.fat, self.sets, self.back = disk, fat, sets, back
        self.place = self.goal = 0  # versions: what is there when all else is undone; what is to be
        self.before = None  # the one that is kept, as far as that is sure
        self.bad = False  # whether the goal is
        self.last = 0
        self.sets.install(self.version(0))

    def version(self, n):
        files = {}
        for path, data in (self.sets.new if n & 1 else self.sets.old).items():
            files[path] = data if path in self.sets.same else data + b" # version %d" % n
        return files

    # -- what can happen ------------------------------------------------------------

    def deploy(self, _):
        for name in ("deploy.list",) if "deploy.list" in os.listdir() else ():
            os.remove(name)
        remove("deploy.prev")
        remove("deploy.next")
        self._stage()
        switch = module()
        switch.commit(list(switch.prepare())[-1])
        switch.put()

    def _stage(self):
        sys.modules["aioswitch"] = aioswitch
        Step(self.version(self.place), self.version(self.goal)).stage()

    def roll_back(self, _):
        sys.modules.pop("aioswitch", None)
        sys.path.insert(0, "lib")
        try:
            switch = __import__("aioswitch")
        finally:
            sys.path.pop(0)
        for _ in self.back.make("back\n"):
            pass
        switch.commit(list(switch.prepare())[-1])
        switch.put()

    def hang(self, _):
        if boot() is not None and Timer.armed:
            self._reset(Timer.armed, None)

    def fail(self, _):
        switch = boot()
        if switch is not None:
            self._reset(switch.failed, ValueError("main.py"))

    def refuse(self, _):
        """The board finds itself unhealthy."""
        switch = boot()
        if switch is not None and switch.why is None:
            self._reset(switch.refuse, "one.service: ValueError")

    def undo(self, _):
        module().undo("svctl")

    def settle(self, _):
        """The board, a host or a person finds it good, or has read why it was undone."""
        for _ in (boot() or module()).settle():
            pass

    def _reset(self, function, value):
        try:
            function(value)
        except Reset:
            boot()

    # -- what is looked at ------------------------------------------------------------

    def choose(self, state):
        """What happens next."""
        rng = random.random()
        if state == "trial":
            ends = [boot, boot, self.hang, self.fail, self.refuse, self.undo]
            return random.choice(ends + [self.settle] * (0 if self.bad else 4))
        if state:
            return random.choice([boot, self.settle] if state in _SETTLED else [boot])
        self.bad = random.random() < 0.5
        if rng < 0.3:
            return boot
        if rng < 0.6 and kept():
            self.goal = self.place - 1 if self.before is None else self.before
            return self.roll_back
        self.last = self.goal = self.last + 1
        self.before = None
        return self.deploy

    def step(self):
        if self.fat:
            wipe()
        state = self.state()
        do = self.choose(state)
        before = bytes(self.disk.flash.data)
        if random.random() < 0.6:
            steps = self.disk.steps(do, None)
            if steps and random.random() < 0.7:
                for _ in range(2):
                    self.disk.mount(self.disk.cut(before, random.randrange(steps), do, None))
                    before, do = bytes(self.disk.flash.data), boot
                    if random.random() < 0.5:
                        break
                boot()
        else:
            do(None)
        after = self.state()
        return self.judge(state, after)

    def state(self):
        return aioswitch.state()[0]

    def judge(self, state, after):
        """What is wrong, or None."""
        files = found()
        there = None
        for n in (self.goal, self.place):
            if files == self.version(n):
                there = n
        if there is None:
            return "a mixture"
        if aioswitch.state()[2] > 2:
            return "a third boot on trial"
        if after in ("put", "undo"):
            return "not ended: " + after
        if after == "trial" and there != self.goal or after == "undone" and there != self.place:
            return "%s, and %d is there" % (after, there)
        if after in ("", "good") and there != self.place:
            if self.bad:
                return "a bad version is good"
            self.before, self.place = self.place, there
            if after == "" and not kept():
                return "the set before is not kept"
        elif after == state == "" and self.before is not None and self.goal == self.place and not kept():
            return "the set before is no more kept"
        if after == "":
            if there == self.place and self.goal != self.place:  # it went back, or nothing was decided
                self.before = self.before if kept() else None
                self.goal = self.place
        return None


def run(fat, torn, seed, lives, parts):
    """Prints how many steps were done, and how many ended wrong."""
    machine = Machine()
    machine.Timer = Timer
    sys.modules["machine"] = machine
    sys.modules["asyncio"] = sys.modules["aiobase"] = Loop()
    sys.path.append(parts)
    from back import _svctl_back

    random.seed(seed)
    sets = Sets(parts, True)
    tried = lost = 0
    for life in range(lives):
        disk = Disk(fat, _BLOCKS, torn)
        board = Board(disk, fat, sets, _svctl_back)
        for step in range(_STEPS):
            wrong = board.step()
            tried += 1
            if wrong is None and step == _STEPS - 1:  # nobody finds it good: it ends by itself
                boot()
                boot()
                boot()
                if board.state() == "trial":
                    wrong = "still on trial"
                else:
                    wrong = board.judge("", board.state())
            if wrong is not None:
                lost += 1
                print("life", life, "step", step, wrong, sorted(os.listdir()))
                break
    print("tried", tried)
    print("lost", lost)
