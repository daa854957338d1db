"""The one state machine: each transition that the head of aioclass/__init__.py lists does happen, and no other."""
from support.states import listed

# What each part shows stands in its first line. The parts share one board; each leaves it stopped.
SCRIPT = """
class Told(Lab):
    # Raises, or returns, when it is told to.
    async def setup(self):
        self.told = asyncio.Event()
    async def task(self):
        await self.told.wait()
        if self.told_error:
            raise self.told_error
    told_error = None
    def tell(self, error=None):
        self.told_error = error
        self.told.set()
class Quick(Lab):
    # Fails as often as told, then returns.
    bad = 0
    async def task(self):
        if self.bad:
            self.bad -= 1
            raise ValueError
class Never(Quick):
    # Cannot begin from the time it is told so.
    never = False
    def begin(self):
        if self.never:
            raise MemoryError
        super().begin()
HOUR = {"start_in": 3600}
ONCE = {"start_in": 0}
OFTEN = {"start_in": 0, "repeat": 0.02}
timed = "schedule.service"
mgr = manager()
async def part(*services):
    await aioservice.shutdown()
    mgr.services.clear()
    add(*services)

# init, stopped, failed, done -> starting; starting -> running -> done, stopping -> stopped, failed
a = Told("a", restart="no")
await part(a)
await mgr.start([a]); await mgr.stop([a]); await mgr.start([a])
a.tell(ValueError()); await until(a, "failed")
await mgr.start([a])
a.tell(); await until(a, "done"); await mgr.stop([a])

# the same of one in the schedule: -> scheduled; scheduled -> stopping, starting; stopping -> done, scheduled
a = Quick("a", type=timed, schedule=HOUR, restart="no")
await part(a)
await mgr.start([a]); await mgr.stop([a]); a.schedule = ONCE
await mgr.start([a]); await until(a, "done")
a.bad = 1
await mgr.start([a]); await until(a, "failed")
a.schedule = HOUR
await mgr.start([a]); await mgr.stop([a])
# a schedule that was taken away: done -> starting
a.schedule = ONCE; await mgr.start([a]); await until(a, "done")
a.schedule = None; a.type = "runtime.service"
await mgr.start([a]); await mgr.stop([a])

# a schedule that goes on after a failed run: failed -> starting, failed -> stopping
a = Quick("a", type=timed, schedule=OFTEN, restart="no", bad=2)
await part(a)
await mgr.start([a]); await until(a, "failed"); await until(a, "starting"); await until(a, "failed")
await mgr.stop([a])
# restarting -> starting by the schedule, stopping -> scheduled
a = Quick("a", type=timed, schedule=OFTEN, restart={"delay": 60}, bad=1)
await part(a)
await mgr.start([a]); await until(a, "restarting"); await until(a, "starting"); await until(a, "scheduled")

# -> waiting, blocked, of each state; waiting -> blocked -> waiting -> starting; -> stopped
for state in ("init", "stopped", "failed", "done"):
    for need in (Lab("need", up=20), Lab("need", fail=1, restart={"delay": 0.02})):
        a = Told("a", restart="no")
        await part(a)
        if state == "done":
            a = Quick("a", type=timed, schedule=ONCE)
            await part(a)
        if state != "init":
            await mgr.start([a])
            if state == "stopped":
                await mgr.stop([a])
            elif state == "failed":
                a.tell(ValueError())
            await until(a, state)
        a.schedule = None; a.type = "runtime.service"
        a.require = "need"
        if need.up:
            add(need)
            mgr.start([a])
            await until(a, "waiting")
        else:
            await mgr.start([a])  # blocked: it is unknown
            add(need)
            mgr.begin([need])
            await until(a, "waiting"); await until(a, "blocked"); await until(a, "waiting")
        await until(a, "running", "done")
a = Lab("a", require="need"); need = Lab("need", up=20)
await part(a, need)
mgr.begin([a]); a.ask()  # waiting -> stopped
del mgr.services["need"]
mgr.begin([a]); a.ask()  # blocked -> stopped

# waiting, blocked -> scheduled; blocked -> starting
a = Lab("a", type=timed, schedule=HOUR, require="need"); need = Lab("need", up=20)
await part(a, need)
await mgr.start([a]); await until(a, "scheduled")
need = Lab("need", type=timed, schedule=HOUR)
for type_, schedule in ((timed, HOUR), ("runtime.service", None)):
    a = Lab("a", type=type_, schedule=schedule, require="need")
    await part(a)
    await mgr.start([a])
    add(need)
    await mgr.start([need]); await until(a, "scheduled", "starting")

# init, stopped, done, waiting, blocked -> failed
a = Never("a")
await part(a)
await mgr.start([a]); await mgr.stop([a]); a.never = True; await mgr.start([a])
await part(Never("b", never=True)); await mgr.start(list(mgr.services.values()))
a = Never("a", type=timed, schedule=ONCE)
await part(a)
await mgr.start([a]); await until(a, "done"); a.never = True; await mgr.start([a])
for need in (Lab("need", up=20), Lab("need", type=timed, schedule=HOUR)):
    a = Never("a", require="need", never=True)
    await part(a)
    if need.up:
        add(need)
    await mgr.start([a])
    add(need)
    await mgr.start([need]); await until(a, "failed")

# starting -> stopping by a failure and when asked; stopping -> restarting; restarting -> starting, stopping
a = Lab("a", fail=1, restart={"delay": 0.01}); b = Lab("b", up=5000)
await part(a, b)
mgr.begin([b]); await until(b, "starting"); await asyncio.sleep_ms(0)
await mgr.start([a]); await until(a, "running"); await mgr.stop([b])
a.fail = 1; a.restart = {"delay": 60}
await mgr.restart([a]); await until(a, "restarting"); await mgr.stop([a])

# restarting -> waiting, blocked, scheduled, where a requirement is not up after the delay
a = Told("a", require="need", restart={"delay": 0.05}); need = Once("need", type="core.service")
await part(a, need)
await mgr.start([a])
a.tell(ValueError()); await until(a, "restarting")
need.ask(); await until(a, "blocked")  # it alone, not its dependents
await part(a, need)
await mgr.start([a])
a.tell(ValueError()); await until(a, "restarting")
need.ask(); await until(need, "stopped"); need.up = 200; need.begin()
await until(a, "waiting")
a = Quick("a", type=timed, schedule={"start_in": 0, "repeat": 60}, require="need", restart={"delay": 0.05}, bad=1)
need.up = 0
await part(a, need)
await mgr.start([a]); await until(a, "restarting")
need.ask(); await until(a, "scheduled")

# init, stopped, failed, done, waiting, blocked -> masked; masked -> init
async def mask(a):
    aioservice.mask("a"); await until(a, "masked")
    await mgr.start([a])
    if a.state != "masked": print("started")
    aioservice.unmask("a")
for fate in ("init", "running", "failed", "done", "waiting", "blocked"):
    a = Told("a", restart="no")
    if fate == "done":
        a = Quick("a", type=timed, schedule=ONCE)
    elif fate in ("waiting", "blocked"):
        a.require = "need"
    await part(a)
    if fate == "waiting":
        add(Lab("need", up=5000)); mgr.begin([a])
    elif fate != "init":
        await mgr.start([a])
    if fate == "failed":
        a.tell(ValueError())
    await until(a, fate)
    await mask(a)

await aioservice.shutdown()
for move in sorted(MOVES): print(*move)
"""


def test_each_listed_transition_happens_and_no_other(lab):
    found = {tuple(line.split()) for line in lab(SCRIPT, timeout=40)}
    expected = set(listed())
    assert found - expected == set()
    assert expected - found == set()
