"""aioservice: list, status, service: what people type, and exactly what it answers, on the real VM."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import pytest
from support.services import FOREVER, SERVICE


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
