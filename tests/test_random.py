"""Random lives over random graphs of requirements: whatever happens, the invariants hold.

The seed is in the test's id. SEEDS=200 in the environment tries more of them.
"""
import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent

SCRIPT = """
import random
from lab import *

seed = {seed}
random.seed(seed)
faults = []

class Wild(Lab):
    setups = cleanups = 0

    def move(self, state):
        if state == "starting":
            for name in self.needs:
                if not mgr.services[name].is_up():
                    faults.append("%s started without %s (%s)" % (self.name, name, mgr.services[name].state))
        super().move(state)

    async def setup(self):
        self.setups += 1
        await asyncio.sleep_ms(random.randint(0, 20))
        if random.randint(0, 3) == 0:
            raise OSError(113)

    async def task(self):
        kind = random.randint(0, 5)
        if kind == 0:
            raise ValueError
        if kind == 1:
            return
        try:
            await asyncio.sleep_ms(random.randint(0, 60) if kind < 4 else 10000)
        except asyncio.CancelledError:
            if kind == 5:
                await asyncio.sleep_ms(random.randint(0, 10))
            raise

    async def cleanup(self):
        self.cleanups += 1
        await asyncio.sleep_ms(random.randint(0, 10))
        if random.randint(0, 4) == 0:
            raise RuntimeError

names = [chr(97 + i) for i in range(random.randint(3, 9))]
cyclic = random.randint(0, 2) == 0
types = ("core.service", "runtime.service", "runtime.service", "schedule.service")
for i, name in enumerate(names):
    needs = [other for other in names[:i] if random.randint(0, 2) == 0]
    if cyclic and random.randint(0, 3) == 0:
        needs.append(random.choice(names))
    want = [other for other in names if other != name and other not in needs and random.randint(0, 4) == 0]
    s = Wild(name, require=needs, want=want, needs=needs, type=random.choice(types),
             restart={{"delay": 0.005}}, stop_grace=random.choice((0, 0, 0.02)))
    if s.type == "schedule.service":
        s.schedule = {{"start_in": 0.005, "repeat": 0.03}}
    add(s)
mgr = manager()

async def main():
    for i in range(150):
        s = mgr.services[random.choice(names)]
        what = random.randint(0, 9)
        if what < 4:
            mgr.start([s])
        elif what < 6:
            mgr.stop([s])
        elif what < 7:
            mgr.restart([s])
        elif what < 8:
            s.interrupt()
            s = None
        elif what < 9 and s.record is not None:
            s.record.task.cancel()
            s = None  # what it was told last has an end of its own
        if i % 10 == 9 and s is not None:  # the last word wins, whatever goes on
            mgr.start([s])
            await asyncio.sleep_ms(0)
            while mgr.stopping or "stopping" in states(*mgr.services.values()):
                await mgr.change()
            for _ in range(9):
                await asyncio.sleep_ms(0)
            if s.state in ("init", "stopped"):
                faults.append("%s was started, and is %s" % (s.name, s.state))
        await asyncio.sleep_ms(random.randint(0, 15))
    await aioservice.shutdown()
    for s in mgr.services.values():
        if s.setups != s.cleanups:
            faults.append("%s: %d setups, %d cleanups" % (s.name, s.setups, s.cleanups))
        if s.is_active() or s.record is not None and not s.record.task.done():
            faults.append("%s is alive after shutdown: %s" % (s.name, s.state))
    print("runs", sum(s.setups for s in mgr.services.values()))
    print("cyclic", cyclic)
    for fault in faults:
        print(fault)
    for move in sorted(MOVES):
        print("move", *move)

run(main)
"""


def listed() -> set:
    """The transitions in the head comment of aioclass/__init__.py."""
    found = set()
    for line in (HERE.parent / "lib" / "aioclass" / "__init__.py").read_text().split("\n"):
        if line.startswith("#   ") and "->" in line:
            for each in [part for part in line[4:].split(";") if "->" in part]:
                left, right = each.split("->")
                ends = right.strip().split("  ")[0].replace("|", " ").split()
                found |= {(start, end) for start in left.replace(",", " ").split() for end in ends}
    return found


@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("SEEDS", "8"))))
def test_random_lives(vm, seed):
    vm.put("lib/lab.py", (HERE / "lab.py").read_text())
    lines = vm.run(SCRIPT.format(seed=seed), timeout=60).out.split("\n")
    assert lines[0].startswith("runs ") and (int(lines[0][5:]) > 10 or lines[1] == "cyclic True"), lines
    moves = {tuple(line.split()[1:]) for line in lines if line.startswith("move ")}
    faults = [line for line in lines[2:] if line and not line.startswith("move ")]
    assert not faults
    assert moves <= listed(), moves - listed()
