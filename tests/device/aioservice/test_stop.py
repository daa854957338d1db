"""aioservice: stop, restart, shutdown, snapshot: what people type, and exactly what it answers, on the real VM."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json

import pytest
from support.services import FOREVER, SERVICE, Board

STEPS = """require = %s
async def setup(self): print("+" + self.name)
async def cleanup(self): print("-" + self.name)"""


def test_stop_restart_and_shutdown_follow_the_requirements(board):
    board.service("base", STEPS % "()").service("mid", STEPS % "'base'").service("top", STEPS % "'mid'")
    board.service("other", STEPS % "()")
    out = board.run("""
await up()
print()
operation = stop("mid")
print(operation)
await operation
print(operation, service("top").state, service("base").state)
await start("top")
print()
await restart("base")
print(states() == {n: "running" for n in ("base", "mid", "top", "other")})
await stop("top")
await restart("base")
print(state("top"))
await shutdown()
print(states() == {n: "stopped" for n in ("base", "mid", "top", "other")})
""")
    parts = [part.split() for part in out.replace("True", "\nTrue").split("\n\n")]
    assert sorted(parts[0]) == ["+base", "+mid", "+other", "+top"]
    assert " ".join(parts[1]) == (
        "mid.service: stopping -top -mid mid.service: stopped stopped running +mid +top"
    )
    assert " ".join(parts[2]) == "-top -mid -base +base +mid +top"
    assert " ".join(parts[3]).startswith("True -top -mid -base +base +mid stopped")


def test_snapshot_is_json_and_small(board):
    for i in range(18):
        board.service(f"temperature_sensor_{i:02d}", "require = ('network', 'clock')")
    board.service("network").service("clock", "restart = 'no'", "raise ValueError('x' * 3000)")
    board.file("bad", "1/0")
    board.config({"network": {"enabled": True, "args": ["${SECRET}"]}})
    board.vm.put(".env", "SECRET=topsecret\n")
    out = board.run("await up()\nimport json\nprint(json.dumps(snapshot()))")
    found = json.loads(out)
    assert len(found["services"]) == 20 and "topsecret" not in out
    sizes = [len(json.dumps(entry)) for entry in found["services"] if entry["name"] != "clock"]
    assert max(sizes) < 200
    assert len(out) < 20 * 200 + 400
    assert found["failed"] == {"bad": "ZeroDivisionError: divide by zero"}
    network = [entry for entry in found["services"] if entry["name"] == "network"][0]
    assert network.pop("since") >= 0 and network.pop("took") >= 0
    assert network == {"name": "network", "type": "runtime", "state": "running"}


def test_blame_shows_the_start_of_each_service_slowest_first(board):
    for name, ms in (("fast", 0), ("slow", 60), ("mid", 25)):
        board.service(name, f"async def setup(self):\n    await asyncio.sleep_ms({ms})")
    out = board.run("await up()\nawait asyncio.sleep_ms(100)\naioservice.blame()").splitlines()
    assert [line.split()[1:] for line in out[:3]] == [["ms", f"{name}.service"] for name in ("slow", "mid", "fast")]
    times = [int(line.split()[0]) for line in out[:3]]
    assert times == sorted(times, reverse=True) and times[0] >= 60
    assert out[3:] == ['heap: not measured; {"_boot": {"blame": true}} in services.config does so at the next boot']


def test_blame_shows_the_heap_of_import_and_setup_where_the_settings_say_so(board):
    """What other services take meanwhile is not counted, nor what is garbage, but that stacks hold on to some."""
    board.service("heavy", """
table = bytearray(6000)
async def setup(self):
    self.one = bytearray(2000)
    await asyncio.sleep_ms(20)
    waste = [bytearray(100) for _ in range(30)]
    self.two = bytearray(1000)""")
    board.service("busy", """
async def setup(self):
    self.buffers = []
    for _ in range(8):
        await asyncio.sleep_ms(5)
        self.buffers.append(bytearray(1500))""")
    board.service("sync", "def setup(self): self.one = bytearray(4000)")
    board.service("naps", "def setup(self): return asyncio.sleep_ms(1)")
    board.service("plain").file("broken", "1/0")
    board.config({"_boot": {"blame": True}})
    out = board.run("""
await up()
await asyncio.sleep_ms(100)
aioservice.blame()
await restart("heavy")
aioservice.blame()
""", timeout=40).splitlines()
    assert sorted(line.split()[2:] for line in out[5:]) == sorted(line.split()[2:] for line in out[:5])
    rows = {line.split()[-1]: line.split() for line in out[:5]}
    assert all(row[1:2] + row[3:5] + row[6:8] == ["ms", "B", "import", "B", "setup"] for row in rows.values())
    brought = {name[:-8]: int(row[2]) for name, row in rows.items()}
    set_up = {name[:-8]: row[5] for name, row in rows.items()}
    assert 6000 < brought["heavy"] < 9000 and 200 < brought["plain"] < 2000
    assert set_up["plain"] == "-"
    for name, size in (("heavy", 3000), ("busy", 12000), ("sync", 4000), ("naps", 0)):
        assert size - 200 <= int(set_up[name]) < size + 800, name


def test_blame_measures_a_setup_once_whatever_it_is(board):
    """A method of the class, what __init__ put there, or none: a restart runs the same one again."""
    board.service("method", "def setup(self): print('method')").service("none")
    board.service("own", """
def __init__(self, name):
    super().__init__(name)
    self.setup = lambda: print("own")""")
    board.config({"_boot": {"blame": True}})
    out = board.run("""
await up()
for name in ("method", "none", "own"):
    print("restart", name, states()[name])
    await restart(name)
print(states())
""", timeout=40).splitlines()
    assert sorted(out[:2]) == ["method", "own"]
    assert out[2:-1] == ["restart method running", "method", "restart none running", "restart own running", "own"]
    assert set(eval(out[-1]).values()) == {"running"}


def test_blame_costs_nothing_where_it_is_not_asked_for(board):
    board.service("one", "def setup(self): pass")
    body = "await up()\nprint([n for n in sys.modules if 'heap' in n], hasattr(service('one').manager, 'heap'))"
    assert board.run(body) == "[] False\n"


def test_the_shipped_services(vm):
    vm.ship()
    board = Board(vm)
    out = board.run("""
await boot(exclude=["repl"])
init()
await asyncio.sleep_ms(50)
load("dofail")
print(config("hello", True, 3, 2))
print(get_config("hello"))
unload("hello")
await ended("hello")
load("hello")
await asyncio.sleep_ms(20)
print(state("hello"), service("hello").count)
await shutdown()
print(service("hello").result)
""")
    lines = out.splitlines(True)
    assert lines[0] == board.line("hello_core")
    assert sorted(lines[1:3]) == [board.line("hello"), board.line("world")]
    assert "".join(lines[3:]) == (
        board.failed("dofail", "ZeroDivisionError") + "True\n"
        "{'enabled': True, 'args': [3, 2]}\n" + board.line("hello") + "running 3\n3\n"
    )


def test_the_shipped_services_fit_a_64k_heap(vm):
    """With console and report; objects are twice as large with 64 bits."""
    vm.ship()
    session = vm.session(heap="%dk" % (2 * vm.bits))
    session.expect("--> ")
    assert session.line("aioservice.status()").count("OK") == 4
    assert "MemoryError" not in session.seen


def test_settings_may_be_left_out(board):
    board.service("one", "", "print(args)").service("two")
    board.config({"one": {"args": [1]}, "two": {"enabled": False}})
    out = board.run("""
await boot(debug=False, config=False)
init(debug=False)
await asyncio.sleep_ms(20)
print(sorted(states()))
""")
    assert out == "()\n['one', 'two']\n"


def test_an_mpy_with_the_mark_of_a_tool_at_its_end(board):
    """It tells without a walk through the file that all of it is there; the VM ignores it."""
    path = board.file("one", SERVICE % ("", FOREVER, "one"), compile=True)
    path.write_bytes(path.read_bytes() + b"\nend\n")
    assert board.run("load('one')\nawait asyncio.sleep_ms(20)\nprint(state('one'))").endswith("loaded\nrunning\n")


TIMED = 'type = "schedule.service"\nschedule = %s'


@pytest.mark.parametrize("schedule", [
    '{"start_in": "soon"}', '{"repeat": -1}', '{"repeat": "1"}', '{"start_in": -5}', '{"repeat": False}',
    '{"start_in": (2026, 1)}', '{"start_in": ("a",) * 6}', '{"start_in": float("inf")}', '{"start_in": {}}', '5',
])
def test_a_class_with_a_schedule_that_is_none(board, schedule):
    """It is that service's fault alone: the others come up."""
    board.service("bad", TIMED % schedule).service("good")
    out = board.run("await boot(debug=False)\ninit(debug=False)\nawait asyncio.sleep_ms(20)\nstatus()")
    bad, good = out.splitlines(True)
    assert "not loaded: Error: SettingsError: bad.schedule cannot be " in bad and good == board.line("good")


@pytest.mark.parametrize("schedule", [
    '{"start_in": 9}', '{"repeat": 2.5}', '{"start_in": 0.5, "repeat": None}', '{}', "None",
    '{"start_in": (2030, 1, 1, 0, 0, 0)}', '{"start_in": [2026, 1, 2, 3, 4, 5, 0, 0], "repeat": 60}',
])
def test_a_class_with_a_schedule(board, schedule):
    board.service("fine", TIMED % schedule, "pass")
    assert board.run("await up()\nstatus()") == board.line("fine")
