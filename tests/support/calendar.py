"""A simple model of calendar times, datetime's, and programs that run on CPython and on the real VM."""
from __future__ import annotations

import os
import subprocess
import sys
from calendar import monthrange
from datetime import datetime, timedelta

from support.harness import ROOT

LIB = ROOT / "lib"


def cpython(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", "import builtins\nbuiltins.const = lambda value: value\n" + code],
        env={**os.environ, "PYTHONPATH": str(LIB)}, cwd=folder, capture_output=True, text=True, timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def both(vm, code, **options):
    """What a script prints on the VM, which must be what it prints on CPython."""
    out = vm.run(code, **options).out
    assert out == cpython(code, vm.root)
    return out


WEEK = "mon tue wed thu fri sat sun".split()


def on(days, date):
    """Whether a date is one of those that `days` names."""
    if days is None:
        return True
    for part in days.split(","):
        if part == "last":
            if date.day == monthrange(date.year, date.month)[1]:
                return True
            continue
        first, _, last = part.partition("-")
        names, value = (WEEK, date.weekday()) if first in WEEK else ([str(n) for n in range(1, 32)], date.day - 1)
        low, high = names.index(first), names.index(last or first)
        if low <= value <= high or (low > high and (value >= low or value <= high)):
            return True
    return False


def moments(at, days, start, end):
    """All moments of a rule after start and up to end."""
    found = []
    times = sorted({tuple(int(n) for n in (part + ":00").split(":")[:3]) for part in at.split(",")})
    date = start.date()
    while date <= end.date():
        if on(days, date):
            for h, m, s in times:
                when = datetime(date.year, date.month, date.day, h, m, s)
                if start < when <= end:
                    found.append(when)
        date += timedelta(1)
    return found


def a_rule(rng):
    at = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        h, m, s = rng.choice(((0, 0, 0), (23, 59, 59), (rng.randrange(24), rng.randrange(60), rng.randrange(60))))
        at.append(f"{h:0{rng.choice((1, 2))}}:{m:02}" + (f":{s:02}" if s or rng.random() < 0.3 else ""))
    parts = []
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        kind = rng.randrange(5)
        if kind == 0:
            parts.append("last")
        elif kind < 3:
            parts.append("-".join(rng.sample(WEEK, kind)))
        else:
            parts.append("-".join(str(rng.choice((1, 28, 29, 30, 31, rng.randint(1, 31)))) for _ in range(kind - 2)))
    return ",".join(at), ",".join(parts) or None


TIMED = 'type = "schedule.service"\nschedule = %s'
