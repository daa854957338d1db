"""Boots that do not last: what counts as one. On micropython32 only; the 30 s that a boot has to last are one here."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import re

import pytest
from support.guarded import EARLY, FOREVER, HANG, QUIT, Board
from support.harness import Vm


@pytest.mark.parametrize("body, top", [
    ("", HANG), ("    def setup(self):\n        " + HANG, ""),
    ("    async def setup(self):\n        " + HANG, ""),
    ("    async def task(self):\n        await asyncio.sleep(0.2)\n        " + HANG, ""),
], ids=["import", "setup", "async-setup", "task"])
def test_service_that_blocks_ends_in_safe_mode_that_names_it(each, body, top):
    each.watchdog()
    each.service("bad", body, top)
    each.service("good", FOREVER)
    each.ends()
    out = each.run()
    assert each.lives(out) == [1, 3, 3, 3]
    last = out[out.rindex("life 3"):]
    named = each.keeps or "sleep" not in body  # without such memory no step is marked but the first
    who = "bad.service is to blame" if named else "nobody is known to be to blame"
    assert last.count("safe mode: 3 boots did not last 1 s, %s; aioservice.resume() leaves it\n" % who) == 2
    assert "('service', %s)" % ("'bad'" if named else None) in last and "('cause', 'watchdog')" in last
    if each.keeps:
        assert "[ MASK ] Service: bad.service from ./aioservices/services/bad_service.mpy masked: to blame for 3 resets\n" in last
    assert "good.service" not in last
    assert "ends.service from" in last


def test_the_guard_as_it_is_shipped(vm32, board_tree, tmp_path, compiled):
    """Its private names are shortened like those of the files that it works with; 30 s are not awaited."""
    shipped = Vm(tmp_path / "shipped", vm32.bits, board_tree, compiled)
    board = Board(shipped)
    for path in (board_tree / "lib/aioboot").glob("guard.*"):
        shipped.put("lib/aioboot/" + path.name, path.read_bytes())
    board.watchdog()
    board.service("bad", "    async def setup(self):\n        " + HANG)
    board.service("end", "    safe = True\n    async def task(self):\n        if self.manager.fault: " + QUIT + "\n        await asyncio.sleep(99)")
    out = shipped.run(env={"BOARD_KEEPS": "rtc"}).out
    shipped.close()
    assert board.lives(out) == [1, 3, 3, 3] and "safe mode: 3 boots did not last 30 s, bad.service is to blame" in out


# -- what counts ---------------------------------------------------------------

DIES = "    async def task(self):\n        await asyncio.sleep(0.1)\n        machine.reset()"


def test_service_that_resets_the_board_is_blamed_and_masked(each):
    """Without a hardware watchdog steps are marked from the first failed boot on."""
    each.service("bad", DIES)
    each.service("good", FOREVER)
    each.service("needs", "    require = 'bad'\n" + FOREVER)
    each.ends()
    out = each.run()
    assert each.lives(out) == [1, 2, 2, 2]
    last = out[out.rindex("life 3"):]
    assert "safe mode: 3 boots did not last 1 s, " in last and "good.service from" not in last
    assert ("bad.service is to blame" in last) == bool(each.keeps)


@pytest.mark.parametrize("end", ["machine.reset()", "machine.deepsleep(10)", "machine.soft_reset()"])
def test_a_boot_that_ends_on_purpose_does_not_count(each, end):
    """After a finished shutdown, or by going to sleep."""
    if end == "machine.reset()":
        each.main(more="")
        text = (each.vm.root / "main.py").read_text() + "if n < 5:\n    machine.reset()\n"
        each.vm.put("main.py", text)
        each.service("a", "    async def task(self):\n        " + QUIT)
    else:
        each.service("a", "    async def task(self):\n        if int(open('n').read()) < 6: %s\n        %s" % (end, QUIT))
    out = each.run()
    assert len(each.lives(out)) == 6 and "safe mode" not in out


def test_reset_typed_at_the_console_does_not_lead_to_safe_mode(each):
    each.vm.ship("aioservices/services/repl_service.mpy")
    session = each.vm.session(env={"BOARD_KEEPS": each.keeps})
    for n in range(5):
        session.expect("life %d" % n)
        session.expect("--> ")
        session.send("import machine\r")
        session.expect("--> ")
        if not each.keeps:  # a board like that cannot tell, but from a boot that has lasted
            import time

            time.sleep(1.3)
        session.send("machine.reset()\r")
    session.expect("life 5")
    session.expect("--> ")
    session.ctrl("d")
    assert session.wait() == 0
    assert "safe mode" not in session.seen


def test_boot_that_lasts_ends_a_series(each):
    """Two short ones, a long one, two short ones, a long one: never safe mode.

    A record in a file does not tell a reset after a long boot from one after a short one.
    """
    each.service("a", """
    many = %d
    async def task(self):
        n = int(open("n").read()) - 1
        if n %% self.many == self.many - 1:
            await asyncio.sleep(1.3)
        if n == 8:
            self.manager.quit.set()
        else:
            machine.reset()
""" % (3 if each.keeps else 2))
    out = each.run()
    assert len(each.lives(out)) >= 9 and "safe mode" not in out


@pytest.mark.parametrize("keeps", ["rtc", "scratch"])
def test_power_cut_forgets_a_series_where_memory_does(board, keeps):
    each = board
    each.keeps = keeps
    each.main(99, EARLY % "n % 3 < 2")
    each.service("a", "    async def task(self):\n        " + QUIT)
    for _ in range(3):
        out = each.run()
        assert each.lives(out) == [1, 2, 2] and "safe mode" not in out


def test_reset_in_safe_mode_stays_in_it_and_a_lasting_one_leaves_it(each):
    each.main(99, EARLY % "n < 5")
    each.service("s", """
    safe = True
    async def task(self):
        n = int(open("n").read())
        print("SEEN", n, "safe mode" in (self.manager.fault or ""))
        await asyncio.sleep(1.3)
        if n < 7:
            machine.reset()
        self.manager.quit.set()
""")
    out = each.run()
    assert re.findall(r"SEEN (\d+) (\w+)", out) == [("6", "True"), ("7", "False")]
