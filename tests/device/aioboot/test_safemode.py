"""Boots that do not last: safe mode, blame, masks, and what the last boot ended with. On micropython32 only; the 30 s
that a boot has to last are one here."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import re

import pytest
from support.guarded import FOREVER, HANG, QUIT
from support.harness import ROOT

TALK = {"BOARD_KEEPS": "scratch"}


def test_safe_mode_at_the_prompt_and_resume(board):
    """It is said before the prompt, and by status(); resume() brings up the rest, a masked one aside."""
    board.watchdog()
    board.vm.ship("aioservices/services/repl_service.mpy")
    board.service("bad", "", HANG)
    board.service("good", FOREVER)
    board.service("needs", "    require = 'bad'\n" + FOREVER)
    board.service("wants", "    safe = True\n    require = 'good'\n" + FOREVER)
    session = board.vm.session(env=TALK)
    told = "safe mode: 3 boots did not last 1 s, bad.service is to blame; aioservice.resume() leaves it\r\n"
    masked = "[ MASK ] Service: bad.service from ./aioservices/services/bad_service.mpy masked: to blame for 3 resets\n"
    before = session.expect("--> ", 20)
    last = before[before.rindex("life 3"):]
    assert told in last and "aioservice.status()" in last
    plain = re.sub("\x1b\\[\\d+m", "", session.line("status()"))
    assert plain.startswith(told.replace("\r", "")) and masked in plain
    assert "wants.service from ./aioservices/services/wants_service.mpy blocked: wants -> good (held by safe mode)" in plain
    assert "good.service from" not in plain and "needs.service from" not in plain
    assert "'service': 'bad'" in session.line("last_boot()")
    session.line("resume()")
    plain = re.sub("\x1b\\[\\d+m", "", session.line("status()"))
    assert "safe mode" not in plain and masked in plain
    assert "[ OK ] Service: good.service" in plain and "[ OK ] Service: wants.service" in plain
    assert "needs.service from ./aioservices/services/needs_service.mpy blocked: needs -> bad (masked)" in plain
    assert session.line("resume()") == "this is no safe mode\n"
    assert session.line("unmask('bad')") == "True\n"
    board.service("bad", FOREVER)
    assert "[ OK ]" in re.sub("\x1b\\[\\d+m", "", session.line("load('bad')"))
    plain = re.sub("\x1b\\[\\d+m", "", session.line("status('needs')"))
    assert "[ OK ] Service: needs.service" in plain
    session.ctrl("d")
    assert session.wait() == 0


def test_mask_holds_a_service_back_for_good(board):
    board.service("a", FOREVER)
    board.service("b", "    require = 'a'\n" + FOREVER)
    board.service("z", """
    async def task(self):
        aioservice.status("a")
        try:
            aioservice.mask("nobody")
        except aioservice.ServiceNotFound as e:
            print("refused:", e)
        print(aioservice.mask("a"), aioservice.mask("a.service"))
        a = aioservice.service("a")
        while a.state != "masked":
            await a.changed()
        aioservice.status("a")
        await aioservice.start("b")
        aioservice.status("b")
        aioservice.load("a")
        try:
            await a.startup()
        except Exception as e:
            print("startup:", e)
        try:
            await aioservice.reload("a")
        except Exception as e:
            print("reload:", e)
        self.manager.quit.set()
""")
    masked = "[ MASK ] Service: a.service from ./aioservices/services/a_service.mpy masked: by hand\n"
    blocked = "[ WAIT ] Service: b.service from ./aioservices/services/b_service.mpy blocked: b -> a (masked)\n"
    out = board.run()
    assert "refused: no service nobody; there are: a, b, z\n" in out
    assert "True True\n" in out and masked + blocked in out
    assert "startup: a.service masked: by hand\n" in out
    assert "LoadError: it is masked: by hand; unmask it first" in out
    board.service("z", """
    async def task(self):
        aioservice.status()
        print(aioservice.unmask("a"))
        aioservice.status("b")
        await aioservice.start("a")
        aioservice.status()
        self.manager.quit.set()
""")
    out = board.run()
    first, _, second = out.partition("True\n")
    assert masked in first and blocked in first
    assert "blocked: b -> a (not loaded)\n" in second and second.count("[ OK ]") >= 3


@pytest.mark.parametrize("what", ["a", "b"])
def test_nothing_starts_a_service_that_is_being_masked(lab, what):
    """At whatever pass of the loop between mask() and its end somebody asks for it, or for what requires it."""
    out = lab("""
a, b = Lab("a"), Lab("b", require="a")
add(a, b)
found = set()
for passes in range(30):
    await aioservice.start("a")
    aioservice.mask("a")
    for _ in range(passes):
        await asyncio.sleep_ms(0)
    await aioservice.start("%s")
    while a.state == "stopping" or a.state == "stopped":
        await a.changed()
    found.add((a.state, b.state, str(b.reason)))
    aioservice.unmask("a")
    await aioservice.stop("b")
print(sorted(found))
""" % what, timeout=40)
    expected = "('masked', 'init', 'None')" if what == "a" else "('masked', 'blocked', 'b -> a (masked)')"
    assert out[-1] == f"[{expected}]"


NOTE = """
    restart = %s
    %s = True
    async def setup(self):
        self.log.info("about to fail")
    async def task(self):
        await asyncio.sleep(0.1)
        raise ValueError(5)
"""


@pytest.mark.parametrize("restart, key, why", [
    ("'no'", "critical", "failed: ValueError: 5"),
    ("{'limit': [2, 60], 'delay': 0.05, 'on_limit': 'reset'}", "safe", "2 failures within 60 s"),
], ids=["critical", "limit"])
def test_reset_that_is_foretold_explains_itself(each, restart, key, why):
    each.watchdog()
    each.service("bad", NOTE % (restart, key))
    each.service("show", """
    async def task(self):
        if machine.reset_cause() != 1:
            for key, value in sorted(aioservice.last_boot().items()):
                print("LAST", key, value)
            self.manager.quit.set()
        await asyncio.sleep(99)
""")
    out = each.run()
    assert "LAST service bad\n" in out and "LAST why %s\n" % why in out and "LAST failed True\n" in out
    assert "LAST cause %s\n" % ("watchdog" if key == "critical" else "reset") in out
    assert "in task\nValueError: 5" in out[out.index("LAST traceback"):]
    assert "bad.service about to fail" in out[out.index("LAST log"):out.index("LAST safe")]


def test_last_boot_after_power_on_knows_nothing(each):
    each.service("show", "    def task(self):\n        print('LAST', sorted(aioservice.last_boot().items()))\n        " + QUIT)
    assert ("LAST [('cause', 'power-on'), ('failed', False), ('log', None), ('safe', False), ('service', None), "
            "('traceback', None), ('why', None)]\n") in each.run()


def test_memory_is_given_back_when_the_boot_has_lasted(each):
    each.service("show", """
    async def task(self):
        print("BEFORE", "aioboot.guard" in sys.modules)
        await asyncio.sleep(1.3)
        print("AFTER", [name for name in sys.modules if "guard" in name or "kept" in name])
        self.manager.quit.set()
""")
    out = each.run()
    assert "BEFORE %s\n" % bool(each.keeps) in out and "AFTER []\n" in out


def test_boot_without_the_guard_is_no_silent_end(board):
    (board.vm.root / "lib/aioboot/guard.mpy").unlink(missing_ok=True)
    (board.vm.root / "lib/aioboot/guard.py").unlink(missing_ok=True)
    board.service("a", "    def task(self):\n        print('up')\n        " + QUIT)
    result = board.vm.run()
    assert "aioboot.guard" in result.out + result.err and "up\n" in result.out


def test_what_began_a_boot_on_ports_that_tell_less(vm32):
    """ESP32 says SOFT_RESET for machine.reset(); neither it nor RP2040 tells a soft reset. The chip's clock does."""
    vm32.put("lib/aioboot/guard.py", (ROOT / "lib/aioboot/guard.py").read_text())
    out = vm32.run("""
import aioboot.guard as guard
import machine
class Sys:
    pass
class Machine:
    PWRON_RESET = 1
class Esp32(Machine):
    DEEPSLEEP_RESET = 4
    SOFT_RESET = 5
def causes(port, has, up):
    Sys.platform = port
    guard.sys = Sys
    guard.machine = has
    guard._up = lambda: up
    found = []
    for cause in range(1, 6):
        has.reset_cause = lambda: cause
        found.append(["", "power", "reset", "slept", "soft"][guard._cause()])
    return " ".join(found)
for port, has in (("esp32", Esp32), ("rp2", Machine), ("pyboard", Esp32)):
    print(port, causes(port, has, 700), "|", causes(port, has, 60000))
""").out
    assert out == ("esp32 power reset reset slept reset | soft soft soft slept soft\n"
                   "rp2 power reset reset reset reset | soft soft soft soft soft\n"
                   "pyboard power reset reset slept soft | power reset reset slept soft\n")


def test_manager_that_fails_itself_resets_the_board(board):
    """As after code of a damaged file has written over it. Only where steps are marked, as with a watchdog."""
    board.watchdog()
    board.service("bad", "    async def task(self):\n        import aioclass\n        del aioclass.is_interrupt\n        1/0")
    board.service("good", FOREVER)
    board.ends()
    out = board.run()
    assert board.lives(out) == [1, 2, 2, 2] and out.count("NameError: name 'is_interrupt' isn't defined\n") >= 3
    last = out[out.rindex("life 3"):]
    assert "bad.service is to blame" in last and "the manager itself failed: NameError" in last
