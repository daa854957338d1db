"""How services stop on the real VM, and start while they do. No durations are asserted."""
import pytest


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
