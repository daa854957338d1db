"""aioservice: boot and init: what people type, and exactly what it answers, on the real VM."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import pytest
from support.services import CORE, FOREVER, Board


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
