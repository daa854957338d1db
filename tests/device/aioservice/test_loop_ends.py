"""A loop that ends all the same, and what the firmware calls beside it: it is told of, everybody else runs on, and each
cleanup() runs once."""
import pytest
from support.loops import MAIN, REFUSED, TICK

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
