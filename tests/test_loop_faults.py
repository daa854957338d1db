"""What MicroPython's event loop does not survive, in every place where a service may do it: it is that
service's failure or is named, everybody else runs on, and each cleanup() runs once."""
import re

import pytest

# Waits until a text stands in the journal that often.
TOLD = """
async def told(text, count=1):
    from aiobase import group
    while len([line for line in group().log.lines() if text in line[4]]) < count:
        await asyncio.sleep_ms(1)

"""
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


# A loop in the loop.
NESTED = {
    "run": "asyncio.run(nested())",
    "run by its own name": "from asyncio import run; run(nested())",
    "run_until_complete": "asyncio.get_event_loop().run_until_complete(nested())",
    "core's run_until_complete": "asyncio.run_until_complete(asyncio.create_task(nested()))",
    "run_forever": "asyncio.get_event_loop().run_forever()",
    "new_event_loop's": "asyncio.new_event_loop().run_until_complete(nested())",
}
REFUSED = "RuntimeError: the loop runs already; await it instead"
SERVICE = """
import asyncio
from aioclass import Service

async def nested():
    print("never printed")

def bad():
    {nested}

class It(Service):
    enabled = True
    restart = "no"

{body}

service = It("it")
"""
TICK = """
import asyncio
from aioclass import Service

class Tick(Service):
    enabled = True
    beats = 0

    async def setup(self):
        print("valve open")

    async def task(self):
        while True:
            self.beats += 1
            await asyncio.sleep_ms(5)

    async def cleanup(self):
        print("valve closed")

service = Tick("tick")
"""
MAIN = TOLD + """
import aioctl, aioservice, asyncio

async def main():
    await aioservice.boot()
    aioservice.init(debug=False)
    await told({told!r}) if {told!r} else None
    tick = aioservice.service("tick")
    was = tick.beats
    while tick.beats < was + 2:
        await asyncio.sleep_ms(1)
    await aioservice.shutdown()
    aioctl.log()
    aioservice.status()
    aioservice.traceback("it")

asyncio.run(main())
"""
HOLDS = "await asyncio.sleep(100)"
LOOP_PLACES = {
    "import": "    pass\n\nbad()",
    "constructor": "    def __init__(self, name):\n        super().__init__(name)\n        bad()",
    "setup": "    async def setup(self):\n        bad()",
    "plain setup": "    def setup(self):\n        bad()",
    "task": "    async def task(self):\n        bad()",
    "wait_for": "    async def task(self):\n        async def it(): bad()\n        await asyncio.wait_for(it(), 1)",
    "callback": "    def setup(self):\n        self.add_callback('start', bad)\n    async def task(self):\n        " + HOLDS,
    "on_stop": f"    async def task(self):\n        {HOLDS}\n    def on_stop(self):\n        bad()",
    "on_error": "    async def task(self):\n        raise OSError(1)\n    async def on_error(self, error):\n        bad()",
    "cleanup": f"    async def task(self):\n        {HOLDS}\n    async def cleanup(self):\n        bad()",
    "child": "    async def task(self):\n        import aioctl\n        async def child(): bad()\n"
             f"        self.add_ctask(aioctl, child, 'child')\n        {HOLDS}",
    "plain task": "    async def task(self):\n        async def spin(): bad()\n"
                  f"        asyncio.create_task(spin())\n        {HOLDS}",
}
# What is only reached by the stop.
FIRST = {"on_stop": "", "cleanup": ""}


@pytest.mark.parametrize("place", LOOP_PLACES)
def test_a_loop_in_the_loop_is_refused_wherever_it_is_asked_for(vm32, place):
    """As a failure of the service that asks, by file and line; nobody else is touched."""
    vm32.put("aioservices/services/tick_service.py", TICK)
    vm32.put("aioservices/services/it_service.py", SERVICE.format(nested=NESTED["run"], body=LOOP_PLACES[place]))
    out = vm32.run(MAIN.format(told=FIRST.get(place, REFUSED))).out
    assert "never printed" not in out
    assert out.count("valve open") == out.count("valve closed") == 1
    told = [line for line in out.split("\n") if REFUSED in line and "[it.service" in line]
    assert len(told) == 1 and "[asyncio]" not in out
    if place in ("import", "constructor"):
        assert "it_service" in out and "not loaded: Error: RuntimeError" in out
        assert re.search(r'File "aioservices/services/it_service.m?py", line 9', out)


@pytest.mark.parametrize("way", NESTED)
@pytest.mark.parametrize("place", ["import", "task", "cleanup"])
def test_every_way_into_a_loop_in_the_loop_is_refused(vm, way, place):
    vm.put("aioservices/services/tick_service.py", TICK)
    vm.put("aioservices/services/it_service.py", SERVICE.format(nested=NESTED[way], body=LOOP_PLACES[place]))
    out = vm.run(MAIN.format(told=FIRST.get(place, REFUSED))).out
    assert "never printed" not in out and REFUSED in out
    assert out.count("valve open") == out.count("valve closed") == 1


def test_the_manager_in_a_loop_that_began_before_it_was_imported(vm):
    """A loop in the loop is refused there, too; afterwards another loop may run."""
    vm.put("aioservices/services/tick_service.py", TICK)
    vm.put("aioservices/services/it_service.py", SERVICE.format(nested=NESTED["run"], body=LOOP_PLACES["task"]))
    inside = MAIN.replace("import aioctl, aioservice, asyncio", "import asyncio").replace(
        "async def main():", "async def main():\n    import aioctl, aioservice")
    out = vm.run(inside.format(told=REFUSED) + """
async def fails():
    raise OSError(7)
for coro in (fails(), fails()):
    try:
        asyncio.run(coro)
    except OSError as error:
        print(repr(error))
""").out
    assert "never printed" not in out and REFUSED in out
    assert out.count("OSError(7,)") == 2


def test_run_forever_still_ends_by_stop_behind_one_that_was_refused(vm):
    assert vm.run("""
import aioctl, asyncio
loop = asyncio.get_event_loop()
async def work():
    try:
        loop.run_forever()
    except RuntimeError as error:
        print(error)
    await asyncio.sleep_ms(5)
    loop.stop()
    print("asked")
asyncio.create_task(work())
loop.run_forever()
print("ended")
""").out == "the loop runs already; await it instead\nasked\nended\n"


def test_a_hundred_refused_loops_and_ended_tasks_take_no_memory(lab):
    grown = lab("""
import gc, sys
def bad():
    async def nested():
        pass
    try:
        asyncio.run(nested())
    except RuntimeError:
        pass
    asyncio.new_event_loop()
async def ends():
    await asyncio.sleep_ms(0)
    raise SystemExit
async def round_of_it():
    bad()
    asyncio.create_task(ends())
    try:
        await asyncio.wait_for(ends(), 1)
    except SystemExit:
        pass
    await asyncio.sleep_ms(1)
async def rounds(n):
    for i in range(n):
        await round_of_it()
await rounds(40)
gc.collect(); gc.collect()
was = gc.mem_alloc()
await rounds(100)
gc.collect(); gc.collect()
print(gc.mem_alloc() - was)
print(len(aioctl.tasks()))
""")
    assert int(grown[0]) <= 128 and grown[1] == "0"


# A new event loop.
NEW = "asyncio.new_event_loop()"


@pytest.mark.parametrize("place", LOOP_PLACES)
def test_a_new_event_loop_is_harmless_and_named_wherever_it_is_asked_for(vm32, place):
    vm32.put("aioservices/services/tick_service.py", TICK)
    vm32.put("aioservices/services/it_service.py", SERVICE.format(nested=f"{NEW}; {NEW}", body=LOOP_PLACES[place]))
    out = vm32.run(MAIN.format(told=FIRST.get(place, "new_event_loop"))).out
    assert out.count("valve open") == out.count("valve closed") == 1
    assert out.count("[WARNING]") == out.count("asyncio.new_event_loop(): ") == 1
    if place in ("plain setup", "task"):
        assert "[it.service] asyncio.new_event_loop(): there is one loop for all, and it goes on" in out


def test_a_library_that_makes_a_new_loop_and_runs_it_is_refused(vm):
    vm.put("aioservices/services/tick_service.py", TICK)
    vm.put("lib/web.py", "import asyncio\n\nclass App:\n    async def serve(self):\n        pass\n    def run(self):\n"
                         "        loop = asyncio.new_event_loop()\n        loop.run_until_complete(self.serve())\n")
    vm.put("aioservices/services/it_service.py", SERVICE.format(
        nested="from web import App; App().run()", body=LOOP_PLACES["task"]))
    out = vm.run(MAIN.format(told=REFUSED)).out
    assert REFUSED in out and "web.mpy" in out.replace("web.py", "web.mpy")
    assert out.count("valve open") == out.count("valve closed") == 1


def test_a_new_event_loop_between_two_loops_is_one(vm):
    assert vm.run("""
import aioctl, asyncio
async def first():
    asyncio.create_task(second("dropped"))
async def second(word):
    print(word)
asyncio.run(first())
asyncio.new_event_loop()
asyncio.run(second("second"))
""").out == "second\n"


DROPS = """
import asyncio

async def task(g=None, prompt="--> "):
    print("aiorepl here")
    await asyncio.sleep_ms(20)
    asyncio.new_event_loop()
"""


@pytest.mark.parametrize("begin", [
    "aioctl.add(aiorepl.task, name='repl')", "aioctl.add(aiorepl.task)", "aioctl.add(aiorepl.task())",
    "asyncio.create_task(aiorepl.task())", "asyncio.create_task(aioconsole.task())"])
def test_ctrl_d_of_a_prompt_still_drops_the_loop_of_ones_own_program(vm, begin):
    vm.put("lib/aiorepl.py", DROPS)
    vm.put("aioservices/services/tick_service.py", TICK)
    session = vm.session(f"""
import aioctl, aioservice, asyncio, aiorepl, aioconsole

async def main():
    await aioservice.boot()
    aioservice.init(debug=False)
    {begin}
    await asyncio.sleep(100)

asyncio.run(main())
print("left")
asyncio.run(aioservice.shutdown())
print("ended")
""")
    if "aioconsole.task()" in begin:
        session.expect("--> ")
        session.ctrl("d")
    session.expect("left")
    session.expect("ended")
    assert session.wait() == 0


# A loop that ends all the same.
ENDS = {
    "its poll fails": """
        from asyncio import core
        queue = core._io_queue
        class Fails:
            map = queue.map
            def wait_io_event(self, ms):
                core._io_queue = queue
                raise OSError(5)
        core._io_queue = Fails()
        await asyncio.sleep(100)""",
    "its poll has no memory": """
        from asyncio import core
        queue = core._io_queue
        class Fails:
            map = queue.map
            def wait_io_event(self, ms):
                core._io_queue = queue
                raise MemoryError
        core._io_queue = Fails()
        await asyncio.sleep(100)""",
    "its handler fails": """
        def handler(loop, context):
            asyncio.get_event_loop().set_exception_handler(None)
            raise ValueError("handler")
        asyncio.get_event_loop().set_exception_handler(handler)
        async def spin():
            raise OSError(7)
        asyncio.create_task(spin())
        await asyncio.sleep(100)""",
    "its main task is cancelled": """
        from aiobase import loop
        loop[0].cancel()
        await asyncio.sleep(100)""",
}
WHY = {"its poll fails": "OSError: ", "its poll has no memory": "MemoryError", "its handler fails": "ValueError: handler",
       "its main task is cancelled": "CancelledError"}
KILLER = """
import asyncio
from aioclass import Service

class Killer(Service):
    enabled = True

    async def setup(self):
        print("killer set up")

    async def task(self):
        await asyncio.sleep_ms(300)
        with open("kills", "a") as file:
            file.write("x")
        with open("kills") as file:
            if file.read() != "x":
                print("killer is good")
                await asyncio.sleep(100){body}

    async def cleanup(self):
        print("killer cleaned up")

service = Killer("killer")
"""


@pytest.mark.parametrize("how", ENDS)
def test_a_loop_that_ends_all_the_same_is_told_of_and_all_services_start_anew(vm, how):
    vm.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    vm.put("aioservices/services/tick_service.py", TICK)
    vm.put("aioservices/services/killer_service.py", KILLER.format(body=ENDS[how]))
    session = vm.session()
    session.expect("the event loop ended: " + WHY[how])
    session.expect("all services start anew")
    session.expect("--> ", 20)
    session.expect("killer is good\r\n")
    assert session.line('service("tick").state, service("killer").state') == "('running', 'running')\n"
    assert "Ctrl-C" not in session.seen
    assert "[ERROR] [aioservice] the event loop ended: " + WHY[how] in session.line('aioctl.log("ended")')
    session.ctrl("d")
    assert session.wait() == 0
    for word in ("valve open", "valve closed", "killer set up", "killer cleaned up"):
        assert session.seen.count(word) == 2, word


def test_a_real_ctrl_c_behind_a_loop_that_was_begun_anew_shuts_down(vm):
    vm.ship("boot.py", "main.py")
    vm.put("aioservices/services/tick_service.py", TICK)
    vm.put("aioservices/services/killer_service.py", KILLER.format(body=ENDS["its poll fails"]))
    session = vm.session()
    session.expect("killer is good", 20)
    session.ctrl("c")
    session.expect("Ctrl-C: shutting down")
    session.expect("valve closed")
    assert session.wait() == 0
    assert session.seen.count("valve open") == session.seen.count("valve closed") == 2


def test_a_deploy_on_trial_hears_of_a_loop_that_ended(vm):
    vm.ship("boot.py", "main.py")
    vm.put("lib/aioswitch.py", "why = None\ndef boot():\n    pass\ndef lasted():\n    return ()\n"
                               "def failed(error):\n    print('the trial heard', repr(error))\n")
    vm.put("deploy.switch", "x")
    vm.put("aioservices/services/tick_service.py", TICK)
    vm.put("aioservices/services/killer_service.py", KILLER.format(body=ENDS["its poll fails"]))
    session = vm.session()
    session.expect("valve closed")
    session.expect("the trial heard OSError")
    session.expect("killer is good", 20)
    session.ctrl("c")
    assert session.wait() == 0


def test_an_unload_that_the_end_of_the_loop_cut_off_still_has_its_cleanup(vm):
    vm.ship("boot.py", "main.py")
    vm.put("aioservices/services/tick_service.py", TICK.replace(
        "    async def cleanup(self):\n", "    async def on_stop(self):\n        await asyncio.sleep_ms(400)\n\n"
        "    async def cleanup(self):\n"))
    vm.put("aioservices/services/killer_service.py", KILLER.format(body="""
        import aioservice
        aioservice.unload("tick")""" + ENDS["its poll fails"]))
    session = vm.session()
    session.expect("killer is good", 20)
    session.ctrl("c")
    assert session.wait() == 0
    assert session.seen.count("valve open") == session.seen.count("valve closed") == 1


def test_run_in_a_loop_that_runs_is_refused_and_touches_nothing(lab):
    assert lab("""
tick = Lab("tick")
await add(tick).start([tick])
try:
    aioservice.run()
except RuntimeError as error:
    print(error)
print(tick.state, tick._life is not None if hasattr(tick, "_life") else True)
""")[0] == "the loop runs already; await it instead"


def test_asyncio_run_at_the_prompt_is_refused_in_one_line(vm):
    vm.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    session = vm.session()
    session.expect("--> ")
    session.send("async def m(): print('never printed')\r\r")
    session.expect("--> ")
    session.expect("--> ")
    for text in ("asyncio.run(m())", "asyncio.get_event_loop().run_until_complete(m())",
                 "asyncio.get_event_loop().run_forever()", "await asyncio.wait_for(asyncio.run(m()), 1)"):
        assert session.line(text) == REFUSED + "\n"
    assert session.line("await asyncio.sleep_ms(5)") == ""
    assert "never printed\r" not in session.seen


def test_tasks_that_are_nobodys_are_counted(vm):
    """What a service makes with create_task() outlives it: debug() shows that."""
    vm.put("aioservices/services/it_service.py", """
import asyncio
from aioclass import Service

class It(Service):
    enabled = True

    async def poll(self):
        while True:
            await asyncio.sleep_ms(500)

    async def child(self):
        await asyncio.sleep(100)

    runs = 0

    async def task(self):
        import aioctl
        self.add_ctask(aioctl, self.child, "child")
        asyncio.create_task(self.poll())
        self.runs += 1
        await asyncio.wait_for(self.child(), 100)

service = It("it")
""")
    out = vm.run("""
import aioctl, aioservice, asyncio

async def main():
    await aioservice.boot()
    aioctl.debug()
    aioctl.debug()
    aioservice.init(debug=False)
    for i in range(3):
        while aioservice.service("it").runs <= i:
            await asyncio.sleep_ms(1)
        if i < 2:
            await aioservice.restart("it")
    await asyncio.sleep_ms(1)
    aioctl.debug()
    await aioservice.stop("it")
    aioctl.debug()
    aioctl.debug()
    await aioservice.shutdown()

asyncio.run(main())
""").out
    assert out == ("debug mode: True\ndebug mode: False\ndebug mode: True\n3 tasks are nobody's: 3 poll\n"
                   "debug mode: False\ndebug mode: True\n3 tasks are nobody's: 3 poll\n")


def test_a_loop_that_ends_right_before_the_first_step_of_a_cleanup_leaves_it_owed(vm):
    vm.ship("boot.py", "main.py")
    vm.put("aioservices/services/tick_service.py", TICK.replace("    async def cleanup(self):\n", """
    def on_stop(self):
        from asyncio import core
        queue = core._io_queue
        class Fails:
            map = queue.map
            def wait_io_event(self, ms):
                core._io_queue = queue
                raise OSError(5)
        core._io_queue = Fails()

    async def cleanup(self):
"""))
    vm.put("aioservices/services/killer_service.py", KILLER.format(body="""
        import aioservice
        aioservice.unload("tick")
        await asyncio.sleep(100)"""))
    session = vm.session()
    session.expect("the event loop ended: OSError")
    session.expect("killer is good", 20)
    session.ctrl("c")
    assert session.wait() == 0
    assert session.seen.count("valve open") == session.seen.count("valve closed") == 1


# What the firmware calls, beside the loop.
CALLED = {
    "_thread": ("import _thread", "_thread.start_new_thread(late, (3,), {'x': 1})", "thread 'late'"),
    "start_new_thread": ("from _thread import start_new_thread", "start_new_thread(late, ())", "thread 'late'"),
    "a method in a thread": ("import _thread", "_thread.start_new_thread(self.bad, ())", "thread '"),
    "machine.Timer": ("import machine", "machine.Timer(mode=machine.Timer.ONE_SHOT, period=1, callback=late)",
                      "timer 'late'"),
    "Timer": ("from machine import Timer", "Timer(mode=Timer.ONE_SHOT, period=1, callback=late)", "timer 'late'"),
    "Timer.init": ("from machine import Pin, Timer", "self.t = Timer(0); self.t.init(mode=Timer.ONE_SHOT, period=1, "
                   "callback=late)", "timer 'late'"),
    "machine.Timer.init": ("import machine", "self.t = machine.Timer(1); self.t.init(mode=0, period=1, callback=late)",
                           "timer 'late'"),
    "aioschedule": ("import aioschedule", "aioschedule.schedule('it.soon', late, 0)", "timer 'it.soon'"),
}


@pytest.mark.parametrize("way", CALLED)
def test_what_the_firmware_calls_fails_with_a_line_in_the_journal(vm, way):
    first, call, what = CALLED[way]
    vm.put("aioservices/services/tick_service.py", TICK)
    vm.put("aioservices/services/it_service.py", f"""
import asyncio
{first}
from aioclass import Service

def late(*args, **kwargs):
    raise ValueError("late")

class It(Service):
    enabled = True

    def bad(self):
        raise ValueError("late")

    async def task(self):
        {call}
        await asyncio.sleep(100)

service = It("it")
""")
    out = vm.run(MAIN.format(told="ValueError: late")).out.replace(".mpy", ".py")
    line = [line for line in out.split("\n") if "ValueError: late" in line]
    assert len(line) == 1 and f"[ERROR] [it.service] {what}" in line[0]
    assert " failed: ValueError: late (aioservices/services/it_service.py, line " in line[0]
    assert out.count("valve open") == out.count("valve closed") == 1


def test_a_thread_and_a_timer_that_work_are_what_they_are(vm):
    vm.put("aioservices/services/it_service.py", """
import asyncio
import _thread
import machine
from aioclass import Service

class It(Service):
    enabled = True
    found = ()

    def hear(self, *args, **kwargs):
        self.found += (args, kwargs)

    def fire(self, timer):
        self.found += (1,)

    async def task(self):
        lock = _thread.allocate_lock()
        _thread.start_new_thread(self.hear, (1, 2), {"x": 3})
        while len(self.found) < 2:
            await asyncio.sleep_ms(1)
        print(self.found, lock.locked(), isinstance(machine.Pin(2, machine.Pin.OUT), machine.Pin))
        self.found = ()
        timer = machine.Timer(2, mode=machine.Timer.PERIODIC, period=1, callback=self.fire)
        while len(self.found) < 3:
            await asyncio.sleep_ms(1)
        timer.deinit()
        print(isinstance(timer, machine.Timer))

        def ends():
            import sys
            sys.exit()
        _thread.start_new_thread(ends, ())

service = It("it")
""")
    out = vm.run("""
import aioctl, aioservice, asyncio

async def main():
    await aioservice.boot()
    aioservice.init(debug=False)
    while aioservice.service("it").state != "done":
        await asyncio.sleep_ms(1)
    await aioservice.shutdown()
    aioctl.log()

asyncio.run(main())
""").out
    assert out == "((1, 2), {'x': 3}) False True\nTrue\n"
