"""The life of services on the real VM: order and overlap, stops, failures. No durations are asserted."""
import pytest


def test_starts_the_instant_its_own_requirements_are_up(lab):
    out = lab("""
db = Lab("db", up=300); mq = Lab("mq"); solo = Lab("solo", require="mq"); web = Lab("web", require=("db", "mq"))
await add(db, mq, solo, web).start([web, solo])
print(seen())
""")
    assert out == ["['db setup', 'mq setup', 'mq task', 'solo setup', 'solo task', 'db task', 'web setup', 'web task']"]


def test_diamond_starts_each_once_and_its_middle_overlaps(lab):
    out = lab("""
a = Lab("a"); b = Lab("b", require="a", up=50); c = Lab("c", require="a", up=50); d = Lab("d", require=["b", "c"])
await add(a, b, c, d).start([d])
print(seen())
""")
    assert out == ["['a setup', 'a task', 'b setup', 'c setup', 'b task', 'c task', 'd setup', 'd task']"]


def test_core_is_up_when_its_task_returned_and_stays_set_up(lab):
    out = lab("""
wifi = Once("wifi", type="core.service"); web = Lab("web", require="wifi")
mgr = add(wifi, web)
await mgr.start([web])
print(seen(), wifi.state, wifi.result)
await mgr.stop([wifi])
print(seen(), states(web, wifi), wifi.result)
""")
    assert out == [
        "['wifi setup', 'wifi task', 'web setup', 'web task'] done wifi",
        "['web finally', 'web cleanup', 'wifi cleanup'] ['stopped', 'stopped'] wifi",
    ]


def test_component_without_a_task_is_up_once_set_up(lab):
    out = lab("""
store = Component("store"); web = Lab("web", require={"db": "store"})
await add(store, web).start([web])
print(states(store, web), web.db is store, web.deps["store"] is store, store.is_running())
""")
    assert out == ["['running', 'running'] True True True"]


def test_failure_blocks_exactly_its_dependents_and_names_the_chain(lab):
    out = lab("""
wifi = Lab("wifi", fail=99, restart="no"); web = Lab("web", require="wifi"); api = Lab("api", require="web")
lone = Lab("lone", require="nobody"); fine = Lab("fine"); soft = Lab("soft", want="wifi")
mgr = add(wifi, web, api, lone, fine, soft)
mgr.held["nobody"] = "disabled"
await mgr.start([api, lone, fine, soft])
for s in (wifi, web, api, lone, fine, soft): print(s.name, s.state, s.reason)
""")
    assert out == [
        "wifi failed None",
        "web blocked web -> wifi (failed)",
        "api blocked api -> web -> wifi (failed)",
        "lone blocked lone -> nobody (disabled)",
        "fine running None",
        "soft running None",
    ]


def test_requirement_that_comes_up_late_starts_what_waited_for_it(lab):
    out = lab("""
wifi = Lab("wifi", fail=3, restart={"delay": 0.01}); web = Lab("web", require="wifi"); api = Lab("api", require="web")
await add(wifi, web, api).start([api])
print(states(wifi, web, api), repr(wifi.error))
await until(api, "running")
print(states(wifi, web, api), wifi.restarts, seen().count("wifi cleanup"))
""")
    assert out == [
        "['restarting', 'blocked', 'blocked'] OSError(113,)",
        "['running', 'running', 'running'] 3 3",
    ]


def test_a_connector_that_fails_three_times_then_connects_brings_up_its_dependents(lab):
    """A core service: what requires it starts by itself when its task has returned at last."""
    out = lab("""
class Wifi(Lab):
    tries = 0
    async def task(self):
        self.tries += 1
        if self.tries < 4:
            raise OSError(113)
        return "connected"
wifi = Wifi("wifi", type="core.service", restart={"delay": 0.01}); web = Lab("web", require="wifi"); lone = Lab("lone")
await add(wifi, web, lone).start([wifi, web, lone])
print(states(wifi, web, lone), web.reason)
await until(web, "running")
print(states(wifi, web, lone), wifi.tries, wifi.result, web.reason)
""")
    assert out == [
        "['restarting', 'blocked', 'running'] web -> wifi (failed)",
        "['done', 'running', 'running'] 4 connected None",
    ]


def test_cycle_blocks_its_members_and_their_dependents_and_runs_none_of_them(lab):
    out = lab("""
a = Lab("a", require="b"); b = Lab("b", require="c"); c = Lab("c", require="a"); d = Lab("d", require="a"); e = Lab("e")
await add(a, b, c, d, e).start([a, d, e])
for s in (a, b, c, d, e): print(s.state, s.reason)
print(seen())
""")
    assert out == [
        "blocked a -> b -> c -> a",
        "blocked b -> c -> a -> b",
        "blocked c -> a -> b -> c",
        "blocked d -> a -> b -> c -> a",
        "running None",
        "['e setup', 'e task']",
    ]


def test_shutdown_ends_where_a_cycle_requires_what_runs(lab):
    out = lab("""
a = Lab("a", require="b"); b = Lab("b", require=["a", "low"]); low = Lab("low"); d = Lab("d", require="a")
await add(a, b, low, d).start([d])
print(states(a, b, low, d)); seen()
await aioservice.stop("low")
print(states(a, b, low, d))
await add(low).start([low, a])
await aioservice.shutdown()
print(states(a, b, low, d), seen())
""")
    assert out == [
        "['blocked', 'blocked', 'running', 'blocked']", "['blocked', 'blocked', 'stopped', 'blocked']",
        "['stopped', 'stopped', 'stopped', 'stopped'] ['low finally', 'low cleanup', 'low setup', 'low task', "
        "'low finally', 'low cleanup']",
    ]


def test_services_that_come_to_require_each_other_while_they_run_still_stop(lab):
    out = lab("""
a = Lab("a"); b = Lab("b", require="a")
await add(a, b).start([b]); seen()
a.require = "b"
await aioservice.restart("a")
print(states(a, b), a.reason, sorted(seen()))
""")
    assert out == ["['blocked', 'blocked'] a -> b -> a ['a cleanup', 'a finally', 'b cleanup', 'b finally']"]


def test_cycle_with_a_want_is_broken_there(lab):
    out = lab("""
a = Lab("a", want="b"); b = Lab("b", require="a")
c = Lab("c", want="d"); d = Lab("d", want="c")
mgr = add(a, b, c, d)
await mgr.start([b, c, d])
print(states(a, b, c, d), seen()[:2])
""")
    assert out == ["['running', 'running', 'running', 'running'] ['a setup', 'c setup']"]


def test_want_orders_without_blocking(lab):
    out = lab("""
clock = Lab("clock", up=50); log = Lab("log", want=["clock", "absent"])
await add(clock, log).start([log, clock])
print(seen())
""")
    assert out == ["['clock setup', 'clock task', 'log setup', 'log task']"]


def test_start_twice_and_concurrently_starts_once(lab):
    out = lab("""
a = Lab("a", up=30)
add(a)
await asyncio.gather(a.startup(), a.startup())
await a.startup()
print(seen())
""")
    assert out == ["['a setup', 'a task']"]


def test_startup_raises_what_failed(lab):
    out = lab("""
a = Lab("a", fail=99, restart="no"); b = Lab("b", require="a")
add(a, b)
for s in (a, b):
    try:
        await s.startup()
    except Exception as e:
        print(type(e).__name__, e)
print(seen())
""")
    assert out[0].startswith("OSError")
    assert out[1:] == ["ServiceError b.service blocked: b -> a (failed)", "['a setup', 'a cleanup', 'a setup', 'a cleanup']"]


def test_setup_that_takes_too_long_fails(lab):
    out = lab("""
slow = Lab("slow", up=60000, start_timeout=0.05, restart="no")
core = Lab("core", type="core.service", start_timeout=0.05, restart="no")
await add(slow, core).start([slow, core])
print(states(slow, core), slow.error, "|", core.error)
print(sorted(seen()))
""")
    assert out == [
        "['failed', 'failed'] setup took longer than 0.05 s | task took longer than 0.05 s",
        "['core cleanup', 'core finally', 'core setup', 'core task', 'slow cleanup', 'slow setup']",
    ]


def test_stops_in_reverse_order_and_independents_together(lab):
    out = lab("""
db = Lab("db"); a = Lab("a", require="db"); b = Lab("b", require="db"); lone = Lab("lone")
mgr = add(db, a, b, lone)
await mgr.start([a, b, lone]); seen()
await aioservice.shutdown()
print([e for e in seen() if "cleanup" in e])
""")
    (line,) = out
    order = eval(line)
    assert sorted(order) == ["a cleanup", "b cleanup", "db cleanup", "lone cleanup"]
    assert order[-1] == "db cleanup"


def test_restart_brings_back_exactly_those_that_ran(lab):
    out = lab("""
db = Lab("db"); a = Lab("a", require="db"); b = Lab("b", require="db")
mgr = add(db, a, b)
await mgr.start([a, b]); await mgr.stop([b]); seen()
operation = aioservice.restart("db")
print(operation)
await operation
print(operation, states(db, a, b), seen())
""")
    assert out == [
        "db.service: restarting",
        "db.service: running ['running', 'running', 'stopped'] ['a finally', 'a cleanup', 'db finally', "
        "'db cleanup', 'db setup', 'db task', 'a setup', 'a task']",
    ]


def test_cooperative_task_ends_early_and_is_never_cancelled(lab):
    out = lab("""
class Coop(Lab):
    async def task(self):
        try:
            while self.is_running():
                await asyncio.sleep_ms(5)
            return "left"
        except asyncio.CancelledError:
            note("cancelled")
            raise
coop = Coop("coop", stop_grace=10)
await add(coop).start([coop]); seen()
await coop.shutdown()
print(coop.state, coop.result, coop.forced, seen())
""")
    assert out == ["stopped left False ['coop cleanup']"]


def test_uncooperative_task_is_cancelled_after_its_grace(lab):
    out = lab("""
a = Lab("a", stop_grace=0.05); b = Lab("b")
await add(a, b).start([a, b]); seen()
await aioservice.shutdown()
print(a.forced, b.forced, sorted(seen()))
""")
    assert out == ["True False ['a cleanup', 'a finally', 'b cleanup', 'b finally']"]


def test_task_that_swallows_every_cancellation_is_left_behind(lab):
    out = lab("""
bad = Stubborn("bad"); good = Lab("good")
await add(bad, good).start([bad, good]); seen()
await aioservice.shutdown()
print(states(bad, good), bad.forced, good.forced, seen())
aioctl.log("bad.service")
""")
    assert out[0] == "['stopped', 'stopped'] True False ['bad swallowed', 'good finally', 'good cleanup', 'bad cleanup']"
    assert out[1].endswith("[ERROR] [bad.service] does not end; left behind")


def test_stop_during_setup_is_never_lost(lab):
    out = lab("""
a = Lab("a", up=5000); b = Lab("b", require="a")
mgr = add(a, b)
mgr.start([b])
await until(a, "starting")
await asyncio.sleep_ms(20)
await mgr.stop([a])
print(states(a, b), b.reason, seen())
""")
    assert out == ["['stopped', 'blocked'] b -> a (stopped) ['a setup', 'a cleanup']"]


def test_stop_before_the_first_step_runs_nothing(lab):
    out = lab("""
a = Lab("a")
mgr = add(a)
mgr.begin([a])
a.ask()
await until(a, "stopped")
print(a.state, seen())
""")
    assert out == ["stopped []"]


def test_stop_of_one_never_started_and_stop_twice_and_two_shutdowns(lab):
    out = lab("""
a = Lab("a"); never = Lab("never")
mgr = add(a, never)
await mgr.start([a]); seen()
await never.shutdown()
await asyncio.gather(a.shutdown(), a.shutdown(), aioservice.shutdown(), aioservice.shutdown())
a.gracefully_stop()
await a.shutdown()
print(states(a, never), seen())
""")
    assert out == ["['stopped', 'init'] ['a finally', 'a cleanup']"]


def test_service_may_stop_itself(lab):
    out = lab("""
class Suicide(Lab):
    async def task(self):
        if self.name == "ask":
            self.gracefully_stop()
            await asyncio.sleep(1000)
        await self.shutdown()
a = Suicide("ask"); b = Suicide("wait")
await add(a, b).start([a, b])
await until(a, "stopped"); await until(b, "stopped")
print(sorted(seen()))
""")
    assert out == ["['ask cleanup', 'ask setup', 'wait cleanup', 'wait setup']"]


def test_stop_during_the_restart_delay_cancels_the_restart(lab):
    out = lab("""
a = Lab("a", fail=99)
await add(a).start([a])
print(a.state)
await a.shutdown()
print(a.state, a.restarts, seen())
""")
    assert out == ["restarting", "stopped 0 ['a setup', 'a cleanup']"]


def test_whatever_the_tear_down_raises_everything_else_still_stops(lab):
    out = lab("""
class Rude(Lab):
    def on_stop(self):
        note(self.name, "on_stop")
        raise SystemExit(1)
    async def cleanup(self):
        note(self.name, "cleanup")
        raise asyncio.CancelledError
def bad_callback():
    note("callback")
    raise ValueError("c")
a = Rude("a"); b = Lab("b", require="a")
a.add_callback("stop", bad_callback)
a.add_callback("stop", lambda: note("second"))
await add(a, b).start([b]); seen()
await aioservice.shutdown()
print(states(a, b), seen())
aioctl.log("a.service")
""")
    assert out[0] == (
        "['stopped', 'stopped'] ['b finally', 'b cleanup', 'a finally', 'callback', 'second', 'a on_stop', 'a cleanup']"
    )
    said = [line.split("[a.service] ")[1] for line in out[1:]]
    assert said == ["stop callback: ValueError: c", "on_stop: SystemExit: 1", "cleanup: CancelledError"]


def test_cleanup_that_hangs_is_left_behind(lab):
    out = lab("""
class Hang(Lab):
    async def cleanup(self):
        note("cleanup")
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                pass
a = Hang("a", stop_timeout=0.05)
await add(a).start([a]); seen()
await a.shutdown()
print(a.state, a.forced, seen())
""")
    assert out == ["stopped True ['a finally', 'cleanup']"]


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


def test_series_of_failures_keeps_its_first_error_and_does_not_fill_the_journal(lab):
    out = lab("""
class Boom(Lab):
    n = 0
    async def task(self):
        self.n += 1
        raise ValueError(self.n)
a = Boom("a", restart={"delay": 0.01, "limit": [9, 60]})
await add(a).start([a]); await until(a, "failed")
print(a.first, a.error, a.series)
aioctl.log("a.service")
""")
    assert out[0] == "1 9 9"
    assert [line.split("] ")[-1] for line in out[1:]] == [
        "ValueError: 1", "failure 2: ValueError: 2", "failure 4: ValueError: 4", "failure 8: ValueError: 8"]


SERIES = """
class Boom(Lab):
    n = 0
    async def task(self):
        self.n += 1
        raise {error}
a = Boom("a", restart={{"delay": 0.001, "limit": [{limit}, 60]}})
await add(a).start([a]); await until(a, "failed")
"""


def test_run_of_a_schedule_that_succeeds_ends_a_series_of_failures(lab):
    out = lab("""
class Flaky(Lab):
    n = 0
    async def task(self):
        self.n += 1
        if self.n in (1, 2, 4):
            raise ValueError(self.n)
a = Flaky("a", type="schedule.service", schedule={"start_in": 0, "repeat": 0.02}, restart={"delay": 0.05})
await add(a).start([a])
for n in (1, 2, 4):
    while not (a.error is not None and a.error.args[0] == n and a.state == "restarting"):
        await a.changed()
    print(n, a.series, a.first, a.delay)
""")
    assert out == ["1 1 1 0.05", "2 2 1 0.1", "4 1 4 0.05"]


def test_traceback_of_a_series_shows_its_first_failure_its_last_and_the_count(lab):
    out = lab(SERIES.format(error="ValueError(self.n)", limit=5) + """
aioservice.traceback("a")
print(aioservice.traceback("a", True) == aioservice.traceback("a.service", rtn=True))
print("-")
aioctl.traceback("a.service")
""")
    def shape(name):
        return [f"{name}: Traceback (failure 1 of 5)", "Traceback (most recent call last):", "in task", "ValueError: 1",
                f"{name}: Traceback (failure 5 of 5)", "Traceback (most recent call last):", "in task", "ValueError: 5"]
    found = [line if "  File " not in line else "in " + line.split(" in ")[-1] for line in out]
    assert found == shape("a") + ["True", "-"] + shape("a.service")


def test_traceback_of_a_single_failure_has_no_number(lab):
    out = lab(SERIES.format(error="ValueError(self.n)", limit=1) + 'aioservice.traceback("a")')
    assert [line for line in out if "  File " not in line] == [
        "a: Traceback", "Traceback (most recent call last):", "ValueError: 1"]


def test_traceback_of_a_series_is_of_the_last_start_and_stays_while_it_runs_again(lab):
    out = lab("""
a = Lab("a", fail=2, restart={"delay": 0.001})
await add(a).start([a]); await until(a, "running")
print(aioservice.traceback("a", True).count("(failure "))
await aioservice.restart("a")
print(repr(aioservice.traceback("a", True)))
a.fail = 1
await aioservice.restart("a"); await until(a, "running")
print(aioservice.traceback("a", True).split("\\n")[0])
""")
    assert out == ["2", "''", "a: Traceback"]


def test_what_a_traceback_shows_is_bounded(lab):
    out = lab("""
class Deep(Lab):
    def down(self, n):
        if n == 0:
            raise ValueError("x" * 5000)
        self.down(n - 1)
    async def task(self):
        self.down(40)
class Mute:
    def __repr__(self):
        raise TypeError("no text")
class Hidden(Lab):
    async def task(self):
        raise ValueError(Mute())
deep = Deep("deep", restart="no"); hidden = Hidden("hidden", restart="no")
await add(deep, hidden).start([deep, hidden]); await until(hidden, "failed")
for text in (aioservice.traceback("deep", True), aioservice.traceback("hidden", True)):
    lines = text.split("\\n")
    print(len(lines), max([len(line) for line in lines]), "".join([line for line in lines if "more" in line]), lines[-2][:20])
aioctl.traceback("hidden.service")
""")
    assert out[0] == "21 201   … 26 more ValueError: " + "x" * 8
    assert out[1].endswith("  ValueError") and out[2:4] == [
        "hidden.service: Traceback", "Traceback (most recent call last):"]
    assert out[-1] == "ValueError" and out[-2].endswith("in task")


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


def test_start_while_it_stops_is_not_lost_and_not_stopped_again(lab):
    out = lab("""
a = Lab("a")
mgr = add(a)
await mgr.start([a])
mgr.stop([a])
while a.state != "stopped":
    await asyncio.sleep_ms(0)
await mgr.start([a])
await asyncio.sleep_ms(300)
print(a.state)
""")
    assert out == ["running"]


def test_start_right_behind_a_stop_begins_when_that_has_ended(lab):
    out = lab("""
a = Lab("a"); b = Lab("b")
mgr = add(a, b)
await mgr.start([a, b])
seen()
mgr.stop([a])
await mgr.start([a])
print(a.state, seen())
mgr.stop([a, b])
going = mgr.start([b])
await mgr.shutdown()
await going
print(states(a, b))
""")
    assert out == ["running ['a finally', 'a cleanup', 'a setup', 'a task']", "['stopped', 'stopped']"]


@pytest.mark.parametrize("wanted", ["a", "b", "c"])
def test_a_start_at_any_moment_of_a_stop_is_not_lost(lab, wanted):
    """Also of one that still waits for those that require it, and of one whose requirement is about to stop."""
    out = lab("""
class Slow(Lab):
    async def cleanup(self):
        for _ in range(5):
            await asyncio.sleep_ms(0)
a = Slow("a"); b = Slow("b", require="a"); c = Slow("c", require="b")
mgr = add(a, b, c)
found = set()
for passes in range(60):
    await mgr.start([c])
    going = mgr.stop([a])
    for _ in range(passes):
        await asyncio.sleep_ms(0)
    await mgr.start([mgr.services["%s"]])
    await going
    seen()
    found.add(tuple(states(a, b, c)))
    await mgr.start([c])
    found.add(tuple(states(a, b, c)))
print(sorted(found))
""" % wanted)
    expected = {"a": ["stopped", "stopped"], "b": ["running", "stopped"], "c": ["running", "running"]}[wanted]
    assert out == [repr(sorted({("running", *expected), ("running",) * 3}))]


def test_load_while_it_stops_is_not_lost(vm):
    """As typed at the prompt: `stop("a")`, and `load("a")` before that has ended."""
    for name, body in (("a", ""), ("b", "    require = 'a'\n")):
        vm.put(f"aioservices/services/{name}_service.py",
               "import asyncio\nfrom aioclass import Service\nclass S(Service):\n    enabled = True\n" + body +
               "    async def cleanup(self):\n        await asyncio.sleep_ms(5)\n"
               "    async def task(self):\n        await asyncio.sleep(1000)\nservice = S(" + repr(name) + ")\n")
    out = vm.run("""
import asyncio, aioservice
async def main():
    aioservice.load()
    await aioservice.start("b")
    going = aioservice.stop("a")
    await asyncio.sleep_ms(1)
    aioservice.load("a")
    await going
    await aioservice.start("a")
    print(aioservice.service("a").state, aioservice.service("b").state)
    await aioservice.stop("a")
    going = aioservice.stop("b")
    aioservice.load("a")
    await going
    aioservice.stop("a")
    aioservice.load("a")
    a = aioservice.service("a")
    for _ in range(200):
        await asyncio.sleep_ms(1)
    print(a.state)
    await aioservice.shutdown()
asyncio.run(main())
""").out
    assert "running stopped\n" in out and out.endswith("running\n"), out


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
