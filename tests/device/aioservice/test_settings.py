"""services.config: what it may hold, and what is said about what it may not."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import importlib.util
import json

import pytest
from support.harness import ROOT


def on_cpython(name):
    """The device's module; only reading and ${NAME} touch anything else."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"lib/aioservice/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def settings():
    return on_cpython("settings")


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
