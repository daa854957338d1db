"""aioservice: load and unload: what people type, and exactly what it answers, on the real VM."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import pytest
from support.services import FOREVER


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
