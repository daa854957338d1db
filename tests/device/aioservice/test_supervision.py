"""What the manager makes of failures, on the real VM: restart rules, watchdog, hooks that fail."""
import pytest

# Services that fail when they are told to, and a clock that can be put forward.
TOLD = """
global ahead
import aioschedule
class Told(Lab):
    async def setup(self):
        note(self.name, "setup")
        self.told = asyncio.Event()
    async def task(self):
        await self.told.wait()
        raise ValueError(self.name)
async def fail(service, *wanted):
    service.told.set()
    await until(service, "restarting", "failed")
    await until(service, *wanted)
real = aioschedule.uptime
ahead = 0
def put_forward(seconds):
    global ahead
    ahead += seconds
aioschedule.uptime = lambda: real() + ahead
"""


def test_the_delay_doubles_from_a_second_to_a_minute(lab):
    out = lab("""
def delays(service):
    found = []
    for _ in range(9):
        service.delay = service.retry(True)
        found.append(service.delay)
    return found
print(delays(Lab("a")))
print(delays(Lab("b", restart="always")))
print(delays(Lab("c", restart={"delay": 20})))
print(delays(Lab("d", restart={"delay": 100})))
print(delays(Lab("e", restart=True)))
print([Lab("f", restart=rule).retry(failed) for rule in ("no", False, {"policy": "no"}) for failed in (True, False)])
print([Lab("g", restart=rule).retry(False) for rule in ("on-failure", True, "always", {"policy": "always", "delay": 7})])
""")
    doubling = "[1, 2, 4, 8, 16, 32, 60, 60, 60]"
    assert out == [
        doubling, doubling, "[20, 40, 60, 60, 60, 60, 60, 60, 60]", str([100] * 9), doubling,
        str([None] * 6), "[None, None, 1, 7]",
    ]


def test_a_healthy_minute_ends_a_series_of_failures(lab):
    out = lab(TOLD + """
a = Told("a", restart={"delay": 0.01})
await add(a).start([a])
for seconds in (0, 59, 0, 61, 0):
    put_forward(seconds)
    await fail(a, "restarting")
    print(a.delay, a.series)
    await until(a, "running")
""")
    assert out == ["0.01 1", "0.02 2", "0.04 3", "0.01 1", "0.02 2"]


def test_a_limit_counts_the_failures_of_its_window_alone(lab):
    out = lab(TOLD + """
a = Told("a", restart={"delay": 0.01, "limit": [3, 60]})
await add(a).start([a])
for seconds in (0, 0, 61, 0, 0):
    put_forward(seconds)
    await fail(a, "running", "failed")
    print(a.state, a.restarts)
await a.shutdown()
await aioservice.start("a")
await fail(a, "running", "failed")
print(a.state)
""")
    assert out == ["running 1", "running 2", "running 3", "running 4", "failed 4", "failed"]


def test_without_a_limit_it_goes_on_for_ever(lab):
    out = lab("""
class Boom(Lab):
    cleanups = 0
    def setup(self):
        if self.cleanups < 300:
            raise OSError(113)
    def cleanup(self):
        self.cleanups += 1
a = Boom("a", restart={"delay": 0})
await add(a).start([a])
await until(a, "running")
print(a.restarts, a.series, a.cleanups)
""")
    assert out == ["300 300 300"]


def test_on_limit_reset_resets_the_board(vm, lab):
    vm.put("main.py", """
import os
if "been_here" in os.listdir():
    import machine
    print("again", machine.reset_cause() == machine.HARD_RESET)
else:
    open("been_here", "w").close()
    from lab import *
    async def main():
        a = Lab("a", fail=99, restart={"delay": 0.01, "limit": [3, 60], "on_limit": "reset"})
        await add(a).start([a])
        await until(a, "failed")
    run(main)
""")
    assert vm.run().out == "again True\n"


def test_of_two_supervised_services_one_dies_and_the_other_never_notices(lab):
    out = lab("""
class Boom(Lab):
    async def task(self):
        raise ValueError
a = Boom("a", restart={"delay": 0.001, "limit": [6, 60]}); b = Lab("b")
await add(a, b).start([a, b])
moves = []
b.move = lambda state: moves.append(state)
await until(a, "failed")
print(a.restarts, b.state, b.restarts, moves, [e for e in seen() if e[0] == "b"])
del b.move
""")
    assert out == ["5 running 0 [] ['b setup', 'b task']"]


def test_a_setup_that_fails_is_cleaned_up_once_and_retried_beside_the_others(lab):
    out = lab("""
a = Lab("a", fail=2, restart={"delay": 0.02}); b = Lab("b", up=5)
await add(a, b).start([a, b])
print(states(a, b), repr(a.error), seen())
await until(a, "running")
print(states(a, b), repr(a.error), a.restarts, seen())
""")
    assert out == [
        "['restarting', 'running'] OSError(113,) ['a setup', 'b setup', 'a cleanup', 'b task']",
        "['running', 'running'] OSError(113,) 2 ['a setup', 'a cleanup', 'a setup', 'a task']",
    ]


@pytest.mark.parametrize("hook, said", [
    ("raise RuntimeError('worse')", "RuntimeError: worse"),
    ("raise SystemExit(2)", "SystemExit: 2"),
    ("raise asyncio.CancelledError", "CancelledError"),
    ("return asyncio.sleep(1000)", "TimeoutError: on_error took longer than 0.2 s"),
])
def test_an_on_error_that_fails_itself_harms_nobody(lab, hook, said):
    out = lab(f"""
class Boom(Lab):
    stop_timeout = 0.05
    async def task(self):
        raise ValueError(1)
    def on_error(self, error):
        {hook}
a = Boom("a", restart="no"); b = Lab("b")
await add(a, b).start([a, b])
await until(a, "failed")
print(states(a, b), repr(a.error), seen().count("a cleanup"))
aioctl.log()
""")
    assert out[0] == "['failed', 'running'] ValueError(1,) 1"
    assert [line.split("[a.service] ")[1] for line in out[1:]] == ["ValueError: 1", "on_error: " + said]


def test_the_journal_says_why_a_service_was_restarted(lab):
    """Also where the watchdog did it."""
    out = lab("""
class Hangs(Lab):
    async def task(self):
        self.alive()
        await asyncio.sleep(1000)
a = Hangs("a", watchdog=0.05, restart={"delay": 0.01}); b = Lab("b", fail=1, restart={"delay": 0.01})
await add(a, b).start([a, b])
await until(a, "restarting"); await until(a, "running")
aioctl.log(level="error")
""")
    said = sorted(line.split("[ERROR] ")[1] for line in out)
    assert said[0] == "[a.service] ServiceError: no alive() within 0.05 s" and said[1].startswith("[b.service] OSError: ")


def test_a_task_that_needs_time_to_unwind_has_as_long_again_as_its_grace(lab):
    out = lab("""
class Slow(Lab):
    async def task(self):
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep_ms(self.unwind)
            note(self.name, "unwound")
a = Slow("a", stop_grace=0.4, unwind=300); b = Slow("b", unwind=100)
await add(a, b).start([a, b]); seen()
await aioservice.shutdown()
print(a.forced, b.forced, seen())
aioctl.log()
""")
    assert out == ["True False ['b unwound', 'b cleanup', 'a unwound', 'a cleanup']"]


def test_independent_services_stop_at_the_same_time(lab):
    """Each cleanup ends when the other one has begun."""
    out = lab("""
met = asyncio.Event()
class Meets(Lab):
    async def cleanup(self):
        note(self.name, "cleanup")
        if len([e for e in LOG if "cleanup" in e]) == 2:
            met.set()
        await met.wait()
        note(self.name, "met")
db = Lab("db"); a = Meets("a", require="db"); b = Meets("b", require="db")
await add(db, a, b).start([a, b]); seen()
await aioservice.shutdown()
print([e for e in seen() if "finally" not in e], a.forced, b.forced)
""")
    assert out[0].endswith("'db cleanup'] False False") and out[0].count("met") == 2


def test_stop_of_a_failure_in_the_middle_touches_only_what_was_set_up(lab):
    out = lab("""
base = Lab("base"); mid = Lab("mid", require="base", fail=99, restart="no"); top = Lab("top", require="mid")
side = Lab("side", require="base")
mgr = add(base, mid, top, side)
await mgr.start([top, side])
print(states(base, mid, top, side), seen().count("mid cleanup"))
await mgr.stop([base])
print(states(base, mid, top, side), seen())
await aioservice.shutdown()
print(states(base, mid, top, side), seen())
""")
    assert out == [
        "['running', 'failed', 'blocked', 'running'] 1",
        "['stopped', 'failed', 'blocked', 'stopped'] ['side finally', 'side cleanup', 'base finally', 'base cleanup']",
        "['stopped', 'failed', 'stopped', 'stopped'] []",
    ]


# A requirement that goes and comes back by itself: nobody has said a word to its dependent.
FLAPS = TOLD + """
class Gate(Told):
    # Comes up when it is let.
    gate = None
    async def setup(self):
        if self.gate is not None:
            await self.gate.wait()
        await super().setup()
    async def away(self, how):
        if how == "failed":
            self.gate = asyncio.Event()
            self.told.set()
            await until(self, "restarting"); await until(self, "starting")
        else:
            self.ask()  # it alone
            await until(self, "stopped")
        if how == "waiting":
            self.gate = asyncio.Event()
            self.begin()
    def back(self):
        if self.state == "stopped":
            self.begin()
        else:
            self.gate.set()
async def bad(a, how):
    # Fails while its requirement is away, and is up again when that is back.
    await need.away(how)
    a.told.set()
    await until(a, "restarting", "failed")
    print(a.delay, a.series, a.state)
    if a.state == "restarting":
        await until(a, "blocked" if how == "blocked" else "waiting")
        need.back()
        await until(a, "running")
need = Gate("need", restart={"delay": 0})
"""


@pytest.mark.parametrize("away", ["blocked", "waiting", "failed"])
def test_series_goes_on_behind_a_requirement_that_flaps(lab, away):
    out = lab(FLAPS + f"""
a = Told("a", require="need", restart={{"delay": 0.01}})
await add(a, need).start([a])
for n in range(4):
    await bad(a, {away!r})
print(a.error)
""")
    assert out == [f"{delay} {n} restarting" for n, delay in enumerate((0.01, 0.02, 0.04, 0.08), 1)] + ["a"]


@pytest.mark.parametrize("how, then", [
    ("await mgr.restart([need])", "0.02 2"),  # not the word of this one
    ("put_forward(61); await mgr.restart([need])", "0.01 1"),
    ("await mgr.restart([a])", "0.01 1"),
    ("await mgr.stop([a]); await mgr.start([a])", "0.01 1"),
    ("await mgr.stop([need]); await mgr.start([a])", "0.01 1"),
    ("await aioservice.stop('a'); await a.startup()", "0.01 1"),
])
def test_a_persons_word_to_it_begins_anew_and_that_to_its_requirement_does_not(lab, how, then):
    out = lab(FLAPS + f"""
a = Told("a", require="need", restart={{"delay": 0.01}})
mgr = add(a, need)
await mgr.start([a])
await fail(a, "running")
{how}
await until(a, "running")
a.told.set()
await until(a, "restarting")
print(a.delay, a.series)
""")
    assert out == [then]


@pytest.mark.parametrize("away", ["blocked", "waiting", "failed"])
def test_a_limit_counts_through_what_a_requirement_does(lab, away):
    out = lab(FLAPS + f"""
a = Told("a", require="need", restart={{"delay": 0.01, "limit": [5, 60]}})
await add(a, need).start([a])
while a.state != "failed":
    await bad(a, {away!r})
""")
    assert [line.split()[1:] for line in out] == [[str(n), "restarting"] for n in range(1, 5)] + [["5", "failed"]]


def test_series_of_a_schedule_goes_on_where_a_run_is_skipped_for_its_requirement(lab):
    """And ends with a run that succeeds."""
    out = lab(FLAPS + """
class Run(Lab):
    n = 0
    async def task(self):
        self.n += 1
        if self.n != 4:
            raise ValueError
need = Lab("need")
a = Run("a", type="schedule.service", schedule={"start_in": 0, "repeat": 0.15}, require="need", restart={"delay": 0.01})
mgr = add(a, need)
await mgr.start([a])
for n in range(5):
    await until(a, "restarting")
    print(a.n, a.delay, a.series)
    need.ask()
    await until(need, "stopped"); await until(a, "scheduled")
    need.begin()
    if n == 2:
        await until(a, "starting"); await until(a, "scheduled")
        print(a.n, a.series, a.delay)
""")
    assert out == ["1 0.01 1", "2 0.02 2", "3 0.04 3", "4 0 0", "5 0.01 1", "6 0.02 2"]


def test_series_of_a_schedule_goes_on_where_it_is_armed_anew(lab):
    out = lab(FLAPS + """
class Run(Lab):
    async def task(self):
        raise ValueError
need = Lab("need")
a = Run("a", type="schedule.service", schedule={"start_in": 0}, require="need", restart={"delay": 0.01})
mgr = add(a, need)
await mgr.start([a])
for n in range(4):
    await until(a, "restarting")
    print(a.delay, a.series)
    need.ask()
    await until(need, "stopped"); await until(a, "blocked")
    need.begin()
""")
    assert out == ["0.01 1", "0.02 2", "0.04 3", "0.08 4"]


def test_services_that_restart_each_other_take_ever_longer(lab):
    """As asyncmd has it: `restart` names who is restarted in its place."""
    out = lab(TOLD + """
global go
import aioclass.arguments as arguments
slept = []
go = asyncio.Event()
async def sleep(seconds):
    slept.append(seconds)
    await go.wait()
class Loop: pass
arguments.asyncio = loop = Loop()
loop.sleep = sleep
loop.create_task = asyncio.create_task
a = Told("a", restart=["b"]); b = Told("b", restart=["a"])
await add(a, b).start([a, b])
for n in range(5):
    go.clear()
    a.told.set(); b.told.set()
    await until(a, "failed"); await until(b, "failed")
    while len(slept) < 2 * n + 2:
        await asyncio.sleep_ms(0)
    go.set()
    await until(a, "running"); await until(b, "running")
print(slept)
""")
    assert out == ["[1, 1, 2, 2, 4, 4, 8, 8, 16, 16]"]


def test_one_task_looks_after_a_service_that_is_loaded_and_fails_again_and_again(lab):
    """Whatever is given back meanwhile; else each would hold memory for a minute."""
    out = lab("""
import sys
from asyncio import core
def queued():
    found = []
    while core._task_queue.peek():
        found.append(core._task_queue.pop())
    for task in found:
        core._task_queue.push(task, task.ph_key)
    return len(found)
a = Lab("a", restart={"delay": 0})
mgr = add(a)
found = []
for _ in range(5):
    a.fail = 1
    await mgr.start([a]); await until(a, "running")
    found.append(queued())
    mgr.release()
    await mgr.stop([a])
print(len(set(found)), "aioclass.heal" in sys.modules)
""")
    assert out == ["1 True"]
