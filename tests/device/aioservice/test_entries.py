"""services.config: entries with a fault, instances, other classes, secrets."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import pytest
from support.services import FOREVER


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
