"""What is told of errors, however long they are, whatever they say."""
from __future__ import annotations

import json
import random
import re

import pytest

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
