"""The hardware watchdog: what resets the board, what does not, and what is said about it.

On micropython32 only: one second is the shortest watchdog, and most tests let it run out.
"""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json

import pytest
from support.loops import AIOREPL

SERVICE = """
import asyncio, machine, time
import aioctl, aioservice
from aioclass import Service
%(top)s
class Made(Service):
    enabled = True
    critical = %(critical)s
%(body)s
service = Made("%(name)s")
"""
# The life after that tells that it came from the watchdog, and ends.
MAIN = """
import machine, sys
print("life", machine.reset_cause())
if machine.reset_cause() == machine.WDT_RESET:
    sys.exit(7)
import aioservice
aioservice.run()
"""
RESET = 7
RAW = "raw REPL; CTRL-B to exit\r\n>"


class Board:
    """A board with a watchdog of `seconds`, and services of the test."""

    def __init__(self, vm, seconds=1):
        self.vm = vm
        vm.ship("boot.py")
        vm.put("main.py", MAIN)
        self.config(seconds)

    def config(self, seconds):
        self.vm.put("services.config", json.dumps({"_boot": {"watchdog": seconds}}))

    def service(self, name, body, critical=True, top=""):
        text = SERVICE % {"name": name, "body": body, "critical": critical, "top": top}
        self.vm.put("aioservices/services/%s_service.py" % name, text)

    def driver(self, body):
        """A service that acts, and is not watched."""
        self.service("driver", "    async def task(self):\n" + "".join("        %s\n" % line for line in body), False)

    def console(self):
        self.vm.ship("main.py", "aioservices/services/repl_service.mpy")


@pytest.fixture
def board(vm32):
    return Board(vm32)


QUIT = "self.manager.quit.set()"


# -- what resets ----------------------------------------------------------------

HANGS = "print('hangs')\n%swhile True: pass"
TASK = "    async def task(self):\n        " + HANGS % "        "
SETUP = "    async def setup(self):\n        " + HANGS % "        "


@pytest.mark.parametrize("critical", [True, False], ids=["critical", "other"])
@pytest.mark.parametrize("body, top", [(TASK, ""), (SETUP, ""), ("", HANGS % "")], ids=["task", "setup", "import"])
def test_code_that_blocks_is_ended_by_a_reset(board, body, top, critical):
    if not critical and body == SETUP:
        body = "    def setup(self):\n        " + HANGS % "        "  # without async, as many are
    board.service("s", body, critical, top)
    out = board.vm.run(expect_code=RESET).out
    assert out.startswith("life 1\n") and "hangs\n" in out and out.endswith("life 3\n")
    assert "not fed" not in out


def test_board_boots_again_and_lives(board):
    board.vm.ship("main.py")
    board.service("s", """
    async def task(self):
        if machine.reset_cause() != machine.WDT_RESET:
            while True: pass
        await asyncio.sleep(1.3)
        print("up again")
        self.manager.quit.set()
""")
    out = board.vm.run().out
    assert out.endswith("up again\nhardware watchdog: the board resets within 1 s\n")


def test_service_that_swallows_its_cancellation_when_alive_is_overdue(board):
    board.service("s", """
    watchdog = 0.1
    async def task(self):
        while True:
            try:
                await asyncio.sleep(9)
            except asyncio.CancelledError:
                pass
""")
    out = board.vm.run(expect_code=RESET).out
    assert out.count("not fed: s.service something of it does not end; the board resets within 1 s\n") == 1


def test_alive_that_nobody_else_looks_for(board):
    """The software watchdog runs on timers; it is gone when their task is."""
    board.service("s", """
    watchdog = 0.2
    async def task(self):
        import aioschedule
        aioschedule.timers.task.cancel()
        await asyncio.sleep(99)
""")
    assert "not fed: s.service no alive() within 0.4 s" in board.vm.run(expect_code=RESET).out


@pytest.mark.parametrize("body, why", [
    ("    restart = 'no'\n    def task(self):\n        raise ValueError(5)", "failed: ValueError: 5"),
    ("    require = 'nothing'", "blocked: s -> nothing (unknown)"),
], ids=["failed", "blocked"])
def test_why_it_resets_is_said_before(board, body, why):
    board.service("s", body)
    board.driver(["s = aioservice.service('s')",
                  "while s.state not in ('failed', 'blocked'):",
                  "    await s.changed()",
                  "aioctl.log('watchdog')"])
    said = "not fed: s.service %s; the board resets within 1 s\n" % why
    out = board.vm.run(expect_code=RESET).out
    assert out.count("hardware watchdog: " + said) == 1
    assert out.count(said) == 2, out


# -- what does not ----------------------------------------------------------------


def test_healthy_board_is_not_reset(board):
    """Nor one with critical services that restart, wait for one that does, or were stopped."""
    forever = "    async def task(self):\n        await asyncio.sleep(99)"
    board.service("healthy", forever)
    board.service("flaps", "    restart = {'delay': 0.3}\n    def task(self):\n        raise OSError(1)")
    board.service("radio", "    restart = {'delay': 0.3}\n    def setup(self):\n        raise OSError(1)", False)
    board.service("waits", "    require = 'radio'\n" + forever)
    board.service("waits_too", "    require = 'waits'\n" + forever)
    board.service("stopped", "    stop_grace = 0.05\n" + forever + "\n    async def cleanup(self):\n        await asyncio.sleep(0.6)")
    board.service("returns", "    def task(self):\n        pass")
    board.service("mended", """
    restart = "no"
    async def task(self):
        if self.error is None and not hasattr(self, "n"):
            self.n = 1
            raise ValueError(2)
        await asyncio.sleep(99)
""")
    board.driver(["await aioservice.stop('stopped')",
                  "while aioservice.service('mended').state != 'failed':",
                  "    await aioservice.service('mended').changed()",
                  "await aioservice.start('mended')",
                  "await asyncio.sleep(2.5)",
                  "print('states', [aioservice.service(n).state for n in ('healthy', 'returns', 'stopped')])",
                  QUIT])
    out = board.vm.run().out
    assert "states ['running', 'done', 'stopped']\n" in out and out.count("life") == 1
    assert "not fed: mended.service failed: ValueError: 2" in out and "fed again" in out
    assert out.count("not fed") == 1


def test_long_boot_is_not_reset_while_it_gets_on(board):
    for n in range(4):
        board.service("s%d" % n, "    def setup(self):\n        time.sleep(0.4)", top="time.sleep(0.4)")
    board.service("zlast", "    def task(self):\n        " + QUIT)
    out = board.vm.run().out
    assert out.count("loaded") == 5 and out.count("life") == 1


SLOW = """
    async def task(self):
        await asyncio.sleep(99)
    async def cleanup(self):
        await asyncio.sleep(1.6)
        print("cleaned up")
"""


def test_ctrl_d_is_fed_to_its_end_and_warns(board):
    """Also when a critical service fails meanwhile."""
    board.console()
    board.service("s", "    require = 'fails'" + SLOW)
    board.service("fails", """
    restart = "no"
    async def task(self):
        await asyncio.sleep_ms(0)
        while aioservice.service("s").state != "stopping":
            await aioservice.service("s").changed()
        raise ValueError
""")
    session = board.vm.session()
    session.expect("--> ")
    session.ctrl("d")
    session.expect("cleaned up\r\nhardware watchdog: the board resets within 1 s\r\n")
    assert session.wait() == 0


def test_lost_event_loop_is_fed_to_its_end_and_warns(board):
    board.console()
    board.vm.put("lib/aiorepl.py", AIOREPL)
    board.service("s", SLOW)
    session = board.vm.session()
    session.expect("aiorepl here")
    session.ctrl("d")
    session.expect("cleaned up\r\nhardware watchdog: the board resets within 1 s\r\n")
    assert session.wait() == 0


def test_shutdown_by_hand_warns_once(board):
    board.vm.ship("main.py")
    board.service("s", "    async def task(self):\n        await asyncio.sleep(99)")
    board.driver(["asyncio.create_task(aioservice.shutdown())"])
    assert board.vm.run().out.count("the board resets") == 1


def test_host_at_work_is_not_cut_off_and_one_that_hangs_is(board):
    """Even where nothing else feeds, as a critical service has failed: else nothing could mend it."""
    board.console()
    board.service("s", "    restart = 'no'\n    async def task(self):\n        await asyncio.sleep(99)")
    board.vm.put("main.py", "import machine\nprint('life', machine.reset_cause())\n" + (board.vm.root / "main.py").read_text())
    session = board.vm.session()
    session.expect("--> ")
    session.ctrl("a")
    session.expect(RAW)
    session.send("import aioservice, time\naioservice.service('s').record.task.cancel()\x04")
    session.expect("OK\x04\x04>")
    for n in range(5):
        session.send("time.sleep(0.4)\nprint(%d)\x04" % n)
        session.expect("OK%d\r\n\x04\x04>" % n)
    session.expect("life 3\r\n")  # nothing more came
    session.expect("--> ")
    session.ctrl("a")
    session.expect(RAW)
    session.send("while True: pass\x04")
    session.expect("life 3\r\n")
    assert session.seen.count("life 3") == 2


# -- how it is armed --------------------------------------------------------------

# A port whose messages do not say how much it can.
CURT = """
WDT_RESET = 3
class WDT:
    def __init__(self, id=0, timeout=5000):
        if timeout > 5000:
            raise ValueError("too long")
    def feed(self):
        pass
def reset_cause():
    return 1
"""


@pytest.mark.parametrize("env, machine, said", [
    ({}, None, "(ValueError: timeout exceeds 8388), armed for 8.388 s"),
    ({"BOARD_WDT": "16777"}, None, "(ValueError: timeout exceeds 16777), armed for 16.777 s"),
    ({}, CURT, "(ValueError: too long), armed for 3.75 s"),
    ({"BOARD_WDT": "0"}, None, "(AttributeError: 'module' object has no attribute 'WDT'), no hardware watchdog"),
    ({}, "WDT_RESET = 3\nreset_cause = int", "(AttributeError: 'module' object has no attribute 'WDT'), no hardware watchdog"),
], ids=["rp2040", "rp2350", "curt", "none", "none-at-all"])
def test_what_the_port_refuses_is_said_and_the_board_is_up(board, env, machine, said):
    board.config(30)
    if machine:
        board.vm.put("lib/machine.py", machine)
    board.driver(["print('STATUS')", "aioservice.status()", "print('LOG')", "aioctl.log('watchdog')",
                  "aioservice.load('driver')", "print('AGAIN')", "aioservice.status()",
                  "await aioservice.reload()", QUIT])
    out = board.vm.run(env=env).out
    said = "services.config: _boot.watchdog: 30 s refused " + said + "\n"
    before, _, rest = out.partition("STATUS\n")
    status, _, rest = rest.partition("LOG\n")
    log, _, again = rest.partition("AGAIN\n")
    assert said in before and status.startswith(said) and log.count(said) == 1 and again.startswith(said)


ASKED = """
import os, sys
import aioservice.settingsfile as settings

def boot():
    sys.modules.pop("aiowatchdog", None)
    names = {}
    with open("boot.py") as file:
        exec(file.read(), names)
    names.pop("__builtins__", None)
    if names: print("left over", names)
    if "aiowatchdog" in sys.modules:
        return sys.modules["aiowatchdog"].watchdog.ms

def put(name, text):
    if text is None:
        try:
            os.remove(name)
        except OSError:
            pass
        return
    with open(name, "w") as file:
        file.write(text)
"""


def test_watchdog_is_that_of_the_settings_that_count(vm32):
    """At whatever byte a file is cut, boot.py goes by the same file as the manager."""
    vm32.ship("boot.py")
    out = vm32.run(ASKED + r"""
text = '{"a": {"args": ["}\\\\", "\\""]}, "_boot": {"groups": ["x"], "watchdog": 5}, "b": {}}'
found = set()
put("services.config.bak", '{"_boot": {"watchdog": 8}}')
for n in range(len(text) + 1):
    put("services.config", text[:n])
    took = boot()
    wanted = settings.read()[0].get("_boot", {}).get("watchdog")
    if took != (wanted and wanted * 1000): print(n, took, wanted)
    found.add(took)
print(sorted(found))
put("services.config", None)
print(boot(), settings.read())
""").out
    assert out == "[5000, 8000]\nNone ({}, None)\n"


def test_settings_without_a_usable_watchdog_load_nothing(vm32):
    vm32.ship("boot.py")
    out = vm32.run(ASKED + r"""
put("services.config.bak", '{"_boot": {"watchdog": 8}}')
for text in ('{}', '{"_boot": {}}', '{"_boot": {"watchdog": null}}', '{"_boot": {"watchdog": 0}}',
             '{"_boot": {"watchdog": true}}', '{"_boot": {"watchdog": "8"}}', '{"_boot": {"watchdog": 0.01}}',
             '{"_boot": {"watchdog": -8}}', '{"_boot": {"watchdog": 90000}}', '{"_boot": {"watchdog": 1e30}}'):
    put("services.config", text)
    if boot() is not None or "machine_more" in sys.modules: print(text)
for text in ('', '[]', 'x', '{"_boot": {"watchdog": 8}', '\xff'):
    put("services.config", text)
    put("services.config.bak", text)
    if boot() is not None: print(text)
put("services.config", '{"_boot": {"watchdog": 1.5}}')
print(boot())
""").out
    assert out == "1500\n"


def test_watchdog_that_boot_py_did_not_arm_is_missed(board):
    (board.vm.root / "boot.py").unlink()
    board.driver(["await aioservice.reload()", QUIT])
    out = board.vm.run().out
    assert "services.config: _boot.watchdog: not armed; boot.py does that at power-on\n" in out
    assert "hardware watchdog" not in out


def test_watchdog_without_its_module_is_no_silent_end(vm32):
    """Part of the project is missing: the traceback is there, and main.py is begun."""
    Board(vm32)
    vm32.put("lib/aiowatchdog.py", "").unlink()
    vm32.put("main.py", "print('main')\n")
    result = vm32.run()
    assert "aiowatchdog" in result.out + result.err and "main\n" in result.out
