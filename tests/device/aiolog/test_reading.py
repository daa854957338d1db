"""How people read the journal: log and follow. On the real VM."""
import json
import random
import re

import pytest
from support.journal import JOURNAL, Model, lines

# aioctl.log and follow
LOGS = JOURNAL + """
import asyncio
import aiolog.show
from aiobase import group

logs = sys.modules["aiolog.show"]
group().log = j
"""


def test_log_prints_lines_with_their_time(vm):
    out = lines(vm, LOGS + """
log.info("LED 3 toggled!")
print("printed", file=j)
j.put(40, "a", "one\\ntwo")
logs.log()
""")
    stamp = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(stamp + r" \[INFO\] \[hello.service\] LED 3 toggled!", out[0])
    assert re.fullmatch(stamp + r" \[INFO\] printed", out[1])
    assert re.fullmatch(stamp + r" \[ERROR\] \[a\] one", out[2])
    assert out[3] == "    two"


def test_log_shows_uptime_while_the_clock_is_not_set(vm):
    assert lines(vm, LOGS + """
logs.wall = lambda up: up
log.warning("hot")
j.put(5, "x", "low"); j.put(99, "x", "high")
logs.log()
""") == ["[    7 s] [WARNING] [hello.service] hot",
         "[    7 s] [DEBUG] [x] low", "[    7 s] [CRITICAL] [x] high"]


def test_log_selects_by_pattern_level_and_last(vm):
    assert lines(vm, LOGS + """
import io

logs.line_text = lambda line, base: line[4]
j.put(10, "web", "GET /a?b[1]")
j.put(20, "wifi", "up 100%")
j.put(30, "wifi", "down")
j.put(40, "web", "PUT /a.b")

def show(*args, **kwargs):
    out = io.StringIO()
    logs.log(*args, file=out, **kwargs)
    print(out.getvalue().split("\\n")[:-1])

show("wifi")
show("w*a")
show("we*/a*")
show("[1]")
show("a.b")
show("100%")
show("zz")
show(level="warning")
show(last=1)
show("wifi", last=1)
show("wifi", last=9, level=20)
show(last=0)
show(name="wifi")
show("u", name="w*", level=30)
j.put(20, "wifi.service", "wifi service")
j.put(20, "wifi.service.scan", "scan")
j.put(20, "wifix", "wifi x")
show(name="wifi", last=3)
show(name="wifi.service")
show(name="wifi.service.scan")
show(name="*.scan")
show(name="scan")
show(last=-1)
show(journal=aiolog.Journal(100))
""") == [
        "['up 100%', 'down']",
        "['GET /a?b[1]', 'PUT /a.b']",
        "['GET /a?b[1]', 'PUT /a.b']",
        "['GET /a?b[1]']",
        "['PUT /a.b']",
        "['up 100%']",
        "[]",
        "['down', 'PUT /a.b']",
        "['PUT /a.b']",
        "['down']",
        "['up 100%', 'down']",
        "[]",
        "['up 100%', 'down']",
        "[]",
        "['down', 'wifi service', 'scan']",
        "['up 100%', 'down', 'wifi service', 'scan']",
        "['scan']",
        "['scan']",
        "[]",
        "[]",
        "[]",
    ]


def test_no_journal_is_an_empty_answer(vm):
    assert lines(vm, """
import aioctl
import asyncio
aioctl.set_log(None)
aioctl.log()
asyncio.run(aioctl.follow())
print("end")
""") == ["end"]


FOLLOW = LOGS + """
import io

logs.line_text = lambda line, base: line[4]
out = io.StringIO()

def said():
    return out.getvalue().split("\\n")[:-1]
"""


def test_follow_prints_what_is_there_and_what_comes(vm):
    assert lines(vm, FOLLOW + """
async def main():
    log.info("before")
    a = asyncio.create_task(logs.follow(file=out))
    other = io.StringIO()
    b = asyncio.create_task(logs.follow("x", "error", file=other))
    for i in range(30):
        log.info("line %d", i)
        if i % 3 == 0:
            log.error("x%d", i)
        await asyncio.sleep_ms(i % 4 * 2)
    await asyncio.sleep_ms(50)
    expected = ["before"]
    for i in range(30):
        expected += ["line %d" % i] + (["x%d" % i] if i % 3 == 0 else [])
    print(said() == expected, other.getvalue().split("\\n")[:-1] == ["x%d" % i for i in range(0, 30, 3)])
    a.cancel()
    b.cancel()
    await asyncio.sleep_ms(5)
    log.info("after")
    await asyncio.sleep_ms(5)
    print(said()[-1])
asyncio.run(main())
""") == ["True True", "line 29"]


def test_follow_by_name_from_the_last_lines_on(vm):
    assert lines(vm, FOLLOW + """
async def main():
    for i in range(5):
        j.put(20, "a.service", "a%d" % i)
        j.put(20, "b.service", "b%d" % i)
    a = asyncio.create_task(logs.follow(name="a", last=2, file=out))
    other = io.StringIO()
    b = asyncio.create_task(logs.follow(last=0, file=other))
    await asyncio.sleep_ms(5)
    j.put(20, "b.service.child", "b5")
    j.put(20, "a.service.child", "a5")
    await asyncio.sleep_ms(5)
    print(said(), other.getvalue().split("\\n"))
asyncio.run(main())
""") == ["['a3', 'a4', 'a5'] ['b5', 'a5', '']"]


FILTERS = """
import io
import json
import sys
import aiolog
import aiolog.show
logs = sys.modules["aiolog.show"]
logs.line_text = lambda line, base: str(line[0])
f = open("ops.json")
j = aiolog.Journal(int(f.readline()), int)
for op in f:
    op = json.loads(op)
    if len(op) == 3:
        j.put(*op)
    else:
        out = io.StringIO()
        logs.log(op[0], op[1], op[2], file=out, journal=j, name=op[3])
        print(" ".join(out.getvalue().split()))
"""


def glob(pattern, text, whole):
    found = ".*".join(re.escape(part) for part in pattern.split("*"))
    return bool((re.fullmatch if whole else re.search)(found, text, re.S))


@pytest.mark.parametrize("seed", range(10))
def test_filters_agree_with_a_model(vm, seed):
    rng = random.Random(seed)
    names = ["a", "a.service", "b.service", "b.service.x", "ab.service", "[", "ä*"]
    patterns = ["", "", "a", "x*y", "*", "[b", "] a", "ä", "**", "a*"]
    model, ops, expected = Model(rng.choice([200, 1000])), [], []
    for _ in range(200):
        if rng.random() < 0.7:
            op = [rng.choice([10, 20, 30, 40]), rng.choice(names), "".join(rng.choices("axyä*b ", k=rng.randrange(9)))]
            model.put(*op)
        else:
            name = rng.choice([None, None, "a", "b.service", "b*", "*x", "*"])
            op = [rng.choice(patterns), rng.choice([None, "info", 30]), rng.choice([None, None, 0, 1, 3, 99]), name]
            fit = [str(line[0]) for line in model.shown()
                   if line[2] >= {None: 0, "info": 20, 30: 30}[op[1]]
                   and glob(op[0], f"[{line[3]}] {line[4]}", False)
                   and (name is None or any(glob(name.removesuffix(".service") + end, line[3], True)
                                            for end in ("", ".service", ".service.*")))]
            expected.append(" ".join(fit[max(len(fit) - op[2], 0):] if op[2] is not None else fit))
        ops.append(op)
    vm.put("ops.json", "\n".join([str(model.size), *map(json.dumps, ops)]))
    assert vm.run(FILTERS).out.split("\n")[:-1] == expected


def test_follow_says_how_much_it_missed(vm):
    assert lines(vm, FOLLOW + """
async def main():
    task = asyncio.create_task(logs.follow(file=out))
    await asyncio.sleep_ms(5)
    for i in range(100):
        log.info("line %d", i)
    await asyncio.sleep_ms(50)
    shown = said()
    print(shown[0], shown[1], shown[-1], len(shown))
asyncio.run(main())
""") == ["... 86 lines overwritten line 86 line 99 15"]


def test_follow_costs_nothing_while_nothing_comes(vm):
    assert lines(vm, FOLLOW + """
async def main():
    task = asyncio.create_task(logs.follow(file=out))
    await asyncio.sleep_ms(5)
    real = j.lines
    calls = []
    logs.matches = lambda *args: calls.append(1)
    await asyncio.sleep_ms(100)
    print(calls, j.event.is_set())
asyncio.run(main())
""") == ["[] False"]
