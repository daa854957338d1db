"""check() on the board and `make check` on a PC: the same findings, from the same code."""

# ruff: noqa: E501 - findings stand here in one piece
from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest
from support.checks import run_check
from support.harness import ROOT
from support.services import SERVICE, Board

from svctl.build import check

CONFIG = "services.config: "
# (settings, what the classes say, findings)
TABLE = [
    ({}, {}, []),
    ({}, {"a": None, "b": {}, "c": {"enabled": True, "require": ["a"], "kwargs": {"x": 1}}}, []),
    # faults, all of an entry, beside those of others
    ({"a": {"args": 3, "loglevel": "loud"}, "b": 5}, {"a": None, "b": None},
     [CONFIG + "a.args: expected a list, not 3",
      CONFIG + 'a.loglevel: expected one of debug, info, warning, error, critical, not "loud"',
      CONFIG + "b: expected an object {key: value}, not 5"]),
    ({"_boot": {"groups": 5, "watchdog": 0.5}}, {},
     [CONFIG + "_boot.groups: expected a name or a list of names, not 5",
      CONFIG + "_boot.watchdog: expected seconds, 1 to 86400, or 0 or null for none, not 0.5"]),
    ({"_boot": {"name": "north", "fleet": ["roof", "out-1"]}}, {}, []),
    ({"_boot": {"name": "north-", "fleet": ["Roof"]}}, {},
     [CONFIG + '_boot.fleet: expected a list of names: small letters, digits and, inside, -, at most 32, not ["Roof"]',
      CONFIG + '_boot.name: expected a name: small letters, digits and, inside, -, at most 32, not "north-"']),
    ({"_boot": {"name": ""}}, {}, [CONFIG + '_boot.name: expected a name: small letters, digits and, inside, -, at most 32, not ""']),
    ({"_boot": {"name": "n" * 32, "fleet": []}}, {}, []),
    ({"_boot": []}, {}, [CONFIG + "_boot: expected an object {key: value}, not []"]),
    ({"a": {}, "a.service": {}}, {"a": None}, [CONFIG + "a and a.service are the same: keep one"]),
    # keys that are not in the table: an author's own, or a slip
    ({"a": {"pin": 5, "save": 1, "start": 2, "url": "x", "period": 3}}, {"a": None}, []),
    ({"a": {"enbaled": True}}, {"a": None}, [CONFIG + "a.enbaled: goes to self.config; did you mean enabled?"]),
    ({"a": {"arg": []}}, {"a": None}, [CONFIG + "a.arg: goes to self.config; did you mean args?"]),
    ({"a": {"log_level": "info"}}, {"a": None}, [CONFIG + "a.log_level: goes to self.config; did you mean loglevel?"]),
    ({"_boot": {"grops": ["x"]}}, {},
     [CONFIG + "_boot.grops: there is no such key, only groups, exclude, watchdog, utc_offset, blame, name, fleet; did you mean groups?"]),
    ({"a": {"restart": {"polcy": "no"}}}, {"a": None},
     [CONFIG + 'a.restart.polcy: there is no such key, only "no", "on-failure", "always" or '
      '{"policy": …, "delay": s, "limit": [n, s], "on_limit": "reset"}']),
    # unknown services
    ({"helo": {}}, {"hello": {}}, [CONFIG + "helo: there is no such service; did you mean hello?"]),
    ({"x": {"enabled": False}}, {"hello": {}}, [CONFIG + "x: there is no such service"]),
    ({"x": {"cls": "a.B"}, "hello@left": {}, "hello": {"instances": 2}, "hello@1": {}}, {"hello": {}}, []),
    # what a class says
    ({}, {"a": {"watchdog": "x", "restart": ["b"]}, "b": {"restart": "never"}},
     ['a.service.watchdog: expected seconds, 0 to 86400, or null, not "x"',
      'b.service.restart: expected "no", "on-failure", "always" or {"policy": …, "delay": s, '
      '"limit": [n, s], "on_limit": "reset"}, not "never"']),
    ({"a": {"watchdog": 5}}, {"a": {"watchdog": "x"}}, []),
    # requirements, of those that are to run
    ({}, {"a": {"enabled": True, "require": ["wfii"]}, "wifi": {"enabled": True}},
     ["a.service: requires wfii: there is no such service; did you mean wifi?"]),
    ({}, {"a": {"require": ["nothing"]}}, []),
    ({"a": {"require": {"radio": "b.service"}, "enabled": True}}, {"a": {"require": "nothing"}, "b": {}},
     ["a.service: requires b, which is disabled"]),
    ({"b": {"enabled": True}}, {"a": {"enabled": True, "require": "b"}, "b": {}}, []),
    ({"b": {"args": 1, "enabled": True}}, {"a": {"enabled": True, "require": "b"}, "b": {}},
     [CONFIG + "b.args: expected a list, not 1"]),
    ({"_boot": {"exclude": ["r*"]}}, {"a": {"enabled": True, "require": "radio"}, "radio": {"enabled": True}},
     ["a.service: requires radio, which is excluded"]),
    ({}, {"a": {"enabled": True, "kwargs": {"require": ["nothing"]}}}, ["a.service: requires nothing: there is no such service"]),
    ({"b": {"instances": 2, "enabled": True}}, {"a": {"enabled": True, "require": ["b@1", "b"]}, "b": {}},
     ["a.service: requires b: there is no such service"]),
    ({}, {"a": {"enabled": True, "want": ["nobody"]}}, []),
    ({}, {"a": {"enabled": True, "want": ["netwrok"]}, "network": {}},
     ["a.service: wants netwrok: there is no such service; did you mean network?"]),
    # cycles, each once
    ({}, {"a": {"enabled": True, "require": "b"}, "b": {"enabled": True, "require": "c"}, "c": {"enabled": True, "require": "b"}},
     ["b.service: requires itself: b -> c -> b"]),
    ({}, {"a": {"enabled": True, "require": "b"}, "b": {"require": "a"}}, ["a.service: requires b, which is disabled"]),
    ({"a": {"require": "a", "enabled": True}}, {"a": {}}, ["a.service: requires itself: a -> a"]),
    # groups
    ({"_boot": {"groups": ["in", "on*"]}}, {"a": {"enabled": True, "groups": "in"}},
     [CONFIG + "_boot.groups: no service that is to run is in on*"]),
    ({"_boot": {"groups": ["in"]}},
     {"a": {"enabled": True, "groups": "in", "require": "b"}, "b": {"enabled": True, "groups": ["out"]}},
     ["a.service: requires b, which is excluded"]),
    # ${NAME}; there is no .env
    ({"a": {"args": ["${NIX}"], "kwargs": {"k": "x${NO}"}, "pin": "${NAME}"}}, {"a": {"kwargs": {"k": "${CLASS}"}}},
     [CONFIG + "a.args: ${NIX} is not defined in .env", CONFIG + "a.kwargs.k: ${NO} is not defined in .env",
      CONFIG + "a.pin: ${NAME} is not defined in .env"]),
    ({}, {"a": {"kwargs": {"k": "${CLASS}"}}}, ["a.service.kwargs.k: ${CLASS} is not defined in .env"]),
]


@pytest.fixture
def findings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield check.device("aioservice.findings")
    for name in [name for name in sys.modules if name.startswith(("aioservice", "aioctl", "aioschedule"))]:
        del sys.modules[name]
    sys.path.remove(str(ROOT / "lib"))


@pytest.mark.parametrize("settings, services, found", TABLE)
def test_the_findings(findings, settings, services, found):
    assert findings.findings(settings, services, {}, {}) == found


def test_the_same_on_the_vm(vm):
    vm.put("table.json", "\n".join(json.dumps(row) for row in TABLE))
    assert vm.run("""
import json
from aioservice.findings import findings
for line in open("table.json"):
    settings, services, found = json.loads(line)
    told = findings(settings, services, {}, {})
    if told != found: print(settings, told)
print("end")
""").out == "end\n"


def test_what_is_not_known_and_what_failed(findings):
    made = findings.findings
    services = {"a": {"enabled": True, "require": ["b", "c", "d"]}, "b": None, "c": None, "d": None}
    assert made({}, services, {"b": "disabled"}, {"c": "no memory"}) == [
        "c.service: not loaded: no memory", "a.service: requires b, which is disabled"]
    assert made({"c": {"args": 1}}, services, {}, {"c": "SettingsError: …"}) == [
        CONFIG + "c.args: expected a list, not 1"]


@pytest.mark.parametrize("one, other, apart", [
    ("", "", 0), ("a", "", 1), ("abc", "abc", 0), ("enbaled", "enabled", 1), ("abc", "cab", 2), ("enable", "enabled", 1),
    ("kitten", "sitting", 3), ("ab", "ba", 1),
])
def test_how_far_words_are_apart(findings, one, other, apart):
    told = check.device("aioservice.spelling").apart
    assert told(one, other) == told(other, one) == apart


def random_value(rng, names, deep=2):
    kind = rng.randrange(9 if deep else 6)
    if kind < 6:
        return [None, True, rng.randrange(-2, 100), rng.random() * 10, rng.choice(names), "${%s}" % rng.choice("AB")][kind]
    if kind < 8:
        return [random_value(rng, names, deep - 1) for _ in range(rng.randrange(3))]
    return {rng.choice(names): random_value(rng, names, deep - 1)}


def random_case(rng):
    names = ["a", "b", "c", "a.service", "a@0", "start_in", "repeat", "policy", "delay", "*", "x y", "", "ä"]
    keys = [*check.device("aioservice.findings")._words(), "enabld", "pin", "_boot", ""]

    def entry():
        made = {key: random_value(rng, names) for key in rng.sample(keys, rng.randrange(5))}
        if rng.random() < 0.7:
            made["enabled"] = True
            made["require"] = rng.sample(["a", "b", "c"], rng.randrange(3))
        return made

    settings = {name: entry() if rng.random() < 0.9 else random_value(rng, names) for name in rng.sample(names, 4)}
    if rng.random() < 0.5:
        settings["_boot"] = random_value(rng, ["groups", "exclude", "watchdog", "a"])
    return [settings, {name: rng.choice([None, entry()]) for name in "abc"}]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_stands_there_both_say_the_same(vm, findings, seed):
    rng = random.Random(seed)
    cases = [random_case(rng) for _ in range(150)]
    (vm.root / "cases.json").write_text("\n".join(map(json.dumps, cases)))
    out = vm.run("""
import json
from aioservice.findings import findings
for line in open("cases.json"):
    print(json.dumps(findings(*json.loads(line), {}, {})))
""").out
    for case, line in zip(cases, out.splitlines()):
        told = findings.findings(*case, {}, {})
        # numbers and objects are not written alike: only what stands before them is compared
        assert [x.split(", not ")[0] for x in json.loads(line)] == [x.split(", not ")[0] for x in told], case
    assert len(out.splitlines()) == len(cases)


# -- a board and its sources -------------------------------------------------------

FILES = {
    "core": ('type = "core.service"', "core"),
    "web": ('require = {"radio": "wifo"}\n    lograte = 5', "web"),
    "wifi": ('groups = ("net",)', "wifi"),
    "loop": ('def __init__(self, name):\n        super().__init__(name)\n        self.require = ["ring"]', "loop"),
    "ring": ('require = "loop"', "ring"),
    "off": ("enabled = False\n    require = 'nothing'", "off"),
    "other": ("", "another"),
    "many": ("watchdog = -5\n    require = 'off'", "many"),
    "needs": ("require = ('off', 'other')\n    kwargs = {'key': '${KEY}', 'on_stop': print}", "needs"),
}
SETTINGS = {"_boot": {"groups": ["net", "nett"]}, "core": {"start_timout": 5}, "cor": {}, "wifi": {"args": [1]}, "gone": {"args": 5},
            "many": {"instances": 3}, "many@1": {"require": ["core"]}}
FOUND = """\
services.config: cor: there is no such service; did you mean core?
services.config: core.start_timout: goes to self.config; did you mean start_timeout?
services.config: gone.args: expected a list, not 5
services.config: gone: there is no such service
many.service.watchdog: expected seconds, 0 to 86400, or null, not -5
needs.service.kwargs.key: ${KEY} is not defined in .env
other.service: not loaded: its service is called 'another', its file says 'other'
web.service.lograte: expected [lines, seconds], whole numbers from 1 on, or null for no limit, not 5
many@0.service: requires off, which is disabled
needs.service: requires off, which is disabled
web.service: requires wifo: there is no such service; did you mean wifi?
loop.service: requires itself: loop -> ring -> loop
services.config: _boot.groups: no service that is to run is in nett
"""


def source_tree(folder):
    services = folder / "aioservices/services"
    services.mkdir(parents=True)
    for name, (attributes, called) in FILES.items():
        (services / f"{name}_service.py").write_text(SERVICE % ("    " + attributes, "pass", called))
    (folder / "services.config").write_text(json.dumps(SETTINGS))
    return folder


def test_board_and_host_find_the_same(vm, tmp_path):
    tree = source_tree(tmp_path / "tree")
    done = run_check(tree)
    assert (done.stdout, done.stderr, done.returncode) == (FOUND, "", 1)
    board = Board(vm)
    for path in (tree / "aioservices/services").iterdir():
        board.vm.put(f"aioservices/services/{path.name}", path.read_text())
    board.config(SETTINGS)
    assert board.run("""
await up()
found = aioservice.check()
from aioservice.manager import manager
print(len(found), "aioservice.findings" in sys.modules, "aioservice.settings" in sys.modules)
""") == FOUND + f"{len(FOUND.splitlines())} False False\n"


def test_check_runs_and_constructs_nothing(board_tree, vm):
    board = Board(vm)
    board.file("off", "print('imported')\nfrom aioclass import Service\nservice = Service('off')\n")
    board.config({"off": {"enabled": False}})
    assert board.run("await up()\nprint(aioservice.check())") == "[]\n"


def test_check_before_anything_is_loaded(vm):
    board = Board(vm)
    board.service("one", "require = 'two'").config("{nonsense")
    assert board.run("print(len(aioservice.check()))") == (
        "services.config is damaged: it is not JSON; using defaults\n1\n")


def test_sources_that_a_board_could_not_load(tmp_path):
    services = tmp_path / "aioservices/services"
    services.mkdir(parents=True)
    for name, text in {
        "syntax": "def broken(:\n",
        "none": "x = 1\n",
        "kind": "from aioclass import Service\nclass A(Service):\n    type = 'odd'\nservice = A('kind')\n",
        "far": "from elsewhere import A\nservice = A('far')\n",
        "made": "from elsewhere import make\nservice = make()[0]\n",
        "typed": "from aioclass import Service\nclass B(Service):\n    enabled: bool = True\n    watchdog = -1\n"
                 "class A(B):\n    require = set(['x'])\n    want = {'b', 'a'}\nservice: A = A(name='typed')\n",
        "both": "",
    }.items():
        (services / f"{name}_service.py").write_text(text)
    (services / "both_service.mpy").write_bytes(b"M")
    done = run_check(tmp_path)
    assert done.stdout.replace("invalid syntax", "…").splitlines() == [
        "both.service: not loaded: both_service.py and .mpy are both there; remove one",
        "kind.service: not loaded: kind.type cannot be 'odd'; it is one of core.service, runtime.service, schedule.service",
        "none.service: not loaded: no `service = …('none')` in it",
        "syntax.service: not loaded: SyntaxError: …, line 1: def broken(:",
        "typed.service.watchdog: expected seconds, 0 to 86400, or null, not -1",
    ]


GIVEN = """
import aioctl
from aioclass import Service
class Base(Service):
    kwargs = {"pin": 25, "period": 500}
    async def task(self, pin, period=1, *, loud=False): pass
class Given(Base): pass
class Open(Service):
    async def task(self, *args, **kwargs): pass
class Old(Service):
    @aioctl.aiotask
    async def task(self, pin, log=None): pass
class Set(Service):
    def __init__(self, name):
        super().__init__(name)
        self.task = print
class Wrong(Service):
    kwargs = {"perod": 5}
    async def task(self, period): pass
class Component(Service):
    kwargs = {"pin": 5}
service = NAME
"""


def test_what_a_task_does_not_take(tmp_path, vm):
    """The board raises a TypeError for each of these, when it comes to it."""
    services = tmp_path / "aioservices/services"
    services.mkdir(parents=True)
    for name in ("given", "open", "old", "set", "wrong", "component"):
        (services / f"{name}_service.py").write_text(GIVEN.replace("NAME", f"{name.capitalize()}({name!r})"))
    settings = {
        "given": {"kwargs": {"perod": 1, "loud": True, "log": 1, "zzz": 2}}, "given@a": {"args": [1]},
        "given@b.service": {"args": [1, 2, 3], "kwargs": {}}, "given@c": {"enabled": False, "kwargs": {"pin": 3}},
        "open": {"kwargs": {"any": 1}, "args": [1, 2]}, "old": {"kwargs": {"pin": 1, "on_stop": 1, "pni": 2}},
        "set": {"kwargs": {"any": 1}}, "component": {"kwargs": {"any": 1}}, "made": {"cls": "given.Given", "kwargs": {"x": 1}},
    }
    (tmp_path / "services.config").write_text(json.dumps(settings))
    only = "task() has no such parameter, only pin, period, loud"
    assert run_check(tmp_path).stdout.splitlines() == [
        "wrong.service.kwargs.perod: task() has no such parameter, only period; did you mean period?",
        CONFIG + f"given.kwargs.perod: {only}; did you mean period?",
        CONFIG + f"given.kwargs.zzz: {only}",
        CONFIG + "given@a.args: the value of pin stands in kwargs, too",
        CONFIG + "given@b.args: 3 values, and task() takes 2 at most",
        CONFIG + "given@b.args: the value of pin stands in kwargs, too",
        CONFIG + "given@b.args: the value of period stands in kwargs, too",
        CONFIG + "old.kwargs.pni: task() has no such parameter, only pin, log; did you mean pin?",
    ]


def test_where_the_settings_are_no_json(tmp_path):
    (tmp_path / "services.config").write_text('{\n  "one": {"enabled": true}\n  "two": {}\n}\n')
    assert run_check(tmp_path).stdout == (
        "services.config is damaged: it is not JSON (line 3, column 3: Expecting ',' delimiter); using defaults\n")
    (tmp_path / "services.config").write_text("[]")
    assert run_check(tmp_path).stdout == (
        "services.config is damaged: it is not an object {name: {…}}; using defaults\n")


def test_a_file_that_is_no_service_is_told(tmp_path):
    services = tmp_path / "aioservices/services"
    services.mkdir(parents=True)
    for name in ("other", "__init__", "helper", "tools"):
        (services / f"{name}.py").write_text("")
    (services / "readme.txt").write_text("")
    (services / "one_service.py").write_text(
        "from aioclass import Service\nfrom aioservices.services.helper import x\nimport aioservices.services.tools\n"
        "service = Service('one')\n")
    assert run_check(tmp_path).stdout == (
        "aioservices/services/other.py: no service, as its name does not end in _service.py\n")


STRAYS = """
import asyncio
from aioclass import Service

class One(Service):
    async def poll(self, every, now=False):
        await asyncio.sleep(every)

    async def task(self):
        {line}
        await asyncio.sleep(100)

service = One("one")
"""
OUTLIVES = "one.service: line 10: create_task({}) outlives it, and doubles when it is restarted; {} makes a child\n"


@pytest.mark.parametrize("line, made, instead", [
    ("asyncio.create_task(self.poll(5))", "self.poll(5)", "self.add_ctask(aioctl, self.poll, 'poll', 5)"),
    ("from asyncio import create_task; create_task(self.poll(1, now=True))", "self.poll(1, now=True)",
     "self.add_ctask(aioctl, self.poll, 'poll', 1, now=…)"),
    ("asyncio.get_event_loop().create_task(poll())", "poll()", "self.add_ctask(aioctl, poll, 'poll')"),
    ("asyncio.core.create_task(self.bus.read())", "self.bus.read()", "self.add_ctask(aioctl, self.bus.read, 'read')"),
    ("asyncio.create_task(coro)", "coro", "self.add_ctask(aioctl, …)"),
])
def test_a_task_that_nobody_keeps_is_told(tmp_path, line, made, instead):
    services = tmp_path / "aioservices/services"
    services.mkdir(parents=True)
    (services / "one_service.py").write_text(STRAYS.format(line=line))
    assert run_check(tmp_path).stdout == OUTLIVES.format(made, instead)


@pytest.mark.parametrize("line", [
    "self.polls = asyncio.create_task(self.poll(5))", "await asyncio.create_task(self.poll(5))",
    "tasks = [asyncio.create_task(self.poll(n)) for n in range(3)]",
    "asyncio.create_task(self.poll(5))  # outlives it, on purpose", "self.create(self.poll(5))"])
def test_a_task_that_somebody_keeps_is_not(tmp_path, line):
    services = tmp_path / "aioservices/services"
    services.mkdir(parents=True)
    (services / "one_service.py").write_text(STRAYS.format(line=line))
    assert run_check(tmp_path).stdout == "check: fine\n"


def test_the_project_itself_is_fine(board_tree):
    for folder in (ROOT, board_tree):
        done = run_check(folder)
        assert (done.stdout, done.stderr, done.returncode) == ("check: fine\n", "", 0)


def test_the_reference_is_up_to_date():
    done = subprocess.run([sys.executable, "-m", "tools.docs.reference", "--check"], cwd=ROOT, text=True,
                          capture_output=True, timeout=30)
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_folder_that_is_none(tmp_path):
    done = run_check(tmp_path / "nowhere")
    assert done.returncode == 1 and done.stderr == f"check: {tmp_path}/nowhere is not a folder\n"
