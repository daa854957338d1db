"""Boots that do not last: the record that is kept of them. On micropython32 only; the 30 s that a boot has to last are
one here."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import pytest
from support.guarded import EARLY, HANG

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
