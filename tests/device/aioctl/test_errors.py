"""What is kept and raised again of errors, whatever they carry."""
from __future__ import annotations

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
