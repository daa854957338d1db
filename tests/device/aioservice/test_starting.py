"""How services start on the real VM: order and overlap, what blocks whom. No durations are asserted."""


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
