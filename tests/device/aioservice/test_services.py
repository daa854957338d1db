"""aioservice: what people type, and exactly what it answers, on the real VM."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json

import pytest
from support.services import CORE, FOREVER, SERVICE, Board

from svctl.build import mpy


@pytest.fixture
def board(vm):
    return Board(vm)


# -- list, status, service ----------------------------------------------------


def test_the_repr_and_list(board):
    board.service("one").service("two")
    out = board.run("await up()\nprint(service('one'))\naioservice.list()")
    one, two = (f"Service: {name}.service from {board.path(name)}\n" for name in ("one", "two"))
    assert out == one + one + two


def test_both_forms_of_a_name_everywhere(board):
    board.service("one")
    out = board.run("""
await up()
print(service("one") is service("one.service"))
status("one.service")
await stop("one.service")
print(state("one.service"))
await start("one.service")
await restart("one.service")
load("one.service")
print(config("one.service", True, 1), get_config("one.service"), get_config("one"))
print(disable("one.service"), enable("one.service"))
traceback("one.service")
print(unload("one.service"))
await ended("one")
load("one.service")
""")
    line = board.line("one")
    assert out == (
        "True\n" + line + "stopped\n" + line + "True {'enabled': True, 'args': [1]} "
        "{'enabled': True, 'args': [1]}\nTrue True\nTrue\n" + line
    )
    assert board.settings() == {"one": {"enabled": True, "args": [1]}}


def test_a_requirement_may_be_named_in_both_forms(board):
    board.service("a", 'require = ("b.service",)\nwant = "c.service"').service("b").service("c")
    out = board.run("""
await up()
print(sorted(states().values()), sorted(service("a").deps))
await stop("b.service")
print(sorted(states().values()))
""")
    assert out == "['running', 'running', 'running'] ['b', 'c']\n['running', 'stopped', 'stopped']\n"


@pytest.mark.parametrize(
    "call",
    [
        "service('nix')",
        "status('nix')",
        "load('nix')",
        "unload('nix')",
        "config('nix', True)",
        "enable('nix')",
        "disable('nix')",
        "get_config('nix')",
        "traceback('nix')",
        "start('nix')",
        "stop('nix')",
        "restart('nix')",
        "service('n*')",
        "load('n*')",
        "unload('n*')",
        "config('n*', True)",
        "start('n*')",
        "stop('n*')",
        "restart('n*')",
        "get_config('n*')",
        "service('on?')",
        "stop('[o]ne')",
        "status('.ne')",
    ],
)
def test_an_unknown_name_is_told_with_what_exists(board, call):
    board.service("one").service("two", "enabled = False")
    out = board.run(f"""
await up()
try:
    {call}
except ServiceNotFound as e:
    print(isinstance(e, ServiceError), e)
""")
    assert out.startswith("True no service ") and "; there are: one, two" in out


def test_the_exception_stays_the_same_class(board):
    board.service("one").service("two")
    out = board.run("""
await up()
load("two")
unload("two")
try:
    service("nix")
except ServiceNotFound as e:
    print("caught")
""")
    assert "caught\n" in out


def test_wildcards(board):
    for name in ("net_a", "net_b", "other"):
        board.service(name)
    out = board.run("""
await up()
status("net_*")
status("*a")
status("*")
status("zz*")
print(service("oth*").name)
print(stop("net*"))
await stop("net*")
print(states())
await start("net_*")
await restart("*_a")
print(states())
new = {"enabled": True, "args": [7]}
print(config("net*", True, 7), get_config("net*") == {"net_a": new, "net_b": new})
print(disable("net*"), enable("*a"))
traceback("*")
print(unload("net*"))
aioservice.list()
await ended("net_a"); await ended("net_b")
load("net*")
load("*.service")
try: service("*")
except ValueError as e: print(e)
""")
    a, b, other = (board.line(name) for name in ("net_a", "net_b", "other"))
    lines = out.splitlines(keepends=True)
    assert lines[:6] == [a, b, a, a, b, other]
    assert lines[6:8] == ["other\n", "net_a.service: stopping\n"]
    assert "True True\nTrue True\nTrue\nService: other.service from " in out
    assert out.endswith(a + b + a + b + other + "* stands for net_a, net_b, other: name one\n")
    assert board.settings() == {
        "net_a": {"enabled": True, "args": [7]},
        "net_b": {"enabled": False, "args": [7]},
    }


def test_status_of_each_kind(board):
    board.service("bad", 'restart = "no"', "raise OSError(999)")
    board.service("again", 'restart = {"policy": "on-failure", "delay": 4}', "raise OSError(999)")
    board.service("web", 'require = ("wifi",)').service(
        "wifi", "restart = 'no'\ndef setup(self): raise ValueError('a\\nb')"
    )
    board.service("fine").service("slow", "async def setup(self):\n    await asyncio.sleep(9)")
    board.service("late", "require = 'slow'")
    board.file("broken", "1/0")
    out = board.run("await up()\nstatus()")
    assert out == (
        board.line("again", "failed: OSError: 999; restart in 4 s", "FAIL")
        + board.line("bad", "failed: OSError: 999", "FAIL")
        + board.failed("broken", "ZeroDivisionError")
        + board.line("fine")
        + board.line("late", "waiting: late -> slow (starting)", "WAIT")
        + board.line("slow")
        + board.line("web", "blocked: web -> wifi (failed)", "WAIT")
        + board.line("wifi", "failed: ValueError: a b", "FAIL")
    )


def test_status_of_a_repeated_attempt(board):
    """It has failed before and is not up yet: OK, as it is on its way, but not without a word."""
    board.service("core", "type = 'core.service'\nrestart = {'delay': 0}\nn = 0\nup = None", """
        self.n += 1
        if self.n < 3: raise OSError(999)
        self.up = asyncio.Event()
        await self.up.wait()""")
    board.file("slow", SERVICE % ("""
    restart = {"delay": 0}
    n = 0
    async def setup(self):
        self.n += 1
        if self.n < 2: raise ValueError("no")
        await asyncio.sleep(9)""", FOREVER, "slow"))
    out = board.run("""
asyncio.create_task(boot(debug=False))
await until(lambda: "core" in states() and service("core").up)
init(debug=False)
await until(lambda: service("slow").n == 2 and state("slow") == "starting")
status()
service("core").up.set()
await until(lambda: state("core") == "done")
status("core")
""")
    assert out == (board.line("core", "loaded; attempt 3 after OSError: 999")
                   + board.line("slow", "loaded; attempt 2 after ValueError: no") + board.line("core"))


def test_status_says_when_a_requirement_failed(board):
    board.service("a", 'require = ("b",)').service(
        "b", "restart = 'no'", "await asyncio.sleep_ms(50); raise OSError(5)"
    )
    out = board.run("""
await up()
await until(lambda: state("b") == "failed")
print(state("a"), "b" in service("a").deps)
status("a")
await stop("a")
status("a")
""")
    assert out == "running True\n" + board.line("a", "loaded; requires b (failed)") + board.line("a")


def test_no_garbage_of_a_status_to_speak_of(board):
    for i in range(20):
        board.service(f"service_{i:02d}")
    out = board.run("""
await up()
status()
gc.collect()
gc.disable()
before = gc.mem_alloc()
status()
after = gc.mem_alloc()
gc.enable()
print(after - before)
""")
    assert int(out.splitlines()[-1]) <= (1000 if board.vm.bits == 32 else 2000)


# -- load and unload ----------------------------------------------------------


def test_load_prints_its_line_and_returns_none(board):
    board.service("one").service("two", "enabled = False")
    assert board.run("await up()\nprint(load('two'))\nawait asyncio.sleep_ms(20)\nprint(state('two'))") == (
        board.line("two") + "None\nrunning\n"
    )


def test_load_of_what_runs_changes_nothing(board):
    board.service("one")
    out = board.run("""
await up()
one, since, life = service("one"), service("one").since, service("one").record.task
load("one")
await asyncio.sleep_ms(20)
print(service("one") is one, one.since == since, one.record.task is life)
""")
    assert out == board.line("one") + "True True True\n"


def test_load_of_a_file_that_appeared_after_boot(board):
    board.service("late")
    (board.vm.root / board.path("late")).rename(board.vm.root / "parked")
    out = board.run(f"""
await up()
try: load("late")
except ServiceNotFound as e: print(e)
import os
os.rename("parked", "{board.path("late")}")
load("late")
await asyncio.sleep_ms(20)
print(state("late"))
""")
    assert out == "no service late; there are: none\n" + board.line("late") + "running\n"


def test_load_again_after_the_file_was_mended(board):
    board.service("mend")
    good = (board.vm.root / board.path("mend")).read_bytes()
    (board.vm.root / "good").write_bytes(good)
    board.file("mend", "from aioclass import Service\n1/0")
    out = board.run(f"""
await up()
status()
traceback("mend")
with open("good", "rb") as new, open("{board.path("mend")}", "wb") as file: file.write(new.read())
load("mend")
await asyncio.sleep_ms(20)
print(state("mend"))
traceback("mend")
status()
""")
    first, rest = out.split("mend: Traceback\n")
    assert first == board.failed("mend", "ZeroDivisionError")
    line = board.line("mend")
    assert rest.endswith("ZeroDivisionError: divide by zero\n" + line + "running\n" + line)


def test_load_again_what_failed_at_run(board):
    board.service(
        "bad",
        "restart = 'no'\nn = 0",
        "self.n += 1\n        if self.n == 1: raise OSError(5)\n        await asyncio.sleep(99)",
    )
    out = board.run("""
await up()
print(state("bad"))
load("bad")
await asyncio.sleep_ms(20)
print(state("bad"))
""")
    assert out == "failed\n" + board.line("bad") + "running\n"


def test_load_none_loads_the_enabled_ones_that_are_not_loaded(board):
    board.service("a").service("b").service("c", "enabled = False").service("d")
    board.config({"d": {"enabled": False}})
    out = board.run("""
load("a")
load()
await asyncio.sleep_ms(20)
load()
print(states() == {"a": "running", "b": "running"})
enable("d")
load()
""")
    assert out == board.line("a") + board.line("b") + "True\n" + board.line("d")


def test_load_by_hand_brings_the_enabled_requirements_of_what_is_disabled(board):
    board.service("top", 'enabled = False\nrequire = ("mid",)')
    board.service("mid", 'require = ("base", "off")').service("base").service("off", "enabled = False")
    board.config({"mid": {"enabled": True}})
    out = board.run("""
load("top")
await asyncio.sleep_ms(20)
status()
enable("off")
load("top")
await asyncio.sleep_ms(20)
print(states() == {n: "running" for n in ("top", "mid", "base", "off")}, "off" in service("mid").deps)
""")
    wait = board.line("top", "blocked: top -> mid -> off (disabled)", "WAIT")
    shown, rest = out.split(board.line("mid", "blocked: mid -> off (disabled)", "WAIT"))
    assert shown == wait + board.line("base")
    assert rest.startswith(wait + "[ WAIT ] Service: top.service") and rest.endswith("True True\n")


def test_a_requirement_loaded_later_is_injected(board):
    board.service("a", 'require = {"other": "b"}').service("b", "enabled = False")
    out = board.run("""
await up()
print(state("a"))
load("b")
await asyncio.sleep_ms(20)
print(state("a"), service("a").deps["b"] is service("b"), service("a").other is service("b"))
""")
    assert out == "blocked\n" + board.line("b") + "running True True\n"


def test_a_requirement_started_later_is_injected(board):
    board.service("a", 'require = {"other": "b"}', "print(self.deps['b'].name, self.other.name)\n        " + FOREVER)
    board.service("b", "enabled = False")
    out = board.run("await up()\nprint(state('a'))\nawait start('b')\nawait asyncio.sleep_ms(20)\nprint(state('a'))")
    assert out == "blocked\nb b\nrunning\n"


def test_what_is_loaded_anew_is_injected_into_what_wants_it(board):
    board.service("a", 'want = "clock"').service("clock")
    out = board.run("""
await up()
old = service("clock")
print(service("a").deps["clock"] is old)
unload("clock")
await ended("clock")
load("clock")
await asyncio.sleep_ms(20)
print(service("a").deps["clock"] is service("clock"), service("clock") is old, state("a"))
""")
    assert out == "True\n" + board.line("clock") + "True False running\n"


def test_a_load_starts_nothing_else_that_was_stopped(board):
    board.service("a", 'require = "b"').service("b").service("x", "enabled = False")
    out = board.run("""
await up()
await stop("b")
a = start("a")
await stop("b")
load("x")
await asyncio.sleep_ms(20)
print(states() == {"a": "stopped", "b": "stopped", "x": "running"}, states())
""")
    assert out.startswith(board.line("x") + "True ")


def test_unload_frees_the_name_at_once_and_load_waits_for_the_cleanup(board):
    board.service("one", "async def cleanup(self):\n    await asyncio.sleep_ms(100)\n    print('cleaned')")
    out = board.run("""
await up()
old = service("one")
print(unload("one"))
try: service("one")
except ServiceNotFound as e: print(e)
status()
try: unload("one")
except ServiceNotFound as e: print("gone")
load("one")
await until(lambda: states() == {"one": "running"})
print(service("one") is old)
""")
    first, told, rest = out.split("\n", 2)
    assert first == "True" and "one" in told and "; there are: " in told
    assert rest == "gone\ncleaned\n" + board.line("one") + "False\n"


@pytest.mark.parametrize("again", ["load('top')", "load('*')", "load('one.service'); load('top')"])
def test_a_load_waits_for_a_requirement_that_is_leaving(board, again):
    board.service("one", "async def cleanup(self):\n    await asyncio.sleep_ms(100)\n    print('cleaned')")
    board.service("top", "require = 'one'")
    out = board.run(f"""
await up()
unload("one")
{again}
await until(lambda: states() == {{"one": "running", "top": "running"}})
print(service("top").deps["one"] is service("one"))
""")
    assert out.endswith("True\n") and out.index("cleaned") < out.index(" Service: top.service")


def test_load_none_waits_for_what_is_leaving(board):
    board.service("one", "async def cleanup(self):\n    await asyncio.sleep_ms(100)\n    print('cleaned')")
    board.service("new", "require = 'one'").service("other")
    board.config({"new": {"enabled": False}})
    out = board.run("""
await up()
unload("one")
enable("new")
load()
await until(lambda: states() == {n: "running" for n in ("one", "new", "other")})
print(service("new").deps["one"] is service("one"))
""")
    assert out == (
        board.line("new", "blocked: new -> one (unknown)", "WAIT")
        + "cleaned\n"
        + board.line("one")
        + "True\n"
    )


def test_unload_stops_dependents_and_forgets_the_module(board):
    board.service("a", 'require = "b"').service("b")
    out = board.run("""
await up()
unload("b")
await ended("b")
print(states(), [n in sys.modules for n in ("aioservices.services.b_service", "aioservices.services.a_service")])
await start("a")
print(states() == {"a": "running", "b": "running"}, service("a").deps["b"] is service("b"))
""")
    assert out == "{'a': 'stopped'} [False, True]\nTrue True\n"


def test_unload_of_what_could_not_be_loaded(board):
    board.file("bad", "1/0")
    out = board.run("await up()\nprint(unload('bad'))\nstatus()\nload('bad')")
    assert out == "True\n" + board.failed("bad", "ZeroDivisionError")


def test_load_and_unload_leave_nothing_in_the_heap(board):
    board.service("one", 'require = "two"').service("two").service(
        "child",
        """
async def setup(self):
    import aioctl
    self.add_ctask(aioctl, self.child, "child")
async def child(self):
    await asyncio.sleep(99)""",
    )
    out = board.run(
        """
import io
await up()
def used():
    for _ in range(3): gc.collect()
    return gc.mem_alloc()
async def cycle():
    for name in ("one", "child"):
        unload(name)
        await ended(name)
        load(name)
        await until(lambda: state(name) == "running")
heap = [0, 0, 0]
for look in range(3):  # at the same point of the program; what grows does so in both halves
    for _ in range(100 if look else 5): await cycle()
    heap[look] = used()
print("grown", min(heap[1] - heap[0], heap[2] - heap[1]))
""",
        timeout=60,
    )
    assert int(out.split()[-1]) <= 0


def test_loads_that_fail_leave_nothing_in_the_heap(board):
    board.service("one").file("bad", "x = bytearray(100)\n1/0")
    out = board.run(
        """
await up()
def used():
    for _ in range(3): gc.collect()
    return gc.mem_alloc()
for _ in range(5): load("bad")
before = used()
for _ in range(50): load("bad")
print("grown", used() - before)
""",
        timeout=60,
    )
    assert int(out.split()[-1]) <= 0


def test_start_loads_what_is_not_loaded(board):
    board.service("off", "enabled = False").file("bad", "1/0")
    out = board.run("""
await up()
print(start("off"))
await start("off")
print(state("off"))
try: start("bad")
except ServiceError as e: print(e)
""")
    assert out == (
        "off.service: starting\nrunning\nbad.service not loaded: ZeroDivisionError: divide by zero\n"
    )


# -- boot and init ------------------------------------------------------------


def test_boot_starts_core_and_init_the_rest(board):
    board.service("core", CORE, "print('core')").service("run", "", "print('run')")
    board.service("timed", 'type = "schedule.service"\nschedule = {"start_in": 0}', "print('timed')")
    out = board.run("""
print(await boot(debug=False))
print(states() == {"core": "done", "run": "init", "timed": "init"})
init(debug=False)
await asyncio.sleep_ms(50)
""")
    assert out.startswith("core\nTrue\nTrue\n") and sorted(out.split("\n")[3:5]) == ["run", "timed"]


def test_core_starts_what_it_requires_whatever_its_type(board):
    board.service("core", CORE + "\nrequire = 'run'", "print('core')")
    board.service("run", "", "print('run')\n        " + FOREVER)
    assert board.run("print(await boot(debug=False))") == "run\ncore\nTrue\n"


def test_nothing_starts_twice(board):
    board.service("core", CORE, "print('core')").service("run", "", "print('run')\n        " + FOREVER)
    board.service("bad", "restart = 'no'", "print('bad'); 1/0")
    board.service("badcore", CORE + "\nrestart = 'no'", "print('badcore'); 1/0")
    out = board.run("""
await up()
await stop("run")
for _ in range(2):
    print(await boot(debug=False))
    init(debug=False)
    await asyncio.sleep_ms(30)
print(state("run"))
""")
    assert sorted(out.split("\n")) == ["", "False", "False", "bad", "badcore", "core", "run", "stopped"]


@pytest.mark.parametrize(
    "attributes, task, result",
    [
        (CORE, "pass", True),
        (CORE, "1/0", False),
        (CORE + "\nrequire = 'nix'", "pass", False),
        (CORE + "\nstart_timeout = 0.05", "await asyncio.sleep(9)", False),
        ("", "1/0", True),
    ],
)
def test_what_boot_returns(board, attributes, task, result):
    board.service("one", attributes, task).service("two", CORE, "pass")
    assert board.run("print(await boot(debug=False))") == f"{result}\n"


def test_boot_is_false_when_a_service_could_not_be_loaded(board):
    board.service("two", CORE, "pass").file("bad", "1/0")
    assert board.run("print(await boot(debug=False))") == "False\n"
    board.config({"bad": {"enabled": False}})
    assert board.run("print(await boot(debug=False))") == "True\n"


def test_every_way_in_which_a_requirement_can_be_missing(board):
    """Exactly its dependents are blocked, with the chain as the reason; all others come up."""
    bad = {
        "off": "enabled = False", "out": "pass", "fails": "restart = 'no'\ndef setup(self): raise OSError(5)",
        "slow": "restart = 'no'\nstart_timeout = 0.05\nasync def setup(self): await asyncio.sleep(9)",
        "ring_a": "require = 'ring_b'", "ring_b": "require = 'ring_a'",
    }
    for name in bad:
        board.service(name, bad[name])
    board.file("broken", "1/0")
    for name in [*bad, "broken", "unknown"]:
        board.service("on_" + name, f"require = '{name}'")
    board.service("far", CORE + "\nrequire = 'on_fails'", "pass")
    board.service("good").service("better", CORE + "\nrequire = 'good'", "pass")
    board.config({"_boot": {"exclude": "out"}})
    out = board.run("""
print(await boot(debug=False))
init(debug=False)
await until(lambda: state("slow") == "failed")
for name in sorted(states()):
    print(name, state(name), service(name).reason)
await shutdown()
await asyncio.sleep_ms(0)
print("left:", asyncio.core._task_queue.peek(), sorted(set(states().values())))
""")
    assert out.splitlines() == [
        "False", "better done None", "fails failed None", "far blocked far -> on_fails -> fails (failed)",
        "good running None", "on_broken blocked on_broken -> broken (not loaded)",
        "on_fails blocked on_fails -> fails (failed)", "on_off blocked on_off -> off (disabled)",
        "on_out blocked on_out -> out (excluded)", "on_ring_a blocked on_ring_a -> ring_a -> ring_b -> ring_a",
        "on_ring_b blocked on_ring_b -> ring_b -> ring_a -> ring_b", "on_slow blocked on_slow -> slow (failed)",
        "on_unknown blocked on_unknown -> unknown (unknown)", "ring_a blocked ring_a -> ring_b -> ring_a",
        "ring_b blocked ring_b -> ring_a -> ring_b", "slow failed None", "left: None ['failed', 'stopped']",
    ]


def test_boot_and_tasks_of_others(board):
    board.service("two", CORE, "pass")
    out = board.run("""
async def mine():
    await asyncio.sleep_ms(200)
    return "mine"
task = asyncio.create_task(mine())
print(await boot(debug=False), task.done())
init(debug=False)
await shutdown()
print(await task)
""")
    assert out == "True False\nmine\n"


def test_debug_prints_each_line_as_it_comes_up(board):
    board.service("slow", CORE, "await asyncio.sleep_ms(100)").service("fast", CORE, "pass")
    board.service("run").service("bad", "restart = 'no'\ndef setup(self): 1/0").file("broken", "1/0")
    out = board.run("""
await boot()
await asyncio.sleep_ms(10)
print("booted")
init()
await asyncio.sleep_ms(50)
init()
await asyncio.sleep_ms(50)
""")
    boot, rest = out.split("booted\n")
    assert boot == board.failed("broken", "ZeroDivisionError") + board.line("fast") + board.line("slow")
    assert sorted(rest.splitlines(True)) == sorted(
        [board.line("run"), board.line("bad", "failed: ZeroDivisionError: divide by zero", "FAIL")]
    )


def test_debug_log_writes_the_lines(board):
    board.service("core", CORE, "pass").service("run").service("dep")
    board.service("off", "enabled = False\nrequire = 'dep'")
    board.file("broken", "1/0")
    board.config({"dep": {"enabled": True}})
    out = board.run("""
class Log:
    lines = []
    def info(self, line, *args): self.lines.append(line)
    debug = warning = error = info
await boot(debug=False, log=Log(), debug_log=True)
await asyncio.sleep_ms(10)
init(debug=False, log=Log(), debug_log=True)
await asyncio.sleep_ms(20)
unload("dep")
await ended("dep")
load("off", log=Log(), debug_log=True)
await asyncio.sleep_ms(20)
print("---")
for line in Log.lines: print(line)
Log.lines.clear()
await boot(debug=False, log=Log())
init(debug=False, log=Log())
load("off", log=Log())
print(Log.lines)
""")
    shown, logged = out.split("---\n")
    assert shown.count("\n") == 1
    written = logged.splitlines(True)
    assert written[0] == board.failed("broken", "ZeroDivisionError") and written[1] == board.line("core")
    assert sorted(written[2:4]) == [board.line("dep"), board.line("run")]
    assert "off.service" in written[4] and out.endswith("[]\n")


def test_load_with_debug_tells_what_became_of_it(board):
    board.service("top", "enabled = False\nrequire = 'dep'")
    board.service("dep", "async def setup(self):\n    await asyncio.sleep_ms(30)")
    board.service("bad", "enabled = False\nrestart = 'no'\nasync def setup(self): 1/0")
    out = board.run("""
load("top", debug=True)
await asyncio.sleep_ms(60)
load("bad", debug=True)
await asyncio.sleep_ms(20)
load("top", debug=True)
""")
    assert out == (
        board.line("top", "waiting: top -> dep (starting)", "WAIT")
        + board.line("dep")
        + board.line("top")
        + board.line("bad")
        + board.line("bad", "failed: ZeroDivisionError: divide by zero", "FAIL")
        + board.line("top")
    )


def test_init_schedule(board):
    board.service("timed", 'type = "schedule.service"\nschedule = {"repeat": 9}').service("run")
    out = board.run("""
await boot(debug=False)
init(debug=False, init_schedule=False)
await asyncio.sleep_ms(20)
print(state("timed"), state("run"))
init(debug=False)
print(state("timed"))
""")
    assert out == "init running\nscheduled\n"


GROUPS = {"a": "", "b": 'groups = "lab"', "c": 'groups = ("lab", "home")', "d": 'groups = ("home",)'}


@pytest.mark.parametrize(
    "options, config, chosen",
    [
        ("", {}, "abcd"),
        ("groups=['lab']", {}, "abc"),
        ("groups='home'", {}, "acd"),
        ("groups=[]", {}, "a"),
        ("groups=['lab', 'home'], exclude=['c']", {}, "abd"),
        ("exclude=['c.service', 'a']", {}, "bd"),
        ("exclude='lab'", {}, "ad"),
        ("exclude=['*a*']", {}, "d"),  # the names a and groups lab
        ("", {"_boot": {"groups": ["lab"]}}, "abc"),
        ("", {"_boot": {"groups": "home", "exclude": "d"}}, "ac"),
        ("groups=['lab']", {"_boot": {"groups": "home", "exclude": ["b"]}}, "ac"),
        ("exclude=[]", {"_boot": {"exclude": ["b"]}}, "abcd"),
        ("", {"d": {"groups": "lab"}, "_boot": {"groups": ["lab"]}}, "abcd"),
    ],
)
@pytest.mark.parametrize("how", ["both", "init"])
def test_groups_and_exclusions(board, options, config, chosen, how):
    for name in GROUPS:
        board.service(name, GROUPS[name])
    board.config(config)
    out = board.run(f"""
await boot(debug=False{", " + options if options and how == "both" else ""})
init(debug=False{", " + options if options else ""})
await asyncio.sleep_ms(20)
print("".join([n for n in sorted(states()) if state(n) == "running"]))
""")
    assert out == chosen + "\n"


def test_init_without_arguments_keeps_what_boot_excluded(board):
    board.service("a").service("b")
    out = board.run("""
await boot(debug=False, exclude=["a"])
init(debug=False)
await asyncio.sleep_ms(20)
print(states())
load("a")
""")
    assert out == "{'b': 'running'}\n" + board.line("a")


def test_no_order_of_files_or_keys_matters(board):
    for name in ("zeta", "alpha", "mid"):
        board.service(name, CORE, f"print('{name}')")
    one = board.run("await boot(debug=False)")
    board.config('{"mid": {"enabled": true}, "alpha": {"enabled": true}, "zeta": {"enabled": true}}')
    two = board.run("await boot(debug=False)")
    assert one == two == "alpha\nmid\nzeta\n"


@pytest.mark.parametrize("prepare", ["no folder", "empty folder", "no files at all"])
def test_a_board_without_services(vm, prepare):
    board = Board(vm)
    if prepare == "empty folder":
        (vm.root / "aioservices/services").mkdir(parents=True)
    if prepare == "no folder":
        board.config({})
    out = board.run("""
print(await boot())
init()
status()
aioservice.list()
load()
print(snapshot()["services"], get_config())
await shutdown()
try: service("x")
except ServiceNotFound as e: print(e)
""")
    assert out == "True\n[] {}\nno service x; there are: none\n"


# -- what fails ---------------------------------------------------------------


def patched(path, at, value):
    data = bytearray(path.read_bytes())
    data[at] = value
    path.write_bytes(data)


FAILING = {
    "import nosuchmodule": "ImportError: no module named 'nosuchmodule'",
    "import sys\nsys.exit(3)": "SystemExit",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "x = 1": "LoadError: no `service = …('bad')` in it",
    "service = 5": "LoadError: no `service = …('bad')` in it",
    "from aioclass import Service\nservice = Service": "LoadError: no `service = …('bad')` in it",
    "from aioclass import Service\nservice = Service('other')": "LoadError: its service is called 'other', its file says 'bad'",
    "from aioclass import Service\nservice = Service('bad')\nservice.require = 5": "SettingsError: bad.require cannot be 5",
    "from aioclass import Service\nservice = Service('bad')\nservice.start_timeout = '5'": "SettingsError: bad.start_timeout cannot be '5'",
    "x = bytearray(10000000)": "MemoryError",
}


@pytest.mark.parametrize("source", FAILING)
def test_a_file_that_is_no_service(board, source):
    board.service("good").file("bad", source)
    out = board.run("""
print(await boot())
init()
await asyncio.sleep_ms(20)
status()
load("bad")
print("Traceback" in traceback("bad", True), state("good"))
print("aioservices.services.bad_service" in sys.modules)
""")
    bad, good = board.failed("bad", FAILING[source]), board.line("good")
    assert out == bad + "False\n" + good + bad + good + bad + "True running\nFalse\n"


@pytest.mark.parametrize("kind", ['"core"', '"network.service"', '""', "None", "5", '["core.service"]'])
def test_a_type_that_is_none(board, kind):
    board.service("good").service("bad", f"type = {kind}")
    out = board.run("print(await boot(debug=False))\ninit(debug=False)\nawait asyncio.sleep_ms(20)\nstatus()")
    why = f"bad.type cannot be {eval(kind)!r}; it is one of core.service, runtime.service, schedule.service"
    assert out == "False\n" + board.failed("bad", "SettingsError: " + why) + board.line("good")


def test_a_syntax_error(board):
    board.service("good").file("bad", "def x(:\n", compile=False)
    out = board.run("print(await boot())\nload('good')\ntraceback('bad')")
    assert (
        "Service: bad.service from ./aioservices/services/bad_service.py not loaded: Error: SyntaxError"
        in out
    )
    assert out.endswith("SyntaxError: invalid syntax\n") and board.line("good") in out
    assert 'File "aioservices/services/bad_service.py", line 1' in out


def test_source_and_mpy_of_one_service(board):
    board.service("good")
    path = board.file("bad", SERVICE % ("", FOREVER, "bad"), compile=True)
    path.with_suffix(".py").write_text(SERVICE % ("", FOREVER, "bad"))
    out = board.run("await boot()")
    assert out == (
        "[ ERROR ] Service: bad.service from ./aioservices/services/bad_service.py not loaded: "
        "Error: LoadError: bad_service.py and .mpy are both there; remove one\n"
    )


@pytest.mark.parametrize("at, value", [(0, 0), (1, 5), (1, 7)])
def test_an_mpy_for_another_micropython(board, at, value):
    board.service("good")
    path = board.file("bad", SERVICE % ("", FOREVER, "bad"), compile=True)
    patched(path, at, value)
    out = board.run("await up()\nstatus()")
    assert out == (
        "[ ERROR ] Service: bad.service from ./aioservices/services/bad_service.mpy not loaded: "
        "Error: LoadError: it is compiled for another MicroPython; compile it anew with "
        "`make board`\n" + board.line("good")
    )


def test_an_mpy_that_is_cut_short(board):
    """At any byte; the VM itself would read on for ever."""
    board.service("good")
    path = board.file("bad", SERVICE % ("", FOREVER, "bad"), compile=True)
    (board.vm.root / "whole").write_bytes(path.read_bytes())
    size = path.stat().st_size - len(mpy.END)  # what is behind that is not missed
    out = board.run(
        f"""
data = open("whole", "rb").read()
for n in range({size}):
    with open("aioservices/services/bad_service.mpy", "wb") as file: file.write(data[:n])
    load("bad")
with open("aioservices/services/bad_service.mpy", "wb") as file: file.write(data)
load("bad")
""",
        timeout=60,
    )
    lines = out.splitlines()
    assert len(lines) == size + 1 and lines[-1].endswith("loaded") and lines[-1].startswith("[ OK ]")
    assert all("not loaded: Error: LoadError: it is compiled for another" in line for line in lines[:4])
    assert all(line.endswith("LoadError: the file is cut short; copy it anew") for line in lines[4:-1])


def test_traceback_of_load_and_run(board):
    board.file("bad", "from aioclass import Service\ndef f():\n    1/0\nf()")
    board.service("run", "restart = 'no'", "raise ValueError('oh')").service("good")
    out = board.run("""
await up()
traceback("bad")
print("-")
traceback("run")
print("-")
print(traceback("good"), repr(traceback("good", True)))
text = traceback("run.service", rtn=True)
start = "run: Traceback\\nTraceback (most recent call last):\\n"
print(text.startswith(start), text.endswith("ValueError: oh\\n"))
text = traceback("*", True)
print(text.count("bad: Traceback"), text.count("run: Traceback"), text.count("good"))
print(text == traceback("*", True))
""")
    bad, run, rest = out.split("-\n")
    assert bad.startswith("bad: Traceback\nTraceback (most recent call last):\n")
    assert bad.endswith(
        'line 4, in <module>\n  File "aioservices/services/bad_service.mpy", line 3, in f\n'
        "ZeroDivisionError: divide by zero\n"
    )
    assert run.startswith("run: Traceback\n") and run.endswith("in task\nValueError: oh\n")
    assert rest == "None ''\nTrue True\n1 1 0\nTrue\n"


# -- stop, restart, shutdown, snapshot ----------------------------------------

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
