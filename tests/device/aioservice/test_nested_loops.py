"""A loop in the loop, and a new event loop, wherever a service may ask for them: refused or harmless, and named."""
import re

import pytest
from support.loops import MAIN, REFUSED, TICK

# A loop in the loop.
NESTED = {
    "run": "asyncio.run(nested())",
    "run by its own name": "from asyncio import run; run(nested())",
    "run_until_complete": "asyncio.get_event_loop().run_until_complete(nested())",
    "core's run_until_complete": "asyncio.run_until_complete(asyncio.create_task(nested()))",
    "run_forever": "asyncio.get_event_loop().run_forever()",
    "new_event_loop's": "asyncio.new_event_loop().run_until_complete(nested())",
}
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
