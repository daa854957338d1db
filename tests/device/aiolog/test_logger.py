"""A service's logger: its level and rate, as settings say; and the journal for code that knows `logging`."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json
import logging
import random
import re
import sys
from fractions import Fraction

import pytest
from support.harness import ROOT
from support.services import Board


@pytest.fixture
def board(vm):
    return Board(vm)


SHOWN = """
from aiobase import group
def shown(name):
    return [(line[2], line[4]) for line in group().log.lines() if line[3] == name + ".service"]
"""

# -- rate --------------------------------------------------------------------

RATE = """
import asyncio, sys
import aiolog
import aiolog.logger as logger
now = 0
j = aiolog.Journal(20000, lambda: now)
log = aiolog.Logger(j, "x.service", 10)
log.rate = logger.Rate(log, 4, 10, lambda: now)
def take():
    global first
    found = [line[4] for line in j.lines(first)]
    first = j.next
    return found
first = 0
"""


def lines(vm, code, timeout=20):
    return vm.run(code, timeout=timeout).out.splitlines()


def test_a_flood_is_cut_and_counted_in_one_line(vm):
    assert lines(vm, RATE + """
for i in range(100): log.info("line %d", i)
print(take(), log.rate.dropped)
now = 4
log.info("too early")
print(take())
now = 5
log.info("half of it is earned back")
log.info("b"); log.info("c")
print(take())
now = 1000
for c in "abcdef": log.debug(c)
print(take())
""") == ["['line 0', 'line 1', 'line 2', 'line 3'] 96", "[]",
         "['lines dropped: 97 (more than 4 in 10 s)', 'half of it is earned back', 'b']",
         "['lines dropped: 1 (more than 4 in 10 s)', 'a', 'b', 'c', 'd']"]


def test_a_flood_costs_no_error_and_a_flood_of_errors_is_bounded_too(vm):
    assert lines(vm, RATE + """
for i in range(100): log.info("line %d", i)
log.error("it hurts")
for i in range(100): log.error("e%d", i)
log.critical("always")
print(take(), log.rate.dropped)
for now in range(1, 30): log.error("e%d", now)
print(take())
""") == ["['line 0', 'line 1', 'line 2', 'line 3', 'it hurts', 'e0', 'e1', 'e2', 'always'] 193",
         "['e3', 'e5', 'e8', 'e10', 'e13', 'e15', 'e18', 'e20', 'e23', 'e25', 'e28']"]


def test_the_count_comes_though_nobody_writes_any_more(vm):
    assert lines(vm, RATE + """
async def main():
    from aioschedule import uptime
    log.rate = logger.Rate(log, 2, 1, uptime)
    for i in range(7): log.info("line %d", i)
    while j.next < 3: await asyncio.sleep_ms(20)
    print(take())
asyncio.run(main())
""") == ["['line 0', 'line 1', 'lines dropped: 5 (more than 2 in 1 s)']"]


def test_neither_a_line_nor_a_dropped_one_allocates(vm):
    assert lines(vm, RATE + """
import micropython
def work():
    global now
    for i in range(40):
        log.info("sixty bytes: a line as long as most that a service writes.")
        log.error("no")
    now = 1
    log.error("no")
work()
micropython.heap_lock()
work()
micropython.heap_unlock()
print(log.rate.dropped > 100, j.next)
""") == ["True 8"]


def test_short_of_memory_it_drops_all_the_same(vm):
    assert lines(vm, RATE + """
import micropython
for c in "abcd": log.info(c)
micropython.heap_lock()
log.info("e")
micropython.heap_unlock()
now = 5
log.info("f")
print(take())
""") == ["['a', 'b', 'c', 'd', 'lines dropped: 1 (more than 4 in 10 s)', 'f']"]


PLAYER = """
import aiolog, aiolog.logger as logger, json
f = open("ops.json")
lines, seconds = json.loads(f.readline())
now = 0
j = aiolog.Journal(20000, lambda: now)
log = aiolog.Logger(j, "x", 10)
log.rate = logger.Rate(log, lines, seconds, lambda: now)
for op in f:
    now, level = json.loads(op)
    log.log(level, "x")
for line in j.lines():
    print(line[1], line[2], line[4].split(" ")[2] if len(line[4]) > 1 else "x")
"""


@pytest.mark.parametrize("seed", range(10))
def test_the_rate_agrees_with_a_model(vm, seed):
    """In lines as fractions, without a ring: what is written when."""
    rng = random.Random(seed)
    count, seconds = rng.randint(1, 30), rng.randint(1, 60)
    ops, expected = [], []
    now, left, at, dropped = 0, Fraction(count), 0, 0
    for _ in range(400):
        now += rng.choice([0] * 8 + [1, 1, 2, 5, 20, 200, 10**6])
        level = rng.choice([10, 20, 20, 20, 30, 40, 50])
        ops.append([now, level])
        if level < 50:
            left, at = min(left + Fraction((now - at) * count, seconds), count), now
            if dropped and 2 * left >= count:
                expected.append([now, 30, str(dropped)])
                dropped = 0
            if left - 1 < -count if level == 40 else left < 1 or dropped:
                dropped += 1
                continue
            left -= 1
        expected.append([now, level, "x"])
    vm.put("ops.json", "\n".join([json.dumps([count, seconds]), *map(json.dumps, ops)]))
    found = [[int(at), int(level), text] for at, level, text in map(str.split, lines(vm, PLAYER))]
    assert found == expected[len(expected) - len(found):] and len(found) > 50


# -- as settings say ----------------------------------------------------------

TALKS = "for i in range(50): self.log.info('line %d', i)\n        self.log.debug('quiet')\n        await asyncio.sleep(3600)"


def test_each_service_has_its_level_and_its_rate(board):
    board.service("one", task=TALKS).service("two", "loglevel = 'debug'\nlograte = None", TALKS)
    board.service("three", task=TALKS).service("four", "lograte = (5, 1)", TALKS)
    board.config({"three": {"loglevel": "debug", "lograte": [3, 60]}})
    assert board.run(SHOWN + """
group().log = __import__("aiolog").Journal(9000, __import__("aioschedule").uptime)
await up()
print([len(shown(name)) for name in ("one", "two", "three", "four")], shown("two")[-1])
service("one").log.setLevel("debug")
service("one").log.rate = None
service("one").log.debug("now")
print(shown("one")[-1])
""") == "[20, 51, 3, 5] (10, 'quiet')\n(10, 'now')\n"


def test_reload_takes_a_level_and_a_rate_over(board):
    board.service("one", task=TALKS).config({"one": {"lograte": [3, 60]}})
    assert board.run(SHOWN + """
from aiolog import Journal
group().log = Journal(9000)
await up()
print(len(shown("one")))
config("one", True, loglevel="debug", lograte=None)
await aioservice.reload()
await asyncio.sleep_ms(20)
print(len(shown("one")) - 3)
config("one", True, lograte=[9, 9])
await aioservice.reload()
await asyncio.sleep_ms(20)
print(len(shown("one")) - 3 - 51)
open("services.config", "w").write("{}")
await aioservice.reload()
await asyncio.sleep_ms(20)
print(len(shown("one")) - 3 - 51 - 9, service("one").log.level)
""").split() == ["3", "51", "9", "20", "20"]


def test_a_service_with_its_own_logger_keeps_it_over_a_reload(board):
    board.service("one", "def __init__(self, name):\n    super().__init__(name)\n    self.log = 5")
    board.config({})
    assert board.run("""
await up()
config("one", True, loglevel="debug")
await aioservice.reload()
print(service("one").log, service("one").loglevel)
""") == "5 debug\n"


def test_a_rate_that_is_none_is_told(board):
    board.service("one", "lograte = 5\nrestart = 'no'", "self.log.info('x')")
    assert board.run("await up()\nstatus()") == board.line(
        "one", "failed: ValueError: one.lograte: expected [lines, seconds], or None, not 5", "FAIL")


def test_an_asyncmd_logger_beside_logging(vm):
    assert lines(vm, """
import aiolog, aioctl, aiologging
from aioclass import Service
aioctl.set_log(aiolog.Journal(900))
s = Service("s")
s.add_logger(aiologging.getLogger("x"), level="DEBUG", service_logger=True)
s.log.debug("[s.service.child] %d", 5)
s.log.info("own", cname="kid")
for line in aioctl.journal().lines(): print(line[2:])
""") == ["(10, 's.service.child', '5')", "(20, 's.service.kid', 'own')"]


# -- logging ------------------------------------------------------------------

# What of micropython-lib's `logging` its documentation promises: loggers with levels and handlers,
# one record for each line of all, a formatter of the handler.
STAND_IN = """
class Record:
    pass

class Formatter:
    def __init__(self, fmt="%(levelname)s:%(name)s:%(message)s"):
        self.fmt = fmt
    def format(self, record):
        return self.fmt % {"name": record.name, "message": record.message, "levelname": record.levelname}

class Logger:
    record = Record()
    def __init__(self, name):
        self.name = name
        self.level = 0
        self.handlers = []
    def setLevel(self, level):
        self.level = level
    def addHandler(self, handler):
        self.handlers.append(handler)
    def log(self, level, msg, *args):
        if level >= (self.level or getLogger().level or 30):
            record = self.record
            record.name, record.levelno, record.levelname = self.name, level, str(level)
            record.message = msg % args if args else msg
            for handler in self.handlers or getLogger().handlers:
                handler.emit(record)
    def info(self, msg, *args):
        self.log(20, msg, *args)
    def error(self, msg, *args):
        self.log(40, msg, *args)

loggers = {}

def getLogger(name=None):
    name = name or "root"
    if name not in loggers:
        loggers[name] = Logger(name)
    return loggers[name]
"""
# The parts that both have; the journal's lines are (level, name, text).
USE = """
handler = aiologging.Handler()
logging.getLogger().addHandler(handler)
logging.getLogger().setLevel(20)
log = logging.getLogger("net")
log.info("up %d", 3)
log.info("100%")
log.info(42)
log.error("ä€\\ntwo lines")
handler.setLevel("error")
log.info("not written")
log.error("written")
handler.setLevel(0)
handler.setFormatter(logging.Formatter("<%(name)s> %(message)s"))
logging.getLogger().error("formatted")
handler.setFormatter(logging.Formatter("%(nothing)s"))
log.error("badly formatted")
"""
WRITTEN = [
    [20, "net", "up 3"], [20, "net", "100%"], [20, "net", "42"], [40, "net", "ä€\ntwo lines"], [40, "net", "written"],
    [40, "root", "<root> formatted"],
]


def test_logging_writes_into_the_journal(vm):
    vm.put("lib/logging.py", STAND_IN)
    out = vm.run("import aiolog, aioctl, aiologging, json, logging\naioctl.set_log(aiolog.Journal(900))\n" + USE
                 + "print(json.dumps([line[2:] for line in aioctl.journal().lines()]))").out
    *found, bad = json.loads(out)
    assert found == WRITTEN and bad[:2] == [40, "net"] and bad[2].startswith("badly formatted (KeyError")


def test_the_same_handler_with_the_real_logging(monkeypatch):
    """CPython's has the same API, and more: the handler needs no more of it."""
    monkeypatch.syspath_prepend(str(ROOT / "lib"))
    import aiologging
    from aiobase import group

    class Kept(list):
        def put(self, level, name, text):
            self.append([level, name, text])

    monkeypatch.setattr(group(), "log", Kept(), raising=False)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        exec(USE, {"logging": logging, "aiologging": aiologging})
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        found = group().log
        for name in [name for name in sys.modules if name.startswith(("aiolog", "aioctl"))]:
            del sys.modules[name]
    assert [line for line in found if line[1] in ("net", "root")][:-1] == WRITTEN
    assert found[-1][2].startswith("badly formatted (KeyError") or found[-1][2].startswith("badly formatted (ValueError")


def test_a_drop_in_for_logging(vm):
    assert lines(vm, """
import aiologging as logging
early = logging.getLogger("early")  # at its import: there is no journal yet
early.info("lost")
import aiolog, aioctl
aioctl.set_log(aiolog.Journal(900))
early.info("kept %d", 1)
early.setLevel(logging.ERROR)
early.warning("no")
early.log(logging.CRITICAL, "yes")
print(early is logging.getLogger("early"), early.getEffectiveLevel(), early.isEnabledFor(logging.INFO))
logging.basicConfig(level=logging.DEBUG, format="%(message)s")
logging.debug("of the root")
try: 1 / 0
except Exception as e: logging.exception("it failed", exc_info=e)
class Own:
    def info(self, text): print("own", text)
*found, traced = [line[2:] for line in aioctl.journal().lines()]
print(*found, traced[2].endswith("ZeroDivisionError: divide by zero"), sep="\\n")
aioctl.set_log(Own())
logging.info("to %s", "somebody's")
""") == [
        "True 40 False", "(20, 'early', 'kept 1')", "(50, 'early', 'yes')", "(10, 'root', 'of the root')",
        "(40, 'root', 'it failed')", "True", "own [root] to somebody's",
    ]


def test_a_logger_that_writes_to_itself_ends(vm):
    vm.put("lib/logging.py", STAND_IN)
    assert lines(vm, """
import aioctl, aiologging, logging
log = logging.getLogger()
log.addHandler(aiologging.Handler())
aioctl.set_log(log)
log.error("nowhere")
aiologging.getLogger("x").error("nowhere either")
aioctl.set_log(aiologging.getLogger("y"))
aiologging.getLogger("x").error("to y, which has no journal")
aiologging.getLogger("y").error("nowhere either")
print("end")
""") == ["end"]


@pytest.mark.parametrize("made", [
    'aiolog.Logger(ring, "x", "debug")', 'Tagged(ring, "x")', 'Tagged(Own(), "x")', 'logging.getLogger("x")', "logging",
    "service.log", "own.log", "given.log",
])
def test_warn_is_warning(vm, made):
    assert lines(vm, f"""
import aiolog, aioctl, aiologging as logging
from aioclass import Service
from aiolog.tagged import Tagged
class Own:
    def warning(self, text): ring.put(30, "own", text)
ring = aiolog.Journal(500)
aioctl.set_log(ring)
service = Service("x")
given = Service("x"); given.add_logger(ring, "info", service_logger=True)
aioctl.set_log(Own()); own = Service("x"); own.log; aioctl.set_log(ring)
log = {made}
log.warn("hot: %d", 80)
log.warn("100%")
log.setLevel("error") if log is not logging else log.basicConfig(level=logging.ERROR)
log.warn("not written")
print([line[2] for line in ring.lines()], [line[4].rpartition("] ")[2] for line in ring.lines()])
""") == ["[30, 30] ['hot: 80', '100%']"]


# -- docs/journal.md ----------------------------------------------------------

PAGE = (ROOT / "docs/journal.md").read_text()


def fenced(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.S).group(1)


def test_the_program_of_the_page(vm):
    vm.put("lib/logging.py", STAND_IN + "\nINFO = 20\n")
    assert lines(vm, "import aiolog, aioctl\naioctl.set_log(aiolog.Journal(900))\n" + fenced("python")
                 + "print(*aioctl.journal().lines())") == ["(0, 0, 20, 'net', 'up after 3 s')"]


def test_the_default_rate_is_what_the_page_says():
    text = (ROOT / "lib/aiolog/logger.py").read_text()
    found = [int(re.search(rf"{name} = const\((\d+)\)", text).group(1)) for name in ("_LINES", "_SECONDS")]
    assert f"`{json.dumps(found)}` where nothing is said" in PAGE
