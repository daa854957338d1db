"""The journal, its logger, and how people read it: on the real VM."""

import json
import random
import re

import pytest

# What the scripts below share: a small journal with a clock that stands at 7.
JOURNAL = """
import aiolog
import micropython
import sys

def seven():
    return 7

j = aiolog.Journal(400, seven)
log = aiolog.Logger(j, "hello.service")

def texts():
    return [line[4] for line in j.lines()]
"""


def lines(vm, code, timeout=20):
    return vm.run(code, timeout=timeout).out.splitlines()


def test_a_line_has_number_stamp_level_name_and_text(vm):
    assert lines(vm, JOURNAL + """
j.put(20, "wifi", "up")
j.put(40, b"net", b"down \\xc3\\xa4")
print(*j.lines(), sep="\\n")
print(list(j.lines(1))[0][0], list(j.lines(2)), j.first, j.next)
""") == ["(0, 7, 20, 'wifi', 'up')", "(1, 7, 40, 'net', 'down \\xe4')", "1 [] 0 2"]


def test_oldest_whole_lines_make_room(vm):
    assert lines(vm, JOURNAL + """
for i in range(100):
    j.put(20, "n", "line %d" % i)
print(j.first, j.next, texts()[0], texts()[-1], len(texts()) == j.next - j.first)
print(400 // (8 + 1 + 7) == len(texts()))
""") == ["75 100 line 75 line 99 True", "True"]


def test_a_line_longer_than_the_ring_keeps_its_head(vm):
    assert lines(vm, JOURNAL + """
j.put(20, "n", "x" * 1000)
print(texts() == ["x" * 391 + "..."])
j.put(20, "n" * 300, "after")
print([(len(line[3]), line[4]) for line in j.lines()])
print("\\u20ac" * 500, file=j)
print(texts() == ["\\u20ac" * 130 + "..."])
j.put(20, "n", "fine")
print(texts())
""") == ["True", "[(100, 'after...')]", "True", "['fine']"]


def test_partial_writes_are_joined(vm):
    assert lines(vm, JOURNAL + """
j.source = "web"
print("a", 1, None, file=j)
print("half", end="", file=j)
print(" and half\\nnext", file=j)
j.write("")
j.write(b"\\xc3")
j.write(b"\\xa4\\r")
print(file=j)
print(file=j)
print([line[2:] for line in j.lines()])
""") == ["[(20, 'web', 'a 1 None'), (20, 'web', 'half and half'), (20, 'web', 'next'), "
         "(20, 'web', '\\xe4\\r'), (20, 'web', '')]"]


def test_a_logged_line_ends_an_unfinished_one(vm):
    assert lines(vm, JOURNAL + """
print("dots ..", end="", file=j)
log.info("meanwhile")
print("..", file=j)
print(texts())
""") == ["['dots ..', 'meanwhile', '..']"]


def test_bytes_that_are_no_text_do_no_harm(vm):
    assert lines(vm, JOURNAL + """
j.put(20, b"\\xff\\xfe", b"a\\xffb")
j.put(20, "n", b"\\x80" * 600)
print(texts()[-1][:3], j.next)
j = aiolog.Journal(400)
j.put(20, b"\\xff\\xfe", b"a\\xffb\\x00c")
print(list(j.lines()))
""") == ["??? 2", "[(0, 0, 20, '', 'a?b\\x00c')]"]


def test_print_exception_writes_into_it(vm):
    assert lines(vm, JOURNAL + """
def fail():
    1 / 0

try:
    fail()
except ZeroDivisionError as e:
    sys.print_exception(e, j)
print(len(texts()), texts()[0], texts()[-1])
""") == ["4 Traceback (most recent call last): ZeroDivisionError: divide by zero"]


def test_reading_survives_writing(vm):
    assert lines(vm, JOURNAL + """
for i in range(20):
    j.put(20, "n", "line %d" % i)
seen = []
for number, _, _, _, text in j.lines():
    seen.append(number)
    assert text == "line %d" % number
    for i in range(3):
        j.put(20, "n", "line %d" % j.next)
print(seen == sorted(set(seen)), seen[0], seen[-1], j.next - j.first)
""") == ["True 0 19 25"]


def test_an_interrupted_write_harms_no_other_line(vm):
    assert lines(vm, JOURNAL + """
class Ring:
    def __init__(self, ring, left):
        self.ring = ring
        self.left = left
    def call(self, method, *args):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return method(*args)
    def seek(self, *args):
        return self.call(self.ring.seek, *args)
    def write(self, *args):
        return self.call(self.ring.write, *args)
    def readinto(self, *args):
        return self.call(self.ring.readinto, *args)

interrupted = 0
for n in range(1, 60):
    j = aiolog.Journal(150, seven)
    for i in range(n):
        j.put(20, "n", "line %d" % i)
    ring = j.ring
    j.ring = Ring(ring, n)
    try:
        j.put(20, "name", "a long text " * (n // 6))
        print("half", file=j)
    except KeyboardInterrupt:
        interrupted += 1
    j.ring = ring
    for i in range(n % 7):
        j.put(20, "n", "line %d" % i)
    found = list(j.lines())
    used = sum(8 + len(name) + len(text.rstrip(".")) for _, _, _, name, text in found)
    if used > 150 or [line[0] for line in found] != list(range(j.first, j.next)):
        print("wrong", n, found)
    for _, stamp, level, name, text in found:
        if (stamp, level) != (7, 20) or not (text[:4] in ("line", "half", "a lo", "")):
            print("wrong", n, found)
print(interrupted > 20)
""") == ["True"]


def test_writing_allocates_nothing(vm):
    assert lines(vm, JOURNAL + """
j.put(20, "n", "x")
before = j.next
umlauts = "sechzig Zeichen, \\u00e4\\u00f6\\u00fc\\u20ac und so weiter, bis die Zeile voll ist: Ende"
raw = b"raw bytes are a text as well"

def work():
    for _ in range(50):
        log.info("sixty bytes: a line as long as most that a service writes.")
        log.error(umlauts)
        log.debug("not written")
        j.put(30, "n", raw)
        j.put(30, "n", umlauts)

micropython.heap_lock()
work()
micropython.heap_unlock()
print(j.next - before, texts()[-1] == umlauts)
""") == ["200 True"]


def test_a_follower_is_woken_without_allocating(vm):
    assert lines(vm, JOURNAL + """
import asyncio

async def main():
    j.event = asyncio.Event()
    woken = []
    async def wait():
        await j.event.wait()
        woken.append(j.next)
    task = asyncio.create_task(wait())
    await asyncio.sleep_ms(0)
    micropython.heap_lock()
    j.put(20, "n", "x")
    micropython.heap_unlock()
    await task
    print(woken)
asyncio.run(main())
""") == ["[1]"]


def test_levels(vm):
    assert lines(vm, JOURNAL + """
print([aiolog.level(x) for x in ("debug", "INFO", "Warning", "error", "CRITICAL", 15)])
try:
    aiolog.level("loud")
except ValueError as e:
    print(e)
log.setLevel("warning")
log.debug("d"); log.info("i"); log.warning("w"); log.error("e"); log.critical("c")
log.log(25, "no"); log.log(35, "yes %d", 1)
print([(line[2], line[4]) for line in j.lines()], log.isEnabledFor(20), log.isEnabledFor(30))
aiolog.Logger(j, "quiet", "error").warning("no")
aiolog.Logger(None, "nowhere").error("no")
print(j.next)
""") == ["[10, 20, 30, 40, 50, 15]", "log level loud: debug, info, warning, error or critical",
         "[(30, 'w'), (40, 'e'), (50, 'c'), (35, 'yes 1')] False True", "4"]


def test_a_bad_format_is_written_and_not_raised(vm):
    assert lines(vm, JOURNAL + """
class Bad:
    def __str__(self):
        raise OSError(5)
    __repr__ = __str__

log.info("%d dogs", "no")
log.info("too many", 1, 2)
log.info(42)
log.info("%s", Bad())
log.info(Bad())
log.info("100%")
log.info("%s %s", "a", 3)
print(texts())
""") == ["[\"%d dogs ('no',)\", 'too many (1, 2)', '42', '?', '?', '100%', 'a 3']"]


def test_exception_adds_the_traceback(vm):
    assert lines(vm, JOURNAL + """
class Bad(Exception):
    def __str__(self):
        raise OSError(5)

try:
    1 / 0
except ZeroDivisionError as e:
    log.exception("it %s", "failed", exc=e)
log.exception("alone")
log.exception("bad", exc=Bad())
for line in j.lines():
    print(line[2:])
""")[0:3:2] == ["(40, 'hello.service', 'it failed')", "(40, 'hello.service', 'alone')"]


# The journal against a model: seeds are part of the name of the test that fails.

PLAYER = """
import aiolog
import binascii
import json

now = 0
f = open("ops.json")
j = aiolog.Journal(int(f.readline()), lambda: now)
for op in f:
    op = json.loads(op)
    now += 1
    if len(op) == 1:
        j.write(binascii.unhexlify(op[0]))
    else:
        j.put(*op)
    if now % 7 == 0:
        print(json.dumps(list(j.lines())))
print(json.dumps(list(j.lines())))
"""


class Model:
    """What the journal should hold, with no ring and no bytes saved."""

    def __init__(self, size):
        self.size, self.kept, self.next, self.now = size, [], 0, 0
        self.open = None

    def add(self, text, most=65000):
        used = sum(8 + len(name) + len(text) for _, _, _, name, text, _ in self.kept)
        name, sofar, cut = self.open
        have = 8 + len(name) + len(sofar)
        most = min(most, self.size - have)
        self.open = (name, sofar + text[:most], cut or len(text) > most)
        used += have + len(text[:most])
        while used > self.size:
            used -= 8 + len(self.kept[0][3]) + len(self.kept[0][4])
            del self.kept[0]

    def begin(self, name):
        most = min(self.size // 4, 255)
        self.open = (name[:most], b"", len(name) > most)
        self.add(b"")

    def close(self, level):
        name, text, cut = self.open
        self.kept.append((self.next, self.now, level, name, text, cut))
        self.next += 1
        self.open = None

    def put(self, level, name, text):
        if self.open:
            self.close(20)
        self.begin(name.encode())
        self.add(text.encode())
        self.close(level)

    def write(self, data):
        *whole, rest = data.split(b"\n")
        for i, part in enumerate([*whole, rest]):
            if i < len(whole) or part:
                if not self.open:
                    self.begin(b"")
                self.add(part)
            if i < len(whole):
                self.close(20)

    def shown(self):
        return [[number, stamp, level, text_of(name), text_of(text) + "..." * cut]
                for number, stamp, level, name, text, cut in self.kept]


def text_of(data):
    for cut in range(4):
        try:
            return data[: len(data) - cut].decode()
        except UnicodeDecodeError:
            pass
    return "".join(chr(c) if c < 128 else "?" for c in data)


def random_text(rng, longest):
    alphabet = rng.choice(["abc \n", "aä€😀", "x", "0123456789 ÄÖÜß", "日本語テキスト\n"])
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(longest)))


def random_ops(rng):
    size = rng.choice([64, 100, 300, 777, 2000])
    ops = []
    for _ in range(150):
        longest = rng.choice([10, 60, 60, size * 2])
        if rng.random() < 0.5:
            ops.append([rng.choice([10, 20, 30, 40, 50]), random_text(rng, rng.choice([5, 20, 400])).strip(),
                        random_text(rng, longest)])
        else:
            # Characters are torn apart here; what is whole again in the end must show whole.
            data = random_text(rng, longest).encode()
            at = rng.randrange(len(data) + 1)
            ops += [[data[:at].hex()], [data[at:].hex()]]
    return size, ops


@pytest.mark.parametrize("seed", range(40))
def test_the_journal_agrees_with_a_model(vm, seed):
    size, ops = random_ops(random.Random(seed))
    vm.put("ops.json", "\n".join([str(size), *(json.dumps(op, ensure_ascii=False) for op in ops)]))
    model = Model(size)
    expected = []
    for op in ops:
        model.now += 1
        if len(op) == 1:
            model.write(bytes.fromhex(op[0]))
        else:
            model.put(*op)
        if model.now % 7 == 0:
            expected.append(model.shown())
    expected.append(model.shown())
    assert [json.loads(line) for line in vm.run(PLAYER).out.split("\n")[:-1]] == expected


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
