"""Calendar times: `at` and `days`, compared with a simple model, datetime's, on the real VM and on CPython; what
may be said, and what may not."""
from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

from support.calendar import LIB, TIMED, a_rule, both, cpython, moments


# -- the model -----------------------------------------------------------------


def a_moment(rng):
    """Near where calendars go wrong, or anywhere in 2025 to 2105."""
    year = rng.choice((2025, 2028, 2100, rng.randint(2025, 2105)))
    date = rng.choice(((year, 2, 28), (year, 3, 1), (year, 12, 31), (year, 1, 1), (year, rng.randint(1, 12), 28)))
    time = rng.choice(((0, 0, 0), (23, 59, 59), (rng.randrange(24), rng.randrange(60), rng.randrange(60))))
    return datetime(*date, *time) + timedelta(rng.choice((0, 0, 1, 2, 3, -1)))


def test_next_due_is_what_datetime_says(vm):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    cases = []
    for _ in range(400):
        at, days = a_rule(rng)
        now = a_moment(rng)
        minutes = rng.choice((0, 0, 60, -90, 345, 840, -720, 19.5, rng.randint(-1440, 1440)))
        local = now + timedelta(minutes=minutes)
        due = moments(at, days, local, local + timedelta(64))[0]
        cases.append([at, days, minutes, list(now.timetuple()[:6]), str(due), (due - local).total_seconds()])
    (vm.root / "cases.json").write_text(json.dumps(cases))
    assert both(vm, """
import json
from aioschedule.rule import parse
from aioschedule.calendar import date, gap, moment, next_after
for at, days, minutes, now, due, seconds in json.load(open("cases.json")):
    rule = parse(at, days)
    local = moment(now, minutes)
    found = next_after(rule, local)
    s = found[1]
    text = "%04d-%02d-%02d %02d:%02d:%02d" % (date(found[0]) + (s // 3600, s // 60 % 60, s % 60))
    if text != due or gap(local, found) != seconds: print(at, days, minutes, now, text, due)
print("compared")
""") == "compared\n"


def test_each_day_from_2000_to_2105(vm):
    days, total = 0, 0
    date = datetime(2000, 1, 1)
    while date.year < 2106:
        total = (total * 31 + date.year * 372 + date.month * 31 + date.day) % 1000003
        days += 1
        date += timedelta(1)
    assert both(vm, """
from aioschedule.calendar import date, moment
day = moment((2000, 1, 1, 0, 0, 0))[0]
total = n = wrong = 0
while True:
    y, m, d = date(day + n)
    if y > 2105: break
    if moment((y, m, d, 1, 2, 3)) != (day + n, 3723): wrong += 1
    total = (total * 31 + y * 372 + m * 31 + d) % 1000003
    n += 1
print(n, total, wrong)
print(date(moment((2000, 2, 29, 0, 0, 0))[0]), date(moment((2028, 2, 29, 0, 0, 0))[0]), date(moment((2100, 2, 28, 0, 0, 0))[0] + 1))
""") == f"{days} {total} 0\n(2000, 2, 29) (2028, 2, 29) (2100, 3, 1)\n"


# -- what may be said ----------------------------------------------------------

RIGHT = [
    {"at": "07:30"}, {"at": "7:30"}, {"at": "23:59:59", "days": "MON-Fri"}, {"at": "00:00", "days": None},
    {"at": "6:00, 18:00", "days": "sat,sun", "persistent": True}, {"at": "6:00", "days": "1,15,last"},
    {"at": "6:00", "days": "fri-mon"}, {"at": "6:00", "days": "28-3"}, {"repeat": 5, "persistent": False},
    {"at": "6:00", "start_in": None, "repeat": False},
]
AT = 'at: expected a time, "07:30" or "07:30:00", or several with commas, not '
DAYS = 'days: expected days as "mon-fri", "sat,sun", "1,15" or "last", not '
WRONG = [
    *[({"at": at}, AT + json.dumps(at)) for at in (
        "24:00", "7", "7:3", "07:60", "07:30:60", "007:30", "", "7:30,", "-7:30", "7:30:00:00", " ", "soon",
        None, 730, ["07:30"], True, 7.5, {})],
    *[({"at": "6:00", "days": days}, DAYS + json.dumps(days)) for days in (
        "", "mo", "monday", "mon-", "-mon", "mon-tue-wed", "0", "32", "mon-5", "5-mon", "1;15", "1,,15", "onm", "-1",
        "last-3", "first", 1, ["mon"], True)],
    ({"at": "6:00", "days": "mon", "persistent": 1}, "persistent: expected true or false, not 1"),
    ({"at": "6:00", "persistent": None}, "persistent: expected true or false, not null"),
    ({"days": "mon"}, 'at: expected a time beside days, as "07:30"; there is none'),
    ({"days": "mon", "repeat": 5}, 'at: expected a time beside days, as "07:30"; there is none'),
    ({"repeat": 5, "persistent": True}, "persistent: expected false without at: intervals miss nothing"),
    ({"at": "6:00", "repeat": 5}, "at: expected no start_in and no repeat beside it"),
    ({"at": "6:00", "start_in": 0}, "at: expected no start_in and no repeat beside it"),
    ({"at": "6:00", "dais": "mon"}, "dais: expected one of start_in, repeat, at, days, persistent"),
    ({"start": 5}, "start: expected one of start_in, repeat, at, days, persistent"),
]


def test_settings_say_what_is_wrong(vm):
    (vm.root / "right.json").write_text(json.dumps(RIGHT))
    (vm.root / "wrong.json").write_text(json.dumps(WRONG))
    code = """
import json, sys
%s
for timing in json.load(open("right.json")):
    if fault_of("hello", {"schedule": timing}) is not None: print(timing, fault_of("hello", {"schedule": timing}))
for timing, fault in json.load(open("wrong.json")):
    found = fault_of("hello", {"schedule": timing})
    if found != "hello.schedule." + fault: print(timing, found)
print(fault_of("hello", {"schedule": {"persistent": False}}))
"""
    expected = (
        'hello.schedule: expected {"start_in": seconds, "repeat": seconds or false} or '
        '{"at": "07:30", "days": "mon-fri", "persistent": true}, not {"persistent": false}\n'
    )
    assert vm.run(code % "from aioservice.settings import fault_of").out == expected
    load = "sys.path.append(%r); from settings import fault_of" % str(LIB / "aioservice")
    assert cpython(code % load, vm.root) == expected


def test_a_class_says_what_is_wrong(board):
    board.service("bad", TIMED % '{"at": "25:00"}').service("good")
    out = board.run("await up()\nstatus()")
    assert out == board.failed("bad", "SettingsError: bad.schedule." + AT + '"25:00"') + board.line("good")
