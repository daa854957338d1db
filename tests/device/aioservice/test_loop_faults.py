"""What is no Exception, in every place where a service may raise it: it is that service's failure or is named, everybody
else runs on, and each cleanup() runs once."""
import pytest
from support.loops import TOLD

# What is no Exception, and how a service comes to meet it.
KINDS = """
class Own(BaseException):
    pass

KINDS = (SystemExit, GeneratorExit, KeyboardInterrupt, Own)

class Beat(Lab):
    beats = 0

    async def task(self):
        while True:
            self.beats += 1
            await asyncio.sleep_ms(5)

class Bad(Lab):
    restart = "no"
    kind = way = None

    async def late(self):
        await asyncio.sleep_ms(1)
        raise self.kind("late")

    async def nap(self):
        await asyncio.sleep_ms(30)

    async def held(self):
        try:
            await asyncio.sleep(100)
        finally:
            raise self.kind("at its end")
"""
# Each as the body of task(): the service fails with the error itself, whoever it goes through.
WAYS = {
    "wait_for": "await asyncio.wait_for(self.late(), 5)",
    "nested wait_for": "await asyncio.wait_for(asyncio.wait_for(self.late(), 5), 7)",
    "gather": "await asyncio.gather(self.nap(), self.late())",
    "two in a gather": "await asyncio.gather(self.late(), self.late())",
    "an awaited task": "await asyncio.create_task(self.late())",
    "a task awaited later": "t = asyncio.create_task(self.late()); await asyncio.sleep_ms(10); await t",
    "a return_exceptions": "found = await asyncio.gather(self.late(), return_exceptions=True); raise found[0]",
    "an end by cancellation": "t = asyncio.create_task(self.held()); await asyncio.sleep_ms(1); t.cancel(); await t",
    "wait_for's own end": "await asyncio.wait_for_ms(self.held(), 1)",
    "itself": "raise self.kind('at once')",
}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_exception_is_the_failure_of_the_service_that_awaits_it(lab, way):
    out = lab(KINDS + f"""
beat = Beat("beat")
mgr = add(beat)
await mgr.start([beat])
for kind in KINDS:
    class It(Bad):
        async def task(self):
            {WAYS[way]}
    it = It("it", kind=kind)
    add(it)
    await mgr.start([it])
    await until(it, "failed")
    was = beat.beats
    while beat.beats < was + 2:
        await asyncio.sleep_ms(1)
    print(isinstance(it.error, kind), seen().count("it cleanup"), beat.state)
""")
    if way == "wait_for's own end":  # asyncio's own wait_for takes it for the time that was over
        out = [line.replace("False", "True") for line in out]
    assert out == ["True 1 running"] * 4


PLACES = {
    "setup": "async def setup(self): note('it setup'); await asyncio.wait_for(self.late(), 5)",
    "a plain setup": "def setup(self): note('it setup'); raise self.kind",
    "cleanup": "async def task(self): pass\n        restart = 'no'\n"
               "        async def cleanup(self): note('it cleanup'); await asyncio.wait_for(self.late(), 5)",
    "on_stop": "async def on_stop(self): await asyncio.wait_for(self.late(), 5)",
    "on_error": "def task(self): raise OSError(1)\n"
                "        async def on_error(self, error): await asyncio.wait_for(self.late(), 5)",
    "a child": "async def task(self): self.add_ctask(aioctl, self.late, 'late'); await asyncio.sleep(100)",
    "a plain task": "async def task(self): asyncio.create_task(self.late()); await asyncio.sleep(100)",
    "a callback": "async def setup(self): note('it setup'); self.add_callback('stop', self.late)",
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_exception_ends_nobody_else_wherever_it_is_raised(lab, place):
    """And each cleanup() runs once for its setup()."""
    out = lab(KINDS + f"""
beat = Beat("beat")
mgr = add(beat)
await mgr.start([beat])
for kind in KINDS:
    class It(Bad):
        {PLACES[place]}
    it = It("it", kind=kind)
    add(it)
    await mgr.start([it])
    await asyncio.sleep_ms(10)  # whether it is up by then does not matter
    await mgr.stop([it])
    was = beat.beats
    while beat.beats < was + 2:
        await asyncio.sleep_ms(1)
    found = seen()
    print(found.count("it setup"), found.count("it cleanup"), it.is_active(), beat.state)
""")
    assert out == ["1 1 False running"] * 4


def test_a_task_that_nobody_awaits_is_named_in_the_journal_with_its_place(vm):
    vm.put("aioservices/services/it_service.py", """
import asyncio
from aioclass import Service

class Own(BaseException):
    pass

class It(Service):
    enabled = True

    async def spin(self, error):
        await asyncio.sleep_ms(1)
        raise error

    async def task(self):
        for error in (SystemExit(3), GeneratorExit(), KeyboardInterrupt(), Own("x" * 2000), OSError(5), ValueError("v")):
            asyncio.create_task(self.spin(error))
        await asyncio.sleep(100)

service = It("it")
""")
    out = vm.run(TOLD + """
import aioctl, aioservice, asyncio
from asyncio import core

async def main():
    await aioservice.boot()
    aioservice.init(debug=False)
    await told("task 'spin' failed", 6)
    print(aioservice.service("it").state)
    aioctl.log()
    print(core._exc_context["exception"], core._exc_context["future"])
    await aioservice.shutdown()

asyncio.run(main())
""").out.replace(".mpy", ".py")
    lines = [line for line in out.split("\n") if "spin" in line]
    assert out.startswith("running\n") and out.rstrip().endswith("None None")
    assert len(lines) == 6 and all("[ERROR] [it.service] task 'spin' failed: " in line for line in lines)
    for line, what in zip(lines, ("SystemExit: 3", "GeneratorExit", "KeyboardInterrupt", "Own: xxx", "OSError: ", "ValueError: v")):
        assert what in line and len(line) < 250
    assert lines[0].endswith("SystemExit: 3 (aioservices/services/it_service.py, line 13)")


@pytest.mark.parametrize("kind", ["SystemExit", "GeneratorExit", "KeyboardInterrupt", "Own", "ValueError"])
@pytest.mark.parametrize("way", ["asyncio.wait_for(now(), 5)", "asyncio.gather(now(), now())", "asyncio.create_task(now())"])
def test_what_somebody_takes_is_told_by_nobody_else(vm, way, kind):
    """It is there before the one that awaits it has its turn, as nothing is awaited before."""
    vm.put("aioservices/services/it_service.py", f"""
import asyncio
from aioclass import Service

class Own(BaseException):
    pass

async def now():
    raise {kind}("at once")

class It(Service):
    enabled = True

    async def task(self):
        try:
            await {way}
        except BaseException as error:
            self.log.info("taken: %r", error)
        await asyncio.sleep_ms(20)
        self.log.info("goes further")

service = It("it")
""")
    out = vm.run(TOLD + """
import aioctl, aioservice, asyncio

async def main():
    await aioservice.boot()
    aioservice.init(debug=False)
    await told("goes further")
    aioctl.log()
    await aioservice.shutdown()

asyncio.run(main())
""").out
    told = [line.split("[it.service] ")[1] for line in out.splitlines() if "it.service" in line]
    assert [line.replace(",)", ")") for line in told] == [f"taken: {kind}('at once')", "goes further"]


def test_a_server_goes_on_behind_a_handler_that_ends_it_all(lab):
    out = lab(TOLD + """
import sys
add()
async def handle(reader, writer):
    line = await reader.readline()
    if line == b"exit\\n":
        sys.exit()
    writer.write(line)
    await writer.drain()
    writer.close()
for port in range(47000, 48000):
    try:
        server = await asyncio.start_server(handle, "127.0.0.1", port)
        break
    except OSError:
        pass
for text in (b"exit\\n", b"exit\\n", b"again\\n"):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    await writer.drain()
    if text != b"exit\\n":
        print(await reader.readline())
    writer.close()
await told("task 'handle' failed", 2)
server.close()
await server.wait_closed()
aioctl.log()
""")
    assert out[0] == "b'again\\n'"
    assert len([line for line in out if "[asyncio] task 'handle' failed: SystemExit" in line]) == 2


def test_an_exception_handler_of_ones_own_is_the_one_that_is_called(lab):
    assert lab("""
heard = []
asyncio.get_event_loop().set_exception_handler(lambda loop, context: heard.append(repr(context["exception"])))
async def spin(error):
    raise error
asyncio.create_task(spin(SystemExit(4)))
asyncio.create_task(spin(OSError(4)))
while len(heard) < 2:
    await asyncio.sleep_ms(1)
print(sorted(heard))
aioctl.log()
""") == ["['OSError(4,)', 'SystemExit(4,)']"]


def test_the_task_of_the_loop_itself_still_ends_it(vm):
    out = vm.run("""
import aioctl, asyncio
for error in (SystemExit(1), GeneratorExit(), KeyboardInterrupt(), OSError(1)):
    async def main():
        await asyncio.sleep_ms(1)
        raise error
    try:
        asyncio.run(main())
    except BaseException as e:
        print(repr(e), asyncio.core.cur_task)
async def fine():
    await asyncio.sleep_ms(1)
    return 7
print(asyncio.run(fine()))
""").out
    assert out == "SystemExit(1,) None\nGeneratorExit() None\nKeyboardInterrupt() None\nOSError(1,) None\n7\n"
