# On the device: what people say to services, one word behind the other, the second at each pass of the loop
# behind the first. The end is what it would be if each had been heard to its end: the last word wins.

import asyncio
import builtins
import random

import aioservice
from aioclass import Service
from aioservice.manager import manager

NAMES = ("need", "mid", "top")  # each requires the one before
FILE = "from words import Chain\nservice = Chain(%r)\n"
VERBS = ("start", "stop", "restart", "reload", "load", "unload", "enable", "disable", "mask", "unmask")
FIRST = ("running", "stopped", "gone", "leaving", "masked", "disabled", "held")  # what is so before the words
_QUIET = const(12)  # passes without a change, after which nothing more is to come
_MOST = const(3000)  # passes until then
_ENDED = ("init", "running", "stopped", "failed", "blocked", "masked")
_SHOWN = {"init": "off", "stopped": "off", "running": "on"}

lives = {}  # name -> [setups, cleanups] of all its instances
said = []  # Operations
wrongs = []
known = {}  # words -> what is so in the end where each is heard to its end
say = print


async def passes(n):
    for _ in range(n):
        await asyncio.sleep_ms(0)


class Chain(Service):
    """Takes some passes for all that it does."""

    enabled = True

    def __init__(self, name):
        super().__init__(name)
        at = NAMES.index(name)
        self.require = NAMES[at - 1] if at else ()

    async def setup(self):
        lives[self.name][0] += 1
        await passes(3)

    async def task(self):
        await asyncio.sleep(1000)

    async def cleanup(self):
        await passes(3)
        lives[self.name][1] += 1


def speak(verb, name):
    """Says a word; False: there is no such name, and it says so."""
    try:
        if verb in ("enable", "disable"):
            getattr(aioservice, verb)(name)
            found = aioservice.reload()
        else:
            found = getattr(aioservice, verb)(name)
    except aioservice.ServiceError:
        return False
    if hasattr(found, "ended"):
        said.append(found)
    return True


def shape():
    """What is so now: of each service, whether it runs, and what is kept."""
    from aioboot.kept import read

    mgr = manager()
    found = []
    for name in NAMES:
        service = mgr.services.get(name)
        state = "gone" if service is None else service.state
        found.append(_SHOWN.get(state, state))
    return found + sorted(read().get("masked", {}))


def _is_quiet():
    mgr = manager()
    if mgr.leaving or mgr.stopping or not all([each.ended.is_set() for each in said]):
        return False
    return all([s.state in _ENDED and s.is_active() == (s.state == "running") for s in mgr.services.values()])


async def settle():
    """Waits until all has happened; False: that takes too long."""
    still = 0
    for _ in range(_MOST):
        still = still + 1 if _is_quiet() else 0
        if still == _QUIET:
            said.clear()
            return True
        await asyncio.sleep_ms(0)
    return False


async def begin(first):
    """Has everything as it was, and then what is to be so of `mid`."""
    mgr = manager()
    for name in NAMES:
        running = name in mgr.services and mgr.services[name].is_active()
        lives[name] = [1, 0] if running else [0, 0]
    for name in NAMES:
        if aioservice.get_config(name).get("enabled") is False:
            speak("enable", name)
            await settle()
        if name in shape()[3:]:
            speak("unmask", name)
        speak("load", name)
        await settle()
    speak("start", "top")
    await settle()
    if shape() != ["on"] * 3:
        raise ValueError("it cannot be as it was: %s" % shape())
    if first == "leaving":  # and about to come back
        speak("unload", "mid")
        speak("load", "mid")
        return
    for verb in {"running": (), "stopped": ("stop",), "gone": ("unload",), "masked": ("mask",), "disabled":
                 ("disable",), "held": ("mask", "unload")}[first]:
        speak(verb, "mid")
        await settle()


async def _said(first, words, gaps):
    """Says these (verb, name) with so many passes between them, or None: until all has happened.

    Returns what is wrong, and what is so in the end.
    """
    await begin(first)
    for word, gap in zip(words, (0,) + gaps):
        if gap is None:
            await settle()
        else:
            await passes(gap)
        told = speak(*word)
    found = shape() if await settle() else []
    if not found:
        said.clear()
        return "it hangs", [(s.name, s.state) for s in manager().services.values()]
    for name, state in zip(NAMES, found):  # what runs has not been cleaned up yet
        if lives[name][0] - lives[name][1] != (state == "on"):
            return "%s: %d setups, %d cleanups" % ((name,) + tuple(lives[name])), found
    return None if not told else _unheard(found, *words[-1]), found


def _unheard(found, verb, name):
    """What is wrong with the last word's own service; None: nothing."""
    at = NAMES.index(name)
    state = found[at]
    if verb in ("stop", "disable", "unload", "mask") and state == "on":
        return "it runs"
    if verb == "unload" and state != "gone" or verb == "mask" and name not in found[3:]:
        return "it is there"
    if verb in ("start", "restart", "load") and state not in ("on", "blocked", "masked"):
        return "it does not run"
    if "blocked" in found[1:3] and found[found.index("blocked") - 1] == "on":
        return "it waits for what is there"


def _are_alike(words, found, expected):
    """What was to start when its requirement was stopped is blocked; what was masked is loaded, or not; what
    the first word would have brought along is there, or not."""
    for name, was, is_now in zip(NAMES, expected, found):
        alike = ["off", "blocked"]
        if {"mask", "unmask"} == {words[0][0], words[1][0]} or name not in (words[0][1], words[1][1]):
            alike += ["gone", "masked"]
        if was != is_now and not (was in alike and is_now in alike):
            return False
    return found[3:] == expected[3:]


async def compare(first, words, gaps):
    """Says so where words that follow each other at once end otherwise than where each waits."""
    wrong, found = await _said(first, words, gaps)
    if wrong is None and len(words) == 2:
        key = (first,) + words
        if key not in known:
            known.clear()
            known[key] = await _said(first, words, (None,))
        wrong, expected = known[key]
        if wrong is None and not _are_alike(words, found, expected):
            wrong = "not %s" % expected
    if wrong is not None:
        wrongs.append(words)
        text = ["%s %s" % words[0]] + ["%d: %s %s" % ((gap,) + word) for gap, word in zip(gaps, words[1:])]
        say("fault:", first + ";", "; ".join(text), "->", found, wrong)


async def _all(cases):
    builtins.print = lambda *_, **__: None
    mgr = manager()
    mgr.release = lambda: None  # else most of the time goes into loading files
    tried = 0
    for name in NAMES:
        lives[name] = [0, 0]
        with open("aioservices/services/%s_service.py" % name, "w") as file:
            file.write(FILE % name)
    aioservice.load()
    await settle()
    for case in cases:
        try:
            await compare(*case)
        except ValueError as e:
            say("fault:", case, e)
            return
        tried += 1
    await aioservice.shutdown()
    say("tried", tried)
    say("wrong", len(wrongs))
    for name in NAMES:
        if lives[name][0] != lives[name][1]:
            say("fault:", name, lives[name])


def pairs(firsts, gaps, others, stride=1, begun=0):
    """Each two verbs, or each so manieth, at each gap; with others to any two, else both to `mid`."""
    for first in firsts:
        for one in VERBS:
            for two in VERBS:
                for a in NAMES if others else ("mid",):
                    for b in NAMES if others else ("mid",):
                        for gap in gaps if begun % stride == 0 else ():
                            yield first, ((one, a), (two, b)), (gap,)
                        begun += 1


def chains(seed, count):
    """Random words, some at once, some later."""
    random.seed(seed)
    for _ in range(count):
        n = random.randint(2, 4)
        words = tuple([(random.choice(VERBS), random.choice(NAMES)) for _ in range(n + 1)])
        gaps = tuple([random.randint(0, random.choice((1, 9, 60))) for _ in range(n)])
        yield random.choice(FIRST), words, gaps


def run(cases):
    asyncio.run(_all(cases))
