"""services.config: what it may hold, what is said about what it may not, and that it is never lost."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import importlib.util
import json

import pytest
from harness import ROOT
from test_services import FOREVER, Board


@pytest.fixture
def board(vm):
    return Board(vm)


def on_cpython(name):
    """The device's module; only reading and ${NAME} touch anything else."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"lib/aioservice/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def settings():
    return on_cpython("settings")


# -- the table of keys: on CPython, and the same on the VM ---------------------

RIGHT = {
    "enabled": [True, False],
    "args": [[], [1, "a", None, {"x": [1]}]],
    "kwargs": [{}, {"a": 1}],
    "require": ["a", [], ["a", "b"], {"radio": "wifi"}],
    "want": ["a", ["a"]],
    "groups": ["a", ["a", "b"]],
    "schedule": [
        None,
        {"start_in": 0},
        {"repeat": 2.5},
        {"start_in": 1, "repeat": False},
        {"start_in": [2026, 1, 2, 3, 4, 5], "repeat": None},
    ],
    "restart": [
        "no",
        "on-failure",
        "always",
        True,
        False,
        {},
        {"policy": "always", "delay": 0.5, "limit": [5, 60], "on_limit": "reset"},
    ],
    "start_timeout": [0, 1.5, 86400],
    "stop_grace": [0],
    "stop_timeout": [3],
    "watchdog": [None, 8],
    "critical": [True],
    "safe": [False],
    "loglevel": ["debug", "INFO"],
    "lograte": [None, [1, 1], [20, 10]],
    "instances": [1, 99],
    "cls": ["a.B", "a.b.C"],
    "pin": [5, "anything", None],
}
WRONG = {
    "enabled": [1, "true", None, []],
    "args": [5, "ab", {"a": 1}, None],
    "kwargs": [5, [], "a", None],
    "require": [5, [1], {"a": 1}, None],
    "want": [5, {"a": "b"}, [None]],
    "groups": [5, {"a": "b"}],
    "schedule": [
        5,
        [],
        {},
        {"start_in": -1},
        {"repeat": 0},
        {"repeat": -1},
        {"start_in": "soon"},
        {"repeat": "1"},
        {"start_in": [2026, 1]},
        {"start_in": True},
    ],
    "restart": [
        "never",
        5,
        None,
        {"policy": "x"},
        {"delay": -1},
        {"limit": 5},
        {"limit": [1]},
        {"limit": [0, 5]},
        {"on_limit": "explode"},
    ],
    "start_timeout": [-1, "5", None, True, 86401],
    "stop_grace": [[]],
    "stop_timeout": ["x"],
    "watchdog": [-1, "x"],
    "critical": [1],
    "safe": ["no"],
    "loglevel": ["loud", 5, ""],
    "lograte": [5, [], [1], [0, 1], [1, 0.5], [1, 2, 3], "1/s", True, [True, "x"]],
    "instances": [0, -1, 100, True, "3", 1.5],
    "cls": ["B", "", ".B", "a.", 5],
}


def test_the_table(settings):
    for key in RIGHT:
        for value in RIGHT[key]:
            assert settings.fault_of("x", {key: value}) is None
    for key in WRONG:
        for value in WRONG[key]:
            fault = settings.fault_of("x", {key: value})
            assert (
                fault
                and fault.startswith(f"x.{key}: expected ")
                and fault.endswith("not " + json.dumps(value))
            )


def test_the_table_on_the_vm(vm):
    (vm.root / "right.json").write_text(json.dumps(RIGHT))
    (vm.root / "wrong.json").write_text(json.dumps(WRONG))
    out = vm.run("""
import json
from aioservice.settings import fault_of
for file, verdict in (("right.json", False), ("wrong.json", True)):
    table = json.loads(open(file).read())
    for key in table:
        for value in table[key]:
            if (fault_of("x", {key: value}) is not None) != verdict: print(key, value)
""").out
    assert out == ""


def test_what_is_expected_is_said(settings):
    assert settings.fault_of("hello", 5) == "hello: expected an object {key: value}, not 5"
    assert settings.fault_of("hello", {"args": 3}) == "hello.args: expected a list, not 3"
    assert settings.fault_of("hello", {"watchdog": "x"}) == (
        'hello.watchdog: expected seconds, 0 to 86400, or null, not "x"'
    )
    assert (
        settings.fault_of("_boot", {"exclude": 5})
        == "_boot.exclude: expected a name or a list of names, not 5"
    )
    assert settings.fault_of("_boot", {"groups": ["a"], "watchdog": 8, "utc_offset": -90}) is None
    assert settings.fault_of("_boot", {"watchdog": 0.5}) == (
        "_boot.watchdog: expected seconds, 1 to 86400, or 0 or null for none, not 0.5"
    )
    for seconds in (None, 0, 1, 1.5, 86400):
        assert settings.fault_of("_boot", {"watchdog": seconds}) is None
    assert settings.fault_of("_boot", {"blame": True}) is None
    assert settings.fault_of("_boot", {"blame": 1}) == "_boot.blame: expected true or false, not 1"
    assert settings.fault_of("_boot", {"utc_offset": "x"}).startswith("_boot.utc_offset: expected minutes")
    assert settings.fault_of("hello", {"exclude": 5}) is None  # a key of its own


def test_every_key_is_explained(settings):
    for key in WRONG:
        takes = settings.fault_of("x", {key: WRONG[key][0]}).split("expected ")[1]
        assert not takes.startswith(", not") and "|" not in takes and "=" not in takes


def test_instances_and_other_names(settings):
    found, faults = settings.resolve(
        {
            "hello": {"instances": 3, "args": [1], "pin": 4},
            "hello@1": {"args": [2], "led": 5},
            "hello@left": {"enabled": True},
            "two.service": {"enabled": False},
            "bad": {"args": 1},
            "three": {},
            "three.service": {},
        }
    )
    assert found["hello"] is None
    assert found["hello@0"] == {"args": [1], "config": {"pin": 4}} == found["hello@2"]
    assert found["hello@1"] == {"args": [2], "config": {"pin": 4, "led": 5}}
    assert found["hello@left"] == {"enabled": True} and found["two"] == {"enabled": False}
    assert faults == {
        "bad": "bad.args: expected a list, not 1",
        "three": "three and three.service are the same: keep one",
    }


GOOD = '{"hello": {"enabled": true, "args": [3, "a:}]\\"{", {"a\\\\": 1}]}, "w": {"x": 1.5, "y": []}}'


def test_a_file_cut_at_any_byte_is_seen(vm):
    """MicroPython's own json takes some of them."""
    assert on_cpython("settingsfile").parse(GOOD) == (json.loads(GOOD), None)
    (vm.root / "good").write_text(GOOD)
    out = vm.run("""
from aioservice.settingsfile import parse
text = open("good").read()
print(parse(text)[1], parse(" " + text + "\\n")[1])
for n in range(len(text)):
    try: print(n, parse(text[:n]))
    except ValueError: pass
""").out
    assert out == "None None\n"


DAMAGED = [
    ("", "it is empty"),
    (" \n", "it is empty"),
    ("nonsense", "it is not JSON"),
    ('{"a": {}', "it is cut short"),
    ('{"a": {} "b": {}', "it is cut short"),
    ('{"a" {}}', "a colon or a comma is wrong"),
    ('{"a": {},, "b": {}}', "a comma is wrong"),
    ('{"a": {"args": [1 2]}}', "a comma is wrong"),
    ('{"a": {"args": [1,]}}', "it is"),
    ('{"a":: {}}', "a colon or a comma is wrong"),
    ('{"a"\0: {}}', "a colon or a comma is wrong"),
    ('{"_boot": {"groups": "utc_offset": 60}}', "a colon or a comma is wrong"),
    ("[]", "it is not an object"),
    ("null", "it is not an object"),
    ('"text"', "it is not an object"),
    ("\0\0\0\0", "it is not JSON"),
    (b'{"a": "\xff\xfe"}', "it is"),
    ("[" * 300, "it is"),
    ("{'a': {}}", "it is not JSON"),
]


@pytest.mark.parametrize("text, why", DAMAGED)
def test_a_damaged_file(board, text, why):
    """The board comes up with defaults or the last good copy, says so, and leaves the file as it is."""
    board.service("one").config(text)
    before = (board.vm.root / "services.config").read_bytes()
    out = board.run(
        "await boot()\ninit()\nawait asyncio.sleep_ms(20)\nprint('-')\nstatus()\nprint(snapshot()['fault'])"
    )
    fault = out.splitlines()[0]
    assert (
        fault.startswith("services.config is damaged: ")
        and why in fault
        and fault.endswith("; using defaults")
    )
    assert out == fault + "\n" + board.line("one") + "-\n" + fault + "\n" + board.line("one") + fault + "\n"
    board.vm.put("services.config.bak", '{"one": {"enabled": false}}')
    out = board.run("await boot(debug=False)\nstatus()\nprint(get_config('one'))")
    assert (
        out == fault.replace("defaults", "the last good copy, services.config.bak") + "\n{'enabled': False}\n"
    )
    assert (board.vm.root / "services.config").read_bytes() == before


def test_a_damaged_file_is_put_aside_by_config(board):
    board.service("one").config('{"one": {"enabled": tr')
    board.vm.put("services.config.bak", '{"two": {"args": [1]}}')
    assert board.run("print(config('one', True))\nstatus()\nprint(config('one', True))") == (
        "services.config is damaged: it is not JSON; using the last good copy, "
        "services.config.bak; the damaged file is services.config.bad now\nTrue\nTrue\n"
    )
    assert board.settings() == {"one": {"enabled": True}, "two": {"args": [1]}}
    assert (board.vm.root / "services.config.bad").read_text() == '{"one": {"enabled": tr'


def test_what_reload_took_is_the_last_good_copy(board):
    """Also what somebody else wrote there; a reload of the same writes nothing."""
    board.service("one").config({"one": {"enabled": True, "args": [1]}})
    out = board.run("""
import os
await up()
def put(text):
    with open("services.config", "w") as file: file.write(text)
def copies():
    return [name for name in os.listdir() if name.startswith("services.config")]
await aioservice.reload()
print(open("services.config.bak").read())
put('{"one": {"enabled": true, "args": [2]}}')
await aioservice.reload()
os.remove("services.config.bak")
os.mkdir("services.config.bak")  # where nothing can be written
await aioservice.reload()
print(service("one").args, sorted(copies()))
os.rmdir("services.config.bak")
await aioservice.reload()
put('{"one": {"enabled": tr')
try: await aioservice.reload()
except ServiceError as e: print(e)
print(service("one").args, get_config("one"))
""")
    assert out == (
        '{"one": {"enabled": true, "args": [1]}}\n'
        "services.config.bak: [Errno 21] EISDIR\n"
        "[2] ['services.config', 'services.config.bak']\n"
        "services.config is damaged: it is not JSON; using the last good copy, services.config.bak\n[2] {'enabled': True, 'args': [2]}\n"
    )


def test_reload_without_a_file_writes_no_copy(board):
    board.service("one")
    out = board.run("""
import os
await up()
await aioservice.reload()
print([name for name in os.listdir() if name.startswith("services.config")])
""")
    assert out == "[]\n"


def test_reload_lets_go_of_what_is_no_more_to_be_loaded(board):
    """A class that is not there was named; the entry is taken out again, or the file goes."""
    import_error = board.failed("two", "ZeroDivisionError")
    board.service("one").file("two", "1/0")
    board.config({"made": {"cls": "parts.Part"}})
    ext = board.ext
    out = board.run(f"""
import os
await up()
status()
print("-")
with open("services.config", "w") as file: file.write("{{}}")
await aioservice.reload()
print("-")
os.remove("aioservices/services/two_service.{ext}")
await aioservice.reload()
status()
""")
    made = "[ ERROR ] Service: made.service from parts.Part not loaded: Error: ImportError: no module named 'parts'\n"
    assert out == made + board.line("one") + import_error + "-\n" + import_error + "-\n" + board.line("one")


def test_reload_tells_its_findings(board):
    """At the prompt, too: not only in the journal."""
    board.service("one", "", "print(kwargs)").service("two", "enabled = False")
    out = board.run("""
await up()
config("one", True, a="${PIN}")
config("two", True, b="${PIN}")
await aioservice.reload()
print(service("one").kwargs)
""")
    fault = "services.config: %s.kwargs.%s: ${PIN} is not defined in .env"
    assert out == "{}\n%s\n%s{}\n" % (
        fault % ("one", "a"), board.failed("two", "SettingsError: " + fault % ("two", "b")))


def test_a_name_that_stands_twice_is_told(board):
    board.service("one").service("two")
    board.config('{"one": {"enabled": false}, "two": {"enabled": true}, "one": {"enabled": true}}')
    out = board.run("await up()\nstatus()")
    assert out == "services.config: one stands twice; the last one counts\n" + board.line("one") + board.line(
        "two"
    )
    board.config('{"one": {"enabled": false, "args": [{"x": 1}], "enabled": true}}')
    assert "services.config: a name stands twice; the last one counts\n" in board.run("await up()\nstatus()")


def test_no_file_means_defaults(board):
    board.service("one").service("two", "enabled = False")
    out = board.run(
        "await boot()\ninit()\nawait asyncio.sleep_ms(20)\nprint(get_config(), get_config('two'))"
    )
    assert out == board.line("one") + "{} {}\n"
    assert not (board.vm.root / "services.config").exists()


def test_settings_that_are_no_file(board):
    board.service("one")
    (board.vm.root / "services.config").mkdir()
    out = board.run("await boot()\nprint(config('one', True))")
    assert out.startswith("services.config cannot be read: ") and "not saved: services.config: " in out
    assert out.endswith("False\n")


# -- entries with a fault ------------------------------------------------------


@pytest.mark.parametrize(
    "entry, fault",
    [
        (5, "one: expected an object {key: value}, not 5"),
        (None, "one: expected an object {key: value}, not null"),
        ({"args": 3}, "one.args: expected a list, not 3"),
        ({"enabled": "yes"}, 'one.enabled: expected true or false, not "yes"'),
        ({"instances": 0}, "one.instances: expected a number, 1 to 99, not 0"),
        ({"instances": 1000000}, "one.instances: expected a number, 1 to 99, not 1000000"),
        ({"args": ["${NIX}"]}, "one.args: ${NIX} is not defined in .env"),
        ({"kwargs": {"a": 1, "key": {"b": ["x${NIX}"]}}}, "one.kwargs.key: ${NIX} is not defined in .env"),
        ({"pin": "${PIN}${NIX}"}, "one.pin: ${NIX} is not defined in .env"),
    ],
)
def test_an_entry_with_a_fault(board, entry, fault):
    board.service("one").service("two").config({"one": entry, "two": {"enabled": True}})
    board.vm.put(".env", "PIN=5\n")
    out = board.run(
        "await boot()\ninit()\nawait asyncio.sleep_ms(20)\nload('one')\nstatus('two')\ntraceback('one')"
    )
    line = board.failed("one", "SettingsError: services.config: " + fault)
    assert out.startswith(line + board.line("two") + line + board.line("two") + "one: Traceback\n")
    assert out.endswith("SettingsError: services.config: " + fault + "\n")


def told(out):
    """The lines of the journal without their times."""
    return [line[line.index("[ERROR]"):] for line in out.splitlines()]


def test_what_cannot_be_loaded_goes_to_the_journal_once(board):
    board.service("one").service("two").file("bad", "1/0")
    board.config({"one": {"args": 3}, "oen": {"enabled": True}, "bad": {"enabled": True}})
    out = board.run("""
import aioctl
await up()
init(debug=False)
load("two")
print("---")
aioctl.log(level="error")
""")
    assert told(out.split("---\n")[1]) == [
        "[ERROR] [bad.service] not loaded: ZeroDivisionError: divide by zero",
        "[ERROR] [oen.service] not loaded: LoadError: there is no such file",
        "[ERROR] [one.service] not loaded: SettingsError: services.config: one.args: expected a list, not 3",
    ]


@pytest.mark.parametrize("text, said", [
    ('{"one"', "services.config is damaged: it is cut short, or a bracket, a colon or a comma is wrong; using defaults"),
    ('{"_boot": {"exclude": 5}}', "services.config: _boot.exclude: expected a name or a list of names, not 5"),
])
def test_a_fault_of_all_the_settings_goes_to_the_journal_once(board, text, said):
    board.service("one").config(text)
    out = board.run("""
import aioctl
await up()
load("one")
print("---")
aioctl.log()
""")
    assert told(out.split("---\n")[1]) == [f"[ERROR] [aioservice] {said}"]


def test_a_fault_at_reload_goes_to_the_journal_and_the_service_goes_on(board):
    board.service("one").service("two").config({})
    out = board.run("""
import aioctl
await up()
def put(text):
    with open("services.config", "w") as file: file.write(text)
put('{"one": {"args": 3}, "two": {"kwargs": {"a": 1}}}')
await aioservice.reload()
print(states() == {"one": "running", "two": "running"}, service("two").kwargs)
put('{"one"')
try: await aioservice.reload()
except ServiceError as e: print(e)
print("---")
aioctl.log()
""")
    shown, logged = out.split("---\n")
    damaged = "services.config is damaged: it is cut short, or a bracket, a colon or a comma is wrong; using "
    damaged += "the last good copy, services.config.bak"
    fault = "services.config: one.args: expected a list, not 3\n"
    assert shown == fault + "True {'a': 1}\n" + damaged + "\n"
    assert told(logged) == [
        "[ERROR] [one.service] SettingsError: services.config: one.args: expected a list, not 3",
        f"[ERROR] [aioservice] {damaged}",
    ]


def test_a_mended_entry_and_a_mended_env_are_taken(board):
    board.service("one", "", "print(args)").config({"one": {"enabled": True, "args": ["${A}"]}})
    out = board.run("""
await up()
with open(".env", "w") as file: file.write("A=1\\n")
load("one")
await asyncio.sleep_ms(20)
""")
    assert out == board.line("one") + "('1',)\n"


def test_an_entry_without_a_file_is_told(board):
    board.service("one").config({"oen": {"enabled": True}, "gone": {"enabled": False}, "one": {}})
    out = board.run("await boot()")
    assert out == (
        "[ ERROR ] Service: oen.service from ./aioservices/services/oen_service.py not loaded: "
        "Error: LoadError: there is no such file\n"
    )


def test_boot_settings_with_a_fault(board):
    board.service("one").config({"_boot": {"exclude": 5}})
    out = board.run("print(await boot())\nstatus()")
    fault = "services.config: _boot.exclude: expected a name or a list of names, not 5\n"
    assert out == fault + "True\n" + fault + board.line("one")
    board.config({"_boot": []})
    assert "services.config: _boot: expected an object {key: value}, not []" in board.run("await boot()")


def test_keys_reach_the_service(board):
    board.service(
        "one", "kwargs = {'a': 1}", "print(args, kwargs, self.config, self.loglevel, self.stop_grace)"
    )
    board.config(
        {
            "one": {
                "enabled": True,
                "args": [1],
                "kwargs": {"b": 2},
                "pin": 5,
                "loglevel": "debug",
                "stop_grace": 2,
            }
        }
    )
    out = board.run("await up()")
    assert out.replace("'b': 2, 'a': 1", "'a': 1, 'b': 2") == "(1,) {'a': 1, 'b': 2} {'pin': 5} debug 2\n"
    board.config({})
    assert board.run("await up()") == "() {'a': 1} {} info 0\n"


# -- instances, other classes, secrets -----------------------------------------


def test_instances(board):
    board.service("one", "", "print(self.name, args, self.config)\n        " + FOREVER)
    board.config({"one@left": {"enabled": True, "args": ["l"]}, "one": {"enabled": False}})
    out = board.run(
        "await up()\naioservice.list()\nprint(unload('one@left.service'))\nload('one')\nawait asyncio.sleep_ms(20)"
    )
    left = f"Service: one@left.service from {board.path('one')}\n"
    assert out == "one@left ('l',) {}\n" + left + "True\n" + board.line("one") + "one () {}\n"
    board.config({"one": {"instances": 3, "enabled": True, "pin": 7}, "one@1": {"pin": 9}})
    out = board.run("""
await up()
print(sorted(states()), len(set([id(service("one@%d" % i)) for i in range(3)])))
await stop("one@1")
print(sorted(states().values()))
print(config("one@1", True, 5), get_config("one@1") == {"pin": 9, "enabled": True, "args": [5]})
""")
    assert out == (
        "one@0 () {'pin': 7}\none@1 () {'pin': 9}\none@2 () {'pin': 7}\n"
        "['one@0', 'one@1', 'one@2'] 3\n['running', 'running', 'stopped']\nTrue True\n"
    )
    assert board.settings()["one@1"] == {"pin": 9, "enabled": True, "args": [5]}


def test_instances_share_one_required_service_that_closes_after_its_last_user(board):
    steps = "require = %s\nasync def setup(self): print('+' + self.name)\nasync def cleanup(self): print('-' + self.name)"
    board.service("user", steps % "'bus'").service("bus", steps % "()")
    board.config({"user": {"instances": 3}})
    out = board.run("""
await up()
print(len(set([id(service("user@%d" % i).deps["bus"]) for i in range(3)])))
await stop("user@1")
print(state("bus"))
await shutdown()
""").split()
    assert out[0] == "+bus" and sorted(out[1:4]) == ["+user@0", "+user@1", "+user@2"]
    assert out[4:7] == ["1", "-user@1", "running"] and sorted(out[7:9]) == ["-user@0", "-user@2"] and out[9:] == ["-bus"]


def test_an_instance_is_unloaded_and_loaded_anew_beside_others(board):
    board.service("one").config({"one@a": {"enabled": True}})
    out = board.run("""
await up()
old = service("one")
old.mark = True
unload("one")
await ended("one")
load("one")
await asyncio.sleep_ms(20)
print(service("one") is old, hasattr(service("one"), "mark"), states() == {"one": "running", "one@a": "running"})
unload("one"); unload("one@a")
await ended("one"); await ended("one@a")
print("aioservices.services.one_service" in sys.modules)
""")
    assert out == board.line("one") + "False False True\nFalse\n"


def test_a_service_of_any_class(board):
    board.vm.put(
        "lib/drivers.py",
        "from aioclass import Service\nclass Blink(Service):\n"
        "    enabled = True\n    def task(self, pin): print(self.name, pin)\nx = 5\n",
    )
    board.config(
        {
            "led": {"cls": "drivers.Blink", "args": [25]},
            "two": {"cls": "drivers.Blink", "args": [1], "instances": 2},
            "bad": {"cls": "drivers.Nix"},
            "worse": {"cls": "nix.Blink"},
            "no": {"cls": "drivers.x"},
        }
    )
    out = board.run("await up()\nstatus()")
    assert sorted(out.splitlines()[:3]) == ["led 25", "two@0 1", "two@1 1"]
    assert (
        "[ ERROR ] Service: bad.service from drivers.Nix not loaded: Error: LoadError: drivers.Nix is no Service\n"
        in out
    )
    assert (
        "[ ERROR ] Service: no.service from drivers.x not loaded: Error: LoadError: drivers.x is no Service\n"
        in out
    )
    assert "[ ERROR ] Service: worse.service from nix.Blink not loaded: Error: ImportError: no module named 'nix'\n" in out
    assert f"[ OK ] Service: led.service from {board.vm.root}/lib/drivers.{board.ext} loaded\n" in out


def test_config_can_make_one_of_any_class(board):
    board.vm.put(
        "lib/drivers.py",
        "from aioclass import Service\nclass Blink(Service):\n"
        "    def task(self, pin): print(self.name, pin)\n",
    )
    out = board.run(
        "print(config('led', True, 4, cls='drivers.Blink'))\nload('led')\nawait asyncio.sleep_ms(20)"
    )
    assert out.startswith("True\n[ OK ] Service: led.service from ") and out.endswith("led 4\n")


def test_secrets(board):
    board.service("one", "", "print(args, kwargs, self.config); " + FOREVER)
    board.config(
        {
            "one": {
                "enabled": True,
                "args": ["${A}", "x${A}-${B}y"],
                "kwargs": {"k": {"l": ["${B}"]}},
                "pin": "${A}",
                "plain": "$A {A} ${",
            }
        }
    )
    board.vm.put(".env", "# secrets\nexport A=s3cret\nB='__import__(\"os\")'\n")
    out = board.run("""
await up()
print(get_config("one"), snapshot())
status()
import aioctl
aioctl.debug()
aioctl.log()
print(service("one").args, service("one").kwargs)
await stop("one")
""")
    given, rest = out.split("\n", 1)
    assert "s3cret" in given and "xs3cret-__import__" in given and "'$A {A} ${'" in given
    assert "s3cret" not in rest and "__import__" not in rest and "${A}" in rest
    assert "s3cret" not in (board.vm.root / "services.config").read_text()


# -- config() ------------------------------------------------------------------


def test_config_keeps_what_is_not_named(board):
    board.service("one").service("two")
    board.config(
        {
            "one": {"args": [1], "kwargs": {"a": 1}, "restart": "no", "pin": 5},
            "_boot": {"groups": ["x"]},
            "two": {"enabled": True},
            "bad": 7,
        }
    )
    out = board.run("""
print(config("one", False))
print(config("one", True, b=2, stop_grace=3))
print(config("one.service", True, 8, 9))
print(get_config("one") == {"enabled": True, "args": [8, 9], "kwargs": {"a": 1, "b": 2}, "restart": "no", "pin": 5, "stop_grace": 3})
print(enable("two"), disable("two"), get_config("two"))
""")
    assert out == "True\nTrue\nTrue\nTrue\nTrue True {'enabled': False}\n"
    found = board.settings()
    assert found["_boot"] == {"groups": ["x"]} and found["bad"] == 7 and found["two"] == {"enabled": False}


def test_config_takes_kwargs_as_a_whole_and_one_by_one(board):
    board.service("one").config({"one": {"kwargs": {"old": 1}}})
    assert board.run("""
print(config("one", True, kwargs={"b": 2}, a=1), get_config("one")["kwargs"] == {"a": 1, "b": 2})
given = {"c": 3}
print(config("one", True, kwargs=given), config("one", True, d=4), get_config("one")["kwargs"] == {"c": 3, "d": 4}, given)
print(config("one", True, kwargs={}), get_config("one")["kwargs"])
""") == "True True\nTrue True True {'c': 3}\nTrue {}\n"


def test_config_then_get_config_prints_as_documented(board):
    board.service("one")
    assert board.run('print(config("one", True, 3, 2))\nprint(get_config("one"))') == (
        "True\n{'enabled': True, 'args': [3, 2]}\n"
    )


@pytest.mark.parametrize(
    "call, why",
    [
        ("config('one', True, object())", "JSON cannot hold <object"),
        ("config('one', True, b'x')", "JSON cannot hold b'x'"),
        ("config('one', True, {1: 2})", "JSON has no key 1, only text"),
        ("config('one', True, k={'a': [{3}]})", "JSON cannot hold {3}"),
        ("config('one', True, float('nan'))", "JSON cannot hold nan"),
        ("config('one', True, -1e999)", "JSON cannot hold -inf"),
        ("config('one', True, loop)", "a value is nested too deep, or holds itself"),
        ("config('one', True, asyncio.sleep)", "JSON cannot hold <function sleep"),
        ("config('one', 3, 2)", "one.enabled: expected true or false, not 3"),
        ("config('one', period=1)", 'one: say whether it is to run: config("one", True, …)'),
        ("config('one')", 'one: say whether it is to run: config("one", True, …)'),
        ("config('one', True, kwargs=5, a=1)", "one.kwargs: expected an object {name: value}, not 5"),
        ("config('one', True, restart='never')", "one.restart: expected"),
        ("config('one', True, require=5)", "one.require: expected a name"),
        ("config('one', True, instances=0)", "one.instances: expected a number, 1 to 99, not 0"),
    ],
)
def test_config_refuses_before_anything_is_written(board, call, why):
    board.service("one").config({"one": {"args": [1]}})
    out = board.run(f"loop = []; loop.append(loop)\nprint({call})")
    assert out.startswith("not saved: one") and why in out and out.endswith("\nFalse\n")
    assert board.settings() == {"one": {"args": [1]}}
    assert sorted(path.name for path in board.vm.root.glob("services*")) == ["services.config"]


def test_config_applies_at_the_next_load(board):
    board.service("one", "", "print(args)")
    out = board.run("""
await up()
config("one", True, 7)
unload("one")
await ended("one")
load("one")
await asyncio.sleep_ms(20)
""").replace("[7]", "(7,)")
    assert out == "()\n" + board.line("one") + "(7,)\n"


# -- bad and full flash, a simulated one; for power cuts see test_soak.py -------

FLASH = """
import json, os, sys, vfs
import aioservice.configure, aioservice.settings, aioservice.settingsfile
from aioservice.settingsfile import read
class Flash:
    def __init__(self, blocks, size):
        self.size, self.blocks = size, blocks
        self.data = bytearray(blocks * size)
        self.left = None
        self.written = 0
    def readblocks(self, n, buf, off=0):
        at = n * self.size + off
        buf[:] = self.data[at : at + len(buf)]
    def write(self, at, buf):
        self.written += 1
        if self.left is not None:
            if self.left == 0: raise OSError(5)
            self.left -= 1
        self.data[at : at + len(buf)] = buf
    def writeblocks(self, n, buf, off=None):
        if off is None:
            for i in range(len(buf) // self.size):
                self.write((n + i) * self.size, buf[i * self.size : (i + 1) * self.size])
        else:
            self.write(n * self.size + off, buf)
    def ioctl(self, op, arg):
        if op == 4: return self.blocks
        if op == 5: return self.size
        if op == 6:
            for i in range(self.size): self.data[arg * self.size + i] = 255
            return 0
FAT = %r
flash = Flash(%d, 512)
def mount():
    global flash
    old = flash
    old.left = 0  # files of before the cut that are collected later must not write any more
    flash = Flash(old.blocks, old.size)
    flash.data[:] = old.data
    os.chdir("/")
    try: vfs.umount("/f")
    except OSError: pass
    kind = vfs.VfsFat if FAT else vfs.VfsLfs2
    vfs.mount(kind(flash), "/f")
    os.chdir("/f")
(vfs.VfsFat if FAT else vfs.VfsLfs2).mkfs(flash)
mount()
def entries(n): return {"s%%02d" %% i: {"enabled": True, "args": [n, "x" * 20]} for i in range(12)}
def save(n): return aioservice.configure.save(entries(n))
"""


@pytest.mark.parametrize("fat", [False, True], ids=["littlefs", "fat"])
def test_a_single_failing_write_keeps_the_old_or_the_new(vm, fat):
    """The flash answers with one error and works again: save() says so and nothing is torn."""
    out = vm.run(
        FLASH % (fat, 100)
        + """
save(1), save(2)
before = bytes(flash.data)
flash.written = 0
save(3)
def once(at, buf):
    flash.written += 1
    if flash.written == flash.bad: raise OSError(5)
    flash.data[at : at + len(buf)] = buf
count = flash.written
for n in range(1, count + 1):
    flash.data[:] = before
    mount()
    flash.written, flash.bad, flash.write = 0, n, once
    why = save(3)
    flash.bad = None
    mount()
    found, fault = read()
    if why is None and found != entries(3): print("write", n, "said to be saved")
    if why is not None and found not in (entries(2), entries(3)): print("write", n, "lost", fault)
print("fine")
""",
        timeout=60,
        heap="2m",
    ).out
    assert "fine\n" in out and "write " not in out.replace("in write", ""), out


@pytest.mark.parametrize("fat", [False, True], ids=["littlefs", "fat"])
def test_a_full_flash_keeps_the_old_file(vm, fat):
    out = vm.run(
        FLASH % (fat, 100)
        + """
print(save(1), save(2))
def fill(free):
    with open("filler", "wb") as file:
        try:
            while os.statvfs("/f")[3] > free:
                file.write(bytes(512))
                file.flush()
        except OSError: pass
for free in (20, 12, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0):
    fill(free)
    old = read()
    big = {"s%02d" % i: {"args": ["y" * 40] * 3} for i in range(15 + free)}
    why = aioservice.configure.save(big)
    new = read()
    if new[1]: print(free, "fault", new[1])
    if new[0] != (big if why is None else old[0]): print(free, "lost", why)
    os.remove("filler")
fill(0)
print(aioservice.configure.save(big) is not None, read()[1])
os.remove("filler")
print(save(3), read() == (entries(3), None))
""",
        timeout=60,
        heap="2m",
    ).out
    assert out == "None None\nTrue None\nNone True\n"


def test_config_on_a_full_flash_says_so(board):
    board.service("one")
    out = board.run("""
config("one", True, 1)
import aioservice.configure as configure
def full(path, text): raise OSError(28)
configure.put = full
print(configure.config("one", True, 2))
print(get_config("one"))
""")
    assert out.startswith("not saved: services.config: ") and out.endswith(
        "False\n{'enabled': True, 'args': [1]}\n"
    )
