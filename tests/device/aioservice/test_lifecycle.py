"""The life of services on the real VM between start and stop: callbacks, children, failures, runs, trees. No durations are
asserted."""
import pytest


def test_callbacks_run_in_order_sync_async_and_awaitable(lab):
    out = lab("""
async def slow():
    await asyncio.sleep_ms(300)
    note("slow")
a = Lab("a")
a.add_callback("start", slow)
a.add_callback("start", lambda: asyncio.sleep_ms(1))
a.add_callback("start", lambda: note("third"))
await add(a).start([a])
print(seen())
try:
    a.add_callback("end", slow)
except ValueError as e:
    print(e)
""")
    assert out == ["['a setup', 'slow', 'third', 'a task']", "a callback is for \"start\" or \"stop\", not 'end'"]


def test_a_sleep_that_is_returned_is_slept(lab):
    """What asyncio.sleep() returns is one object for all who sleep: it has to be taken at once."""
    out = lab("""
class Naps(Lab):
    def setup(self):
        return asyncio.sleep_ms(60)
a = Naps("a"); b = Lab("b"); c = Lab("c", up=20); d = Lab("d", up=150)
b.add_callback("start", lambda: asyncio.sleep_ms(100))
await add(a, b, c, d).start([a, b, c, d])
print([e for e in seen() if "task" in e])
""")
    assert out == ["['c task', 'a task', 'b task', 'd task']"]


def test_children_stop_with_their_service_and_their_failures_are_kept(lab):
    out = lab("""
class Parent(Lab):
    async def child(self, n):
        if n == 2:
            raise ValueError("child")
        try:
            await asyncio.sleep(1000)
        finally:
            note("child", n, "finally")
    async def task(self):
        self.add_ctask(aioctl, self.child, "one", 1)
        self.add_ctask(aioctl, self.child, "two", 2)
        await asyncio.sleep(1000)
p = Parent("p")
await add(p).start([p])
await asyncio.sleep_ms(20)
print(sorted(r.name for r in p.children()), repr(aioctl.result("p.service.two")))
seen()
await p.shutdown()
print(seen(), repr(aioctl.result("p.service.two")))
""")
    assert out == [
        "['p.service.one', 'p.service.two'] ValueError('child',)",
        "['child 1 finally', 'p cleanup'] ValueError('child',)",
    ]


@pytest.mark.parametrize("error", ["SystemExit(3)", "MemoryError()", "KeyboardInterrupt()", "asyncio.CancelledError()"])
def test_nothing_that_a_task_raises_ends_another_one(lab, error):
    out = lab(f"""
class Boom(Lab):
    async def task(self):
        raise {error}
a = Boom("a", restart="no"); b = Lab("b")
await add(a, b).start([a, b])
await until(a, "failed")
print(b.state, type(a.error).__name__)
""")
    assert out == [f"running {error.split('(')[0].split('.')[-1]}"]


def test_failure_keeps_its_error_and_raises_it_each_time_anew(lab):
    out = lab("""
import gc
class Boom(Lab):
    async def task(self):
        raise OSError(5)
    def on_error(self, error):
        note("on_error", repr(error))
        return "handled"
a = Boom("a", restart="no")
await add(a).start([a])
await until(a, "failed")
print(seen(), a.result)
async def raised():
    try:
        await a.wait_for_shutdown()
    except OSError as e:
        return e is not a.error and repr(e)
print(await raised())
gc.collect(); before = gc.mem_alloc()
for i in range(50):
    await raised()
gc.collect()
print(gc.mem_alloc() - before)
""")
    assert out == ["['a setup', \"on_error OSError(5,)\", 'a cleanup'] handled".replace('"', "'"), "OSError(5,)", "0"]


def test_waiting_with_a_time_limit_leaves_the_service_running(lab):
    out = lab("""
a = Lab("a")
await add(a).start([a])
try:
    await asyncio.wait_for_ms(a.wait_for_shutdown(), 20)
except asyncio.TimeoutError:
    print("timeout", a.state)
""")
    assert out == ["timeout running"]


def test_exception_that_a_task_returns_is_a_result(lab):
    out = lab("""
class Odd(Lab):
    async def task(self):
        return ValueError("just a value")
a = Odd("a")
await add(a).start([a]); await until(a, "done")
print(a.state, repr(a.result), a.error)
""")
    assert out == ["done ValueError('just a value',) None"]


def test_restart_policies(lab):
    out = lab("""
class Boom(Lab):
    runs = 0
    async def task(self):
        self.runs += 1
        if self.kind == "fail":
            raise ValueError
no = Boom("no", kind="fail", restart="no"); limit = Boom("limit", kind="fail", restart={"delay": 0.01, "limit": [3, 60]})
always = Boom("always", kind="end", restart={"policy": "always", "delay": 0.01}); end = Boom("end", kind="end")
await add(no, limit, always, end).start([no, limit, always, end])
await until(limit, "failed")
while always.runs < 4:
    await always.changed()
print(states(no, limit, end), no.runs, limit.runs, end.runs)
""")
    assert out == ["['failed', 'failed', 'done'] 1 3 1"]


def test_restart_delay_doubles(lab):
    out = lab("""
a = Lab("a", fail=99, restart={"delay": 0.01})
await add(a).start([a])
delays = []
for i in range(5):
    await until(a, "restarting")
    delays.append(a.delay)
    await until(a, "starting")
print(delays)
""")
    assert out == ["[0.01, 0.02, 0.04, 0.08, 0.16]"]


def test_each_run_of_a_schedule_service_is_a_whole_life(lab):
    out = lab("""
a = Once("a", type="schedule.service", schedule={"start_in": 0, "repeat": 0.05}); b = Lab("b", require="a")
await add(a, b).start([b])
print(a.is_up(), b.state)
for i in range(2):
    await a.changed(); await until(a, "scheduled")
print(seen()[-3:], a.state, a.result)
await a.shutdown()
print(states(a, b))
""")
    assert out[0] == "True starting" or out[0] == "True running"
    assert out[1:] == ["['a setup', 'a task', 'a cleanup'] scheduled a", "['stopped', 'stopped']"]


def test_gather_of_all_tasks_works_beside_the_manager(lab):
    out = lab("""
async def user():
    await asyncio.sleep_ms(30)
    return 5
a = Lab("a"); b = Once("b")
await add(a, b).start([a, b])
aioctl.add(user, name="mine")
everything = asyncio.create_task(together())
await asyncio.sleep_ms(60)
await aioservice.shutdown()
print(await everything, states(a, b), aioctl.result("mine"))
""".replace("everything =", "async def together():\n    await asyncio.gather(*aioctl.tasks())\n    return 'gathered'\neverything ="))
    assert out == ["gathered ['stopped', 'done'] 5".replace("'done'", "'stopped'")]


def test_instance_of_the_required_service_stays_valid_over_a_restart(lab):
    out = lab("""
db = Lab("db"); web = Lab("web", require="db")
await add(db, web).start([web])
before = web.deps["db"]
await aioservice.restart("db")
print(before is web.deps["db"], web.state)
""")
    assert out == ["True running"]


def test_requirement_that_fails_leaves_a_running_service_running(lab):
    out = lab("""
class Dies(Lab):
    async def task(self):
        await asyncio.sleep_ms(20)
        raise ValueError
a = Dies("a", restart="no"); b = Lab("b", require="a")
await add(a, b).start([b])
await until(a, "failed")
print(states(a, b))
""")
    assert out == ["['failed', 'running']"]


def test_watchdog_restarts_a_service_that_stops_calling_alive(lab):
    out = lab("""
class Hangs(Lab):
    async def task(self):
        note("in")
        for i in range(5):
            await asyncio.sleep_ms(20)
            self.alive()
        try:
            await asyncio.sleep(1000)
        finally:
            note("out")
class Lives(Lab):
    async def task(self):
        while True:
            self.alive()
            await asyncio.sleep_ms(20)
a = Hangs("a", watchdog=0.08, restart={"delay": 0.01}); b = Lives("b", watchdog=0.08)
class Deaf(Stubborn): pass
c = Deaf("c", watchdog=0.05, restart="no")
await add(a, b, c).start([a, b, c])
while a.restarts < 2:
    await a.changed()
print(a.error, b.restarts, b.state, c.state, c.error)
print([e for e in seen() if e in ("in", "out", "a cleanup")][:6])
""")
    assert out[0] == "no alive() within 0.08 s 0 running failed no alive() within 0.05 s"
    assert out[1] == "['in', 'out', 'a cleanup', 'in', 'out', 'a cleanup']"


def test_alive_allocates_nothing(lab):
    out = lab("""
import micropython
a = Lab("a", watchdog=60)
await add(a).start([a])
a.alive()
micropython.heap_lock()
a.alive(); a.alive()
micropython.heap_unlock()
print(a.state)
""")
    assert out == ["running"]


def test_tree_chain_and_blame(lab):
    out = lab("""
db = Lab("db", up=40); net = Once("net", type="core.service", up=20); web = Lab("web", require=["db", "net"], want="clock")
add(db, net, web)
await web.startup()
aioservice.tree()
aioservice.tree("db.service")
print([line for line in (db.took, net.took, web.took)] != [0, 0, 0], db.took >= 40, net.took >= 20)
aioservice.blame()
aioservice.chain("web")
""")
    assert out[:5] == [
        "web.service (running)", "├─ db.service (running)", "├─ net.service (done)",
        "└─ clock.service (unknown) wanted", "db.service (running)",
    ]
    assert out[5] == "True True True"
    assert [line.split()[2] for line in out[6:9]] == ["db.service", "net.service", "web.service"]
    assert out[9].startswith("heap: not measured")
    assert out[10].startswith("web.service @") and out[11].startswith("└─ ")


def test_tree_shows_cycles_once(lab):
    out = lab("""
a = Lab("a", require="b"); b = Lab("b", require="a"); lone = Lab("lone"); own = Lab("own", require="own")
x = Lab("x", require=["y", "z"]); y = Lab("y", require="x"); z = Lab("z", require="lone")
await add(a, b, lone, own, x, y, z).start([a, own, x, lone])
aioservice.tree()
print("---")
aioservice.tree("y")
""")
    cut = out.index("---")
    assert out[:cut] == [
        "a.service (blocked)", "└─ b.service (blocked)", "   └─ a.service (blocked) …",
        "own.service (blocked)", "└─ own.service (blocked) …",
        "x.service (blocked)", "├─ y.service (blocked)", "│  └─ x.service (blocked) …",
        "└─ z.service (running)", "   └─ lone.service (running)",
    ]
    assert out[cut + 1:][:3] == ["y.service (blocked)", "└─ x.service (blocked)", "   ├─ y.service (blocked) …"]


def test_tree_shows_what_hangs_on_a_cycle_under_it_alone(lab):
    out = lab("""
a = Lab("a", require="b"); b = Lab("b", require="a"); top = Lab("top", require="a"); low = Lab("low")
b.require = ("a", "low")
await add(a, b, low, top).start([top])
aioservice.tree()
""")
    assert out == ["top.service (blocked)", "└─ a.service (blocked)", "   └─ b.service (blocked)",
                   "      ├─ a.service (blocked) …", "      └─ low.service (running)"]


def test_service_that_cannot_even_begin_fails_alone(lab):
    out = lab("""
class Never(Lab):
    def begin(self):
        raise MemoryError("no room")
a = Never("a"); b = Lab("b", require="a"); c = Lab("c")
await add(a, b, c).start([b, c])
print(states(a, b, c), a.error, b.reason)
""")
    assert out == ["['failed', 'blocked', 'running'] no room b -> a (failed)"]


def test_a_wrong_attribute_is_named_with_its_class(lab):
    out = lab("""
class Blink(Lab):
    async def task(self):
        self.pinn.on()
class Bare(Service):
    def __init__(self):
        pass
for each in (Blink("b"), Bare()):
    try:
        each.pinn
    except AttributeError as e:
        print(e, hasattr(each, "pinn"), getattr(each, "no such name", 5), each.reason)
""")
    assert out == ["Blink.pinn False 5 None", "Bare.pinn False 5 None"]
