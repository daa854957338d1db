"""In steady state nothing allocates: the heap is locked while a board with everything on it runs."""
import re

# What runs under the lock is set up before; what it finds is looked at after.
LOCKED = """
import gc, micropython, aioschedule
async def locked(ms):
    # What only the first time needs, such as a frame or a name, was there in the first round.
    await asyncio.sleep_ms(ms)
    gc.collect()
    micropython.heap_lock()
    await asyncio.sleep_ms(ms)
    micropython.heap_unlock()
"""


def test_a_running_service_its_watchdog_its_log_and_the_timers(lab):
    out = lab(LOCKED + """
class Steady(Lab):
    count = 0
    async def task(self):
        while True:
            self.alive()
            self.log.info("sixty bytes: a line as long as most that a service writes.")
            self.count += 1
            await asyncio.sleep_ms(2)
class Due(Lab):
    type = "schedule.service"
    schedule = {"start_in": 3600, "repeat": 3600}
    async def task(self):
        return 1
base = Component("base"); a = Steady("a", require="base", watchdog=0.03); b = Steady("b", want="a"); due = Due("due")
ticks = [0]
def tick():
    ticks[0] += 1
aioschedule.schedule("tick", tick, start_in=0, repeat=0.007)
await add(base, a, b, due).start([a, b, due])
await locked(150)
print(a.count > 20, b.count > 20, ticks[0] > 20, states(base, a, b, due), a.restarts, a.error, b.error)
aioctl.log(last=1)
aioschedule.unschedule("tick")
""")
    assert out[0] == "True True True ['running', 'running', 'running', 'scheduled'] 0 None None"
    assert re.search(r"\[INFO\] \[[ab]\.service\] sixty bytes: .* writes\.$", out[1])


def test_an_event_and_a_flag_that_wake_a_service(lab):
    """The author's own `await event.wait()` makes a coroutine; the wake-up and the step need nothing."""
    out = lab(LOCKED + """
class Woken(Lab):
    count = 0
    async def task(self):
        await self.event.wait()
        self.count += 1
        self.alive()
        await asyncio.sleep(1000)
class Flagged(Lab):
    count = 0
    async def task(self):
        while True:
            await asyncio.sleep_ms(0)
            if self.event.is_set():
                self.event.clear()
                self.count += 1
                self.other.set()
one = asyncio.Event(); two = asyncio.Event()
a = Woken("a", event=one, seen=0); b = Flagged("b", event=two, other=one)
await add(a, b).start([a, b])
await asyncio.sleep_ms(5)
a.count = b.count = 0
gc.collect()
micropython.heap_lock()
two.set()
await asyncio.sleep_ms(20)
micropython.heap_unlock()
print(a.count, b.count, states(a, b))
""")
    assert out == ["1 1 ['running', 'running']"]


def test_a_child_and_a_task_of_aioctl(lab):
    out = lab(LOCKED + """
counts = [0, 0]
async def steps(n):
    while True:
        counts[n] += 1
        await asyncio.sleep_ms(1)
a = Lab("a")
await add(a).start([a])
a.add_ctask(aioctl, lambda: steps(0), "child")
aioctl.add(steps, 1, name="plain")
await locked(30)
print(counts[0] > 20, counts[1] > 20, a.state)
aioctl.delete("plain")
await asyncio.sleep_ms(5)
""")
    assert out == ["True True running"]


def test_a_watchdog_that_finds_no_memory_looks_again(lab):
    """Looking needs none, restarting does."""
    out = lab(LOCKED + """
class Hangs(Lab):
    async def task(self):
        await asyncio.sleep(1000)
a = Hangs("a", watchdog=0.02, restart="no")
await add(a).start([a])
await asyncio.sleep_ms(0)
micropython.heap_lock()
await asyncio.sleep_ms(60)
micropython.heap_unlock()
print(a.state)
await until(a, "failed")
print(a.error)
""")
    assert out == ["running", "no alive() within 0.02 s"]


# A service that locks the heap for longer than the hardware watchdog waits, after the boot.
LOCKER = """
import asyncio, gc, micropython
from aioclass import Service
class Locker(Service):
    enabled = True
    critical = True
    watchdog = 0.5
    async def task(self):
        await asyncio.sleep_ms(300)  # till the boot is over
        for _ in range(2):
            gc.collect()
            micropython.heap_lock()
            for _ in range(130):
                self.alive()
                await asyncio.sleep_ms(10)
            micropython.heap_unlock()
        print("steady", self.restarts)
        self.manager.quit.set()
service = Locker("locker")
"""


def test_feeding_the_hardware_watchdog(vm):
    vm.ship("boot.py")
    vm.put("services.config", '{"_boot": {"watchdog": 1}}')
    vm.put("aioservices/services/locker_service.py", LOCKER)
    vm.put("main.py", "import aioservice\naioservice.run(console=None)\nraise SystemExit(3)\n")
    result = vm.run(expect_code=3)
    assert "steady 0\n" in result.out and "Memory" not in result.out + result.err
