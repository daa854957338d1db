"""Series of failures: what is kept of them, and what a traceback shows."""


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
