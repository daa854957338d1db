"""What is kept, told and raised again of errors: whatever they carry, however long they are, whatever they say."""
from __future__ import annotations

import json
import random
import re

import pytest

FAT = """
import gc

def used():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()

class Fat(Lab):
    failures = 2
    async def task(self):
        await asyncio.sleep_ms(1)
        if self.failures:
            self.failures -= 1
            self.boom()
        note(self.name, "again")
        await asyncio.sleep(1000)
"""
# Ways to carry 30 kB; each is the body of boom().
CARRIERS = {
    "argument": 'raise ValueError("bad reply", bytearray(30000))',
    "attribute": 'e = OSError(5); e.data = bytearray(30000); raise e',
    "own class": 'raise Own()',
    "text": 'raise ValueError("HTTP 500: " + "x" * 30000)',
    "cause": 'e = RuntimeError("late"); e.__cause__ = ValueError(bytearray(30000)); raise e',
    "frame": 'reply = bytearray(30000); raise ValueError(5)',
    "nested": 'raise ValueError([{"a": (1, bytearray(30000))}])',
    "service": 'import aiobase.errors; raise aiobase.errors.ServiceError("x", bytearray(30000))',
}
OWN = """
class Own(Exception):
    def __init__(self):
        super().__init__("own")
        self.buffer = bytearray(30000)
class Carrier(Exception):  # attributes are for classes of one's own
    pass
"""


def carrier(body: str) -> str:
    return body.replace("e = OSError(5);", 'e = Carrier("x");').replace("e = RuntimeError", "e = Carrier")


@pytest.mark.parametrize("how", CARRIERS)
def test_nothing_that_an_error_carries_outlives_its_handling(lab, how):
    out = lab(OWN + FAT + f"""
class Carries(Fat):
    def boom(self):
        {carrier(CARRIERS[how])}
a = Carries("a", restart={{"delay": 0.2}})
b = Lab("b", fail=1, restart={{"delay": 0.01}})  # what handling an error loads is there
await add(a, b).start([b])
await until(b, "running")
print(repr(b.error)[:7])
base = used()
await aioservice.start("a")
await until(a, "restarting")
await asyncio.sleep_ms(20)
held = used()
await until(a, "starting"); await until(a, "running")
while "a again" not in LOG:
    await asyncio.sleep_ms(5)
print(held - base < 20000, used() - base < 20000, isinstance(a.error, Exception), isinstance(a.first, Exception))
a.error = a.first = None
print(a.error, a.first)
""")
    assert out == ["OSError", "True True True True", "None None"]


def test_a_service_short_of_memory_gets_what_the_error_of_another_one_carried(vm):
    """And in one piece: what is kept does not lie in the middle of it."""
    vm.put("aioservices/services/upload_service.py", """
import asyncio
from aioclass import Service
class Upload(Service):
    enabled = True
    replies = 0
    async def task(self):
        self.replies += 1
        if self.replies <= 2:
            reply = bytearray(45000)
            raise ValueError("bad reply", reply)
        print("works again")
        self.deps["cam"].seen.set()
        await asyncio.sleep(1000)
    restart = {"delay": 0.1}
    require = "cam"
service = Upload("upload")
""")
    vm.put("aioservices/services/cam_service.py", """
import asyncio, gc, aioservice
from aioclass import Service
class Cam(Service):
    enabled = True
    async def setup(self):
        self.seen = asyncio.Event()
    async def task(self):
        await self.seen.wait()
        gc.collect()
        frame = bytearray(80000 if gc.mem_alloc() + gc.mem_free() < 250000 else 160000)
        print("has its frame", type(aioservice.service("upload").error).__name__)
        frame = None
        self.manager.quit.set()
service = Cam("cam")
""")
    assert vm.run("import aioservice; aioservice.run()").out.split("\n")[-3:-1] == [
        "works again", "has its frame ValueError"]


@pytest.mark.parametrize("error, kind, args", [
    ("OSError(113)", "OSError", "(113,)"),
    ("OSError(5, 'gone')", "OSError", "(5,)"),
    ("OSError('text')", "OSError", "('text',)"),
    ("ValueError('bad', 7)", "ValueError", "(\"('bad', 7)\",)"),
    ("KeyError('x')", "KeyError", "('x',)"),
    ("ValueError()", "ValueError", "()"),
    ("Picky('a', 'b')", "ServiceError", "('Picky: a and b',)"),
    ("Grim(1)", "ServiceError", "('Grim: grim',)"),
    ("SystemExit(3)", "SystemExit", "(3,)"),
    ("ValueError(10 ** 40)", "ValueError", "('1" + "0" * 40 + "',)"),
    ("Deep(4)", "Deep", "(4,)"),
])
def test_what_is_raised_again_is_fresh_and_of_the_same_class(lab, error, kind, args):
    """Each time; with its errno or its text, or ServiceError with class and text where the class makes none of these."""
    out = lab(f"""
class Picky(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)
    def __str__(self):
        return "%s and %s" % self.args
class Grim(Exception):
    made = 0
    def __init__(self, n):
        super().__init__(n)
        Grim.made += 1
        if Grim.made > 1:
            raise SystemExit
    def __str__(self):
        return "grim"
class Deep(OSError):
    pass
class Boom(Lab):
    def on_error(self, error):
        note(repr(error) == repr(self.boom), error is self.boom)
    async def task(self):
        self.boom = {error}
        raise self.boom
a = Boom("a", restart="no")
await add(a).start([a]); await until(a, "failed")
seen_ = []
for _ in range(3):
    try:
        await a.wait_for_shutdown()
    except BaseException as e:
        seen_.append(e)
print(type(seen_[0]).__name__, seen_[0].args, len(set([id(e) for e in seen_])), type(a.error).__name__, LOG[-2:])
async def task():
    raise {error}
Grim.made = 0
aioctl.add(task)
await asyncio.sleep_ms(5)
print(type(aioctl.group().tasks["task"].error).__name__, aioctl.result("task").args)
""")
    assert out == [f"{kind} {args} 3 {kind} ['True True', 'a cleanup']", f"{kind} {args}"]


def test_an_error_that_its_own_hook_returns_is_not_kept_as_a_result(lab):
    out = lab(FAT + """
class Gives(Lab):
    def on_error(self, error):
        return error if self.name != "c" else RuntimeError(error)
    async def task(self):
        raise ValueError("bad", bytearray(30000))
async def fails(n):
    raise ValueError(n, bytearray(30000))
for names in ("a", "bcd"):
    before = used()
    for name in names:
        a = Gives(name, restart="no")
        await add(a).start([a]); await until(a, "failed")
        aioctl.add(aioctl.aiotask(fails), 0, on_error=lambda e, n: e)
        a = None
        await asyncio.sleep_ms(10)
print(used() - before < 6000, repr(aioctl.result("fails"))[:20])
""")
    assert out == ["True ValueError(\"(0, byte"]


def test_a_healthy_minute_leaves_nothing_of_the_failures_before(lab):
    """Of all kinds; while it runs again, but not for that long, it is there."""
    out = lab("""
import aioclass.heal as heal
import aioschedule
sleep = asyncio.sleep
minutes = []
class Asyncio:  # in which a minute passes when it is told to
    create_task = asyncio.create_task
    async def sleep(seconds):
        event = asyncio.Event()
        minutes.append(event)
        await event.wait()
heal.asyncio = Asyncio
def pass_(seconds):
    aioschedule.clock[0] += seconds
    for event in minutes:
        event.set()
    minutes.clear()
a = Lab("a", fail=2, restart={"delay": 0.01}); b = Component("b", fail=1, restart={"delay": 0.01})
c = Once("c", fail=1, restart={"delay": 0.01}, type="core.service")
d = Lab("d", fail=99, restart={"delay": 100})
await add(a, b, c, d).start([a, b, c, d])
await until(a, "running"); await until(b, "running"); await until(c, "done")
print([repr(s.error)[:7] for s in (a, b, c, d)], a.series, repr(a.first)[:7])
await sleep(0)
pass_(30)
await sleep(0.02)
print([repr(s.error)[:7] for s in (a, b, c, d)])
pass_(31)
await sleep(0.02)
print([s.error for s in (a, b, c)], a.first, a.series, a.delay, repr(d.error)[:7], minutes)
""")
    assert out == ["['OSError', 'OSError', 'OSError', 'OSError'] 2 OSError", "['OSError', 'OSError', 'OSError', 'OSError']",
                   "[None, None, None] None 0 0 OSError []"]


LONG = """
import asyncio
from aioclass import Service
class Bad(Service):
    enabled = True
    restart = "no"
    async def task(self):
        raise {error}
service = Bad("bad")
"""
TICK = """
import asyncio
from aioclass import Service
class Tick(Service):
    enabled = True
    async def task(self):
        await asyncio.sleep(1000)
{more}
service = Tick("zed")
"""
READ = """
import asyncio, json, sys, aioctl, aioservice
async def main():
    aioservice.init(debug=False)
    await asyncio.sleep_ms(30)
    aioctl.status(debug=True)
    aioctl.status("bad.service")
    aioservice.status(); aioservice.status("bad"); aioservice.list()
    aioservice.traceback("bad"); aioctl.traceback()
    aioctl.log(); aioctl.result("*"); aioctl.result_all()
    aioservice.blame(); aioservice.tree(); aioservice.check()
    print(json.dumps(aioservice.snapshot()))
    print(aioctl.result("bad"))
    sys.stdout.write("END" + chr(10))
asyncio.run(main())
"""


@pytest.mark.parametrize("error", [
    'ValueError("HTTP 500: " + "x" * 30000)',
    'ValueError(["x" * 15000, "y" * 15000])',
    'ValueError(list(range(3000)))',
    'OSError("ä" * 15000)',
    'KeyError(b"z" * 30000)',
])
def test_an_error_of_30_kb_is_read_by_everybody(vm, error):
    """A full heap: none of it is made whole a second time."""
    vm.put("aioservices/services/bad_service.py", LONG.format(error=error))
    vm.put("aioservices/services/zed_service.py", TICK.format(more=""))
    found = vm.run(READ, heap="128k" if vm.bits == 32 else "256k").out
    assert found.endswith("END\n") and "zed.service" in found
    texts = [line for line in found.split("\n") if "Error" in line]
    assert len(texts) >= 6 and max(map(len, texts)) < 600
    told = [line for line in texts if line.startswith("[ FAIL ]")]
    assert all(line.endswith("…") and 200 < len(line.split("failed: ")[1]) <= 201 for line in told)


ODD = [
    r"b'\xff\xfe'", r"'\x00\x01\x1b[2J\x04'", r"'\ud800'", r"'a\nb\r\nc'", r"'\x85\u2028\u2029'", "'…' * 300",
    "Mute()", "Exits()", "Lies()", "Loop()", "nest(500)", "BAD", "BAD * 100", "[BAD, BAD]", "{BAD: BAD}", "Huge()",
]
HELP = r"""
exec(b"BAD = 'ab\xff\xc3(\x80cd'")
exec(b"class W\xffrong(Exception): pass\nWrong = W\xffrong")
class Mute:
    def __repr__(self):
        raise ValueError("no text")
    __str__ = __repr__
class Exits:
    def __repr__(self):
        raise SystemExit
    __str__ = __repr__
class Lies:
    def __repr__(self):
        return 5
    __str__ = __repr__
class Loop:
    def __repr__(self):
        return repr(self)
    __str__ = __repr__
class Huge:
    def __repr__(self):
        return "h" * 20000
    __str__ = __repr__
class Shy(Exception):
    def __str__(self):
        raise KeyboardInterrupt
class Own(Exception):
    def __str__(self):
        return BAD
def nest(n):
    made = []
    for _ in range(n):
        made = [made]
    return made
"""


def odd_errors(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    kinds = ["ValueError", "OSError", "Wrong", "Shy", "Own", "KeyError", "SyntaxError", "StopIteration", "SystemExit"]
    made = []
    for _ in range(count):
        args = ", ".join(rng.choice([*ODD, "5", "'text'"]) for _ in range(rng.choice((0, 1, 1, 1, 2))))
        made.append(f"{rng.choice(kinds)}({args})")
    return made


@pytest.mark.parametrize("seed", range(4))
def test_whatever_an_error_says_every_reader_goes_on(vm, seed):
    errors = [f"{kind}({text})" for kind, text in zip(["ValueError", "Wrong", "Own", "OSError"] * 4, ODD)][seed::4]
    errors += odd_errors(seed, 6)
    print("errors:", errors)
    for number, error in enumerate(errors):
        vm.put(f"aioservices/services/e{number}_service.py", HELP + LONG.format(error=error).replace(
            'Bad("bad")', f'Bad("e{number}")').replace("import asyncio", "import asyncio  # noqa"))
        text = ODD[number % len(ODD)]
        more = f"    info = {text}\n    def show(self):\n        return {text}\n    def __repr__(self):\n        return {text}"
        vm.put(f"aioservices/services/z{number}_service.py", HELP + TICK.format(more=more).replace(
            '"zed"', f'"z{number}"'))
    found = vm.run(READ.replace('"bad.service"', '"e0.service"').replace('"bad"', '"e1"'), timeout=60,
                   heap="1m").out
    assert found.endswith("END\n")
    for number in range(len(errors)):
        assert f" e{number}.service" in found and f" z{number}.service" in found
    assert "Wrong" not in errors[0] or "W?rong" in found


@pytest.mark.parametrize("bad", [b"undef\xffned_x", b"\xff" * 11, b"\xc3(defined_x"[:11], b"\x80ndefined_x"])
def test_a_damaged_file_with_a_name_that_is_no_text_is_told(vm, bad):
    """The boot goes on; its error holds a name that no text may have."""
    name = b"undefined_x"
    binary = vm.put("aioservices/services/bad_service.py", "undefined_x.y\n", compile=True)
    data = binary.read_bytes()
    assert data.count(name) == 1
    binary.write_bytes(data.replace(name, bad.ljust(len(name), b"\xfe")))
    vm.put("aioservices/services/zed_service.py", TICK.format(more=""))
    out = vm.run("""
import asyncio, json, aioctl, aioservice
async def main():
    print(await aioservice.boot())
    aioservice.init()
    await asyncio.sleep_ms(30)
    aioservice.status(); aioservice.traceback("bad"); aioctl.log(); aioservice.check()
    print(json.dumps(aioservice.snapshot()["failed"]))
asyncio.run(main())
""").out
    assert "not loaded: Error: NameError" in out and "zed.service from" in out and "NameError: name '" in out


def test_the_message_of_an_import_error_is_in_its_line(vm):
    vm.put("aioservices/services/bad_service.py", "import bme280\n")
    vm.put("aioservices/services/worse_service.py", "1 / 0\n")
    out = vm.run("import aioservice\naioservice.load('bad'); aioservice.load('worse')").out
    assert "not loaded: Error: ImportError: no module named 'bme280'\n" in out
    assert out.endswith("not loaded: Error: ZeroDivisionError\n")


@pytest.mark.parametrize("state", ["running", "restarting", "scheduled"])
def test_an_old_failure_stands_with_its_time_and_apart(lab, state):
    out = lab(f"""
import json
a = Lab("a", fail=1, restart={{"delay": 30 if "{state}" == "restarting" else 0.01}})
if "{state}" == "scheduled":
    a.schedule = {{"start_in": 0, "repeat": 100}}; a.type = "schedule.service"
    async def task(): pass
    a.task = task
await add(a).start([a])
while a.error is None:
    await a.changed()
await until(a, "{state}")
a.module = type("M", (), {{"__file__": "a.py"}})
aioservice.status("a")
print("-")
aioservice.status()
found = aioservice.snapshot()["services"][0]
print("error" in found, found.get("last_error", "?")[:7], found.get("failed_at"))
aioservice.traceback("a")
""")
    at = out.index("-")
    assert at == 1
    if state == "restarting":
        assert " failed: OSError: " in out[0] and out[2].startswith("[ FAIL ]")
        assert out[3] == "True ? None" and "that was" not in out[-1]
    else:
        assert "OSError" not in out[0] + out[2] and out[3].startswith("False OSError 0")
        assert out[-1] == "(that was 0 s ago)"


def test_describe_says_what_it_can_with_the_memory_that_is_left(vm):
    assert vm.run("""
import gc
from aiobase import describe, kept_of
import aioschedule
errors = [OSError(113), ValueError("bad reply"), ValueError(), KeyError("x"), MemoryError("m")]
[kept_of(e) for e in errors]
held = []
found = [None] * 10
size = 4096
while size >= 16:
    try:
        while True:
            held.append(bytearray(size))
    except MemoryError:
        size //= 2
for i in range(5):
    found[i] = describe(errors[i])
    found[i + 5] = kept_of(errors[i])
held = None
gc.collect()
print([type(text) is str and text.startswith(type(e).__name__) for text, e in zip(found, errors)])
print([isinstance(kept, (type, tuple)) for kept in found[5:]])
""").out == "[True, True, True, True, True]\n[True, True, True, True, True]\n"


def test_the_journal_and_status_show_local_time(vm):
    vm.put("services.config", '{"_boot": {"utc_offset": 600}}')
    vm.put("aioservices/services/zed_service.py", TICK.format(more=""))
    assert vm.run("""
import aioctl, aioschedule, aioservice, time
aioservice.load("zed")
aioctl.journal().put(20, "x", "y")
import io
from aiolog.show import line_text
line = list(aioctl.journal().lines())[-1]
shown = line_text(line, aioschedule.wall(0))
there = [aioschedule.get_datetime(time.localtime(time.time() + 36000 + d)) for d in (-2, -1, 0, 1)]
print(shown[:19] in there)
""").out.endswith("loaded\nTrue\n")


def test_next_run_has_a_date(vm):
    assert vm.run("""
import asyncio, aioschedule, time
async def main():
    aioschedule.schedule("a", print, 3600)
    text = aioschedule.next_run("a")
    there = [aioschedule.get_datetime(time.localtime(time.time() + 3600 + d)) for d in (-2, -1, 0, 1, 2)]
    print(text.split(", at ")[0], text.split(", at ")[1] in there)
asyncio.run(main())
""").out == "in 01:00:00 True\n"


FLAKY = """
import asyncio
from aioclass import Service
class Flaky(Service):
    enabled = True
    restart = {{"delay": 0}}
    ran = False
    info = {info}
    async def task(self):
        if not self.ran:
            self.ran = True
            raise {error}
        await asyncio.sleep(1000)
service = Flaky("flaky")
"""
ODD_TEXTS = [
    '"x" * 30000', r"'a\u2028b\u2029c\x85d\x0c\x1c'", r"'\x1b[2J\x04\x01\x00'", r"'\ud800\udfff'", "BAD", "Mute()", "nest(300)",
]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_svctl_reads_whatever_an_error_says(vm32, svctl, text):
    """Its lines are lines, its JSON is JSON, what a terminal obeys is not sent, and the others are there."""
    vm32.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    vm32.put("aioservices/services/bad_service.py", HELP + LONG.format(error=f"ValueError({text})"))
    vm32.put("aioservices/services/flaky_service.py",
             HELP + FLAKY.format(error=f"OSError({text})", info=text))
    vm32.put("aioservices/services/zed_service.py", TICK.format(
        more="    type = 'schedule.service'\n    schedule = {'start_in': 500}\n"))
    session = vm32.session()
    session.expect("--> ")
    for command in ("list", "status", "status bad", "status flaky", "status zed", "blame", "tree", "logs"):
        code, out, err = svctl(session.tty, *command.split())
        assert (code in (0, 3), err) == (True, ""), (command, code, out, err)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", out), command
        assert max(map(len, out.split("\n"))) < 400, command
        if command in ("list", "status"):
            assert "bad" in out and "zed" in out
        if command == "status flaky":
            assert re.search(r"\n +failed: \d+ s ago: OSError", out) and "Traceback" not in out
        if command == "status zed":
            assert re.search(r"next run: in 00:0\d:\d\d, at \d{4}-\d\d-\d\d", out)
    found = {each["name"]: each for each in json.loads(svctl(session.tty, "list", "--json")[1])}
    assert found["bad"]["error"].startswith("ValueError") and len(found["bad"]["error"]) <= 201
    assert "error" not in found["flaky"] and found["flaky"]["last_error"].startswith("OSError")


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_the_traceback_of_what_was_typed_is_bounded(vm32, text):
    vm32.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    vm32.put("lib/help.py", HELP)
    session = vm32.session()
    session.expect("--> ")
    session.line("from help import *")
    out = session.line(f"raise ValueError({text})")
    assert out.startswith("Traceback (most recent call last):\n") and "ValueError" in out and len(out) < 600
    assert "\x1b" not in out and "\4" not in out
    assert session.line("1 + 1") == "2\n"
