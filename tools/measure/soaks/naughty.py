# On the device: services that do at random what services should not, in all that is theirs, beside
# healthy ones. These never miss a beat that the loop itself has not missed, each setup() that was entered
# has its cleanup() once, and nothing stays in the heap.

import asyncio
import builtins
import gc
import random

import aioctl
import aioservice
from aioclass import Service
from aioservice.manager import manager

NAMES = ("n0", "n1", "n2")  # n2 requires n1
_BEAT = const(5)  # ms
_STEPS = const(40)  # words to them in a round
say = print
beats = {}  # name -> how many
lives = [0, 0]  # setups that were entered, cleanups
hung = []


class Own(BaseException):
    pass


class Mute(Exception):
    def __str__(self):
        raise ValueError


class Heavy(Exception):
    def __init__(self):
        super().__init__("x" * 3000)
        self.load = bytearray(3000)


def _raise(error):
    raise error


async def _later(error):
    await asyncio.sleep_ms(0)
    raise error


async def _swallows():
    for _ in range(3):
        try:
            await asyncio.sleep_ms(30)
        except asyncio.CancelledError:
            pass


async def _stray():
    await asyncio.sleep_ms(random.randint(0, 20))
    raise random.choice((ValueError, Own, SystemExit, GeneratorExit))


def _word(wait=False):
    # Said by whoever is at it to one of them, himself too.
    verb = random.choice(("start", "stop", "restart", "reload", "load", "unload"))
    try:
        found = getattr(aioservice, verb)(random.choice(NAMES))
    except aioservice.ServiceError:
        return None
    return found._wait() if wait and hasattr(found, "ended") else None


# What one of them may do: an error that it raises, or a function; what that returns is awaited.
KINDS = {
    "SystemExit": SystemExit,
    "GeneratorExit": GeneratorExit,
    "KeyboardInterrupt": KeyboardInterrupt,
    "BaseException": Own,
    "CancelledError": asyncio.CancelledError,
    "MemoryError": MemoryError,
    "OSError": lambda: _raise(OSError(113)),
    "mute": Mute,
    "heavy": Heavy,
    "a loop in the loop": lambda: asyncio.run(_later(ValueError())),
    "a loop in the loop, by its methods": lambda: asyncio.get_event_loop().run_until_complete(_stray()),
    "for ever": lambda: asyncio.get_event_loop().run_forever(),
    "a new loop": lambda: asyncio.new_event_loop() and None,
    "wait_for": lambda: asyncio.wait_for(_later(random.choice((Own(), SystemExit(1)))), 1),
    "gather": lambda: asyncio.gather(_later(GeneratorExit()), _later(Own())),
    "create_task": lambda: asyncio.create_task(_stray()) and None,
    "swallows": _swallows,
    "a word": _word,
    "a word that it waits for": lambda: _word(True),
}


def act(place):
    """What one does in a place of its code: nothing, mostly."""
    if random.randint(0, 3):
        return None
    kind = random.choice(list(KINDS.values()))
    if isinstance(kind, type) and issubclass(kind, BaseException):
        raise kind
    return kind()


async def _do(place):
    work = act(place)
    if work is not None:
        await work


class Naughty(Service):
    enabled = True
    start_timeout = 0.2
    stop_timeout = 0.2
    restart = {"delay": 0.005}

    def __init__(self, name):
        super().__init__(name)
        if name == "n2":
            self.require = "n1"

    def setup(self):
        lives[0] += 1
        self.add_callback("start", lambda: act("start"))
        self.add_callback("stop", lambda: act("stop"))
        self.add_ctask(aioctl, _do, "child", "child")
        return _do("setup")

    async def task(self):
        await asyncio.sleep_ms(random.randint(0, 20))
        await _do("task")
        if random.randint(0, 1):
            await asyncio.sleep(10)

    def on_error(self, error):
        return act("on_error")

    def on_stop(self):
        return act("on_stop")

    def cleanup(self):
        lives[1] += 1
        self._callbacks = None
        return _do("cleanup")


class Healthy(Service):
    enabled = True

    async def task(self):
        await beat(self.name)


async def beat(name):
    while True:
        beats[name] += 1
        await asyncio.sleep_ms(_BEAT)


async def _quiet():
    """Unloads them all, and waits until nothing of them is left."""
    mgr = manager()
    for _ in range(400):
        for name in NAMES:
            if name in mgr.services:
                aioservice.unload(name)
        if not mgr.leaving and not mgr.coming and not any([name in mgr.services for name in NAMES]):
            break
        await asyncio.sleep_ms(5)
    else:
        hung.append(1)
        say("fault: it hangs", [(s.name, s.state) for s in mgr.every()])
    await asyncio.sleep_ms(60)  # strays have ended


async def _round():
    mgr = manager()
    for name in NAMES:
        aioservice.load(name)
    for _ in range(_STEPS):
        _word()
        service = mgr.services.get(random.choice(NAMES))
        if service is not None and not random.randint(0, 5):
            service.interrupt()
        await asyncio.sleep_ms(random.randint(0, 12))
    await _quiet()


async def main(seed, rounds):
    builtins.print = lambda *_, **__: None
    random.seed(seed)
    missed = unclean = 0
    for name in ("bare", "one", "two"):
        beats[name] = 0
    bare = asyncio.create_task(beat("bare"))
    for name in ("one", "two"):
        aioservice.patch(name, Healthy)
    for name in NAMES:
        aioservice.patch(name, Naughty)
    aioservice.load("one")
    aioservice.load("two")
    used = []
    for _ in range(rounds):
        before = dict(beats)
        await _round()
        for name in ("one", "two"):
            behind = beats["bare"] - before["bare"] - (beats[name] - before[name])
            if abs(behind) > 2:
                missed += 1
                say("fault:", name, "is", behind, "behind", manager().services[name].state)
        if lives[0] != lives[1]:
            unclean += 1
            say("fault: %d setups, %d cleanups" % tuple(lives))
            lives[:] = (0, 0)
        manager().release()
        gc.collect()
        gc.collect()
        used.append(gc.mem_alloc())
    bare_ended = 1 if bare.done() else 0
    bare.cancel()
    await aioservice.shutdown()
    say("rounds", rounds)
    say("missed", missed + bare_ended)
    say("hung", len(hung))
    say("unclean", unclean)
    # Behind the first third, with its names and files, the least may not be more than the most was.
    third = rounds // 3
    say("growth", max(0, min(used[2 * third :]) - max(used[third : 2 * third])) if third > 6 else 0)
    return True


def run(seed, rounds):
    ended = asyncio.run(main(seed, rounds))
    say("ended", 1 if ended else 0)
