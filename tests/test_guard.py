"""Boots that do not last: safe mode, blame, masks, and what the last boot ended with.

On micropython32 only; the 30 s that a boot has to last are one here.
"""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json
import re

import pytest
from harness import ROOT, Vm

MAIN = """
import machine, sys, os
n = int(open("n").read()) if "n" in os.listdir() else 0
with open("n", "w") as file:
    file.write(str(n + 1))
print("life", n, machine.reset_cause())
if n >= %d:
    machine.reset = lambda: sys.exit(9)
import aioservice
%s
aioservice.run()
"""
SERVICE = """
import asyncio, machine, sys, time
import aioctl, aioservice
from aioclass import Service
%s
class Made(Service):
    enabled = True
%s
service = Made("%s")
"""
FOREVER = "    async def task(self):\n        await asyncio.sleep(99)"
QUIT = "self.manager.quit.set()"
MEMORY = ["rtc", "scratch", ""]


class Board:
    """A board with or without memory that survives a reset, and services of the test."""

    def __init__(self, vm):
        self.vm = vm
        self.keeps = "scratch"
        vm.ship("boot.py")
        text = (ROOT / "lib/aioboot/guard.py").read_text()
        assert "_LASTS = const(30)" in text
        vm.put("lib/aioboot/guard.py", text.replace("_LASTS = const(30)", "_LASTS = const(1)"))
        self.main()

    def main(self, lives=9, more=""):
        self.vm.put("main.py", MAIN % (lives, more))

    def watchdog(self):
        self.vm.put("services.config", json.dumps({"_boot": {"watchdog": 1}}))

    def service(self, name, body, top=""):
        self.vm.put("aioservices/services/%s_service.py" % name, SERVICE % (top, body, name))

    def ends(self, lines=()):
        """A safe service that shows the status and ends the run in safe mode, or after two seconds."""
        lines = ["aioservice.status()", "print('LAST', sorted(aioservice.last_boot().items()))", *lines, QUIT]
        self.service("ends", "    safe = True\n    async def task(self):\n"
                     "        while 'safe mode' not in (self.manager.fault or '') and aioctl_uptime() < 2:\n"
                     "            await asyncio.sleep(0.1)\n" + "".join("        %s\n" % line for line in lines),
                     "from aioschedule import uptime as aioctl_uptime")

    def run(self, **options):
        return self.vm.run(env={"BOARD_KEEPS": self.keeps}, **options).out

    def lives(self, out):
        return [int(cause) for _, cause in re.findall(r"^life (\d+) (\d)$", out, re.M)]


@pytest.fixture
def board(vm32):
    return Board(vm32)


@pytest.fixture(params=MEMORY, ids=["rtc", "scratch", "file"])
def each(request, board):
    board.keeps = request.param
    return board


HANG = "while True: pass"


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


# -- what counts --------------------------------------------------------------------

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


EARLY = "if (%s): machine.reset()"  # before there is a service to blame


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


# -- the record -----------------------------------------------------------------------

RECORD = """
import machine, sys
%s
import aioboot.guard as guard
guard.start()
print(guard.safe(), guard._state()[:2])
"""


def test_user_bytes_in_rtc_memory_are_kept(board):
    board.keeps = "rtc"
    board.vm.put("boot.py", """
import machine
rtc = machine.RTC()
n = len(rtc.memory())
if n == 0:
    rtc.memory(b"mine")
import aioboot.guard as guard
guard.start()
print(rtc.memory()[:-16], len(rtc.memory()), guard._state())
if rtc.memory()[4:5] != b"!":
    if n:
        rtc.memory(b"mine!" + rtc.memory()[4:])
    machine.reset()
""")
    board.vm.put("main.py", "")
    assert board.run() == "b'mine' 20 (0, 1, False)\nb'mine' 20 (1, 1, False)\nb'mine!' 21 (2, 1, False)\n"


@pytest.mark.parametrize("keeps, fill", [
    ("rtc", "machine.RTC().memory(bytes(range(40)))"),
    ("rtc", "machine.RTC().memory(b'')"),
    ("rtc", "machine.RTC().memory(b'mine' + b'aioG' + bytes([255] * 12))"),
    ("rtc", "machine.RTC().memory(b'aioG')"),
    ("rtc", "machine.RTC().memory(bytes(2048))"),
    ("scratch", "for i in range(4): machine.mem32[0x4005800C + 4 * i] = 0xFFFFFFFF"),
    ("scratch", "for i in range(4): machine.mem32[0x4005800C + 4 * i] = 0x12345678"),
])
def test_damaged_record_is_none(board, keeps, fill):
    board.keeps = keeps
    board.vm.put("boot.py", RECORD % fill)
    board.vm.put("main.py", "")
    assert board.run() == "False (0, 1)\n"


def test_each_cut_of_the_file_leaves_the_old_state_or_the_new(vm32):
    out = vm32.run("""
from aioboot.kept import read, save
def files():
    found = {}
    for name in ("services.state0", "services.state1"):
        try:
            with open(name) as f: found[name] = f.read()
        except OSError: pass
    return found
def put(found):
    for name in found:
        with open(name, "w") as f: f.write(found[name])
bad = tried = 0
for n in range(1, 5):
    save({"i": n - 1, "n": n, "masked": {"bad": "x" * n}})
    before = files()
    old = read()
    save(dict(old, n=n + 1))
    after = files()
    changed = [name for name in after if after[name] != before.get(name)]
    if len(changed) != 1: print(changed)
    name = changed[0]
    for cut in range(len(after[name])):
        for rest in ("", before.get(name, "")[cut:], "\\x00"):
            put(before)
            put({name: after[name][:cut] + rest})
            tried += 1
            found = read()["n"]
            if found not in (n, n + 1): bad += 1
    put(after)
    if read()["n"] != n + 1: print("new")
print(bad, tried > 500)
for text in ("", "[]", "0004005b[]  ", "x"):
    put({"services.state0": text, "services.state1": text})
    print(read())
""").out
    assert out == "0 True\n" + "{}\n" * 4


WRITES = """
import builtins
def noted(path, mode="r", *args, real=open):
    if isinstance(path, str) and "services." in path and mode[0] != "r":
        print("WRITE", path)
    return real(path, mode, *args)
builtins.open = noted
del builtins, noted
"""


def test_flash_is_written_on_failures_only(each):
    boot = each.vm.root / "boot.py"
    boot.write_text(WRITES + boot.read_text())
    each.service("a", """
    async def task(self):
        await asyncio.sleep(1.3)
        self.manager.quit.set()
""")
    assert "WRITE" not in each.run()
    each.watchdog()
    each.service("bad", "    async def setup(self):\n        " + HANG)
    each.ends()
    out = each.run()
    writes = [life.count("WRITE") for life in out.split("life ")[1:]]
    # In memory: one a failed boot, for the blame. Without it: two, and four a service at most.
    if each.keeps:
        assert writes == [0, 1, 1, 1]
    else:
        assert writes[0] <= 1 and max(writes) <= 2 + 4 * 3


def test_notes_of_resets_are_few(vm32):
    out = vm32.run("""
import aioschedule
from aioboot.kept import note, read
def day(hours):
    before = read().get("i", 0)
    for hour in range(24):
        for n in range(60):
            aioschedule.clock[0] = hours * hour * 3600
            note("s%d" % n, "why")
    print(read().get("i", 0) - before)
note("s", "why")
note("s", "why")
print(read()["i"])
day(0)  # boots that all end within an hour
day(0)
day(1)  # one that lasts, and is healthy now and then
""").out
    assert out == "1\n15\n0\n46\n"


def test_loop_of_resets_in_safe_mode_writes_nothing(each):
    boot = each.vm.root / "boot.py"
    boot.write_text(WRITES + boot.read_text())
    each.main(99, EARLY % "n < 12" + "\nprint('END'); sys.exit()")
    out = each.run(expect_code=0)
    writes = [life.count("WRITE") for life in out.split("life ")[1:]]
    assert len(writes) == 13 and sum(writes[5:]) == 0 and sum(writes) <= (0 if each.keeps else 5)


# -- what people see and do ---------------------------------------------------------------

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
