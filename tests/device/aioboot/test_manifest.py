"""Files that were damaged on the flash: what manifest.txt is for. On micropython32 only; the 30 s that a
boot has to last are one here."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json

import pytest
from support.harness import ROOT

from svctl.build import tree

FOREVER = """
import asyncio
from aioclass import Service
class Made(Service):
    enabled = True
    async def task(self):
        await asyncio.sleep(99)
service = Made("%s")
"""
ENDS = """
import asyncio, sys
import aioctl, aioservice
from aioclass import Service
class Ends(Service):
    enabled = safe = True
    async def task(self):
        aioservice.status()
%s
        sys.stdout.write("ENDS\\n")
        self.manager.quit.set()
service = Ends("ends")
"""
# The first boots end in a reset that nobody asked for.
MAIN = """
import machine, os
n = int(open("n").read()) if "n" in os.listdir() else 0
with open("n", "w") as file:
    file.write(str(n + 1))
print("life", n)
def flip(path, at=-9):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[at] ^= 1
    with open(path, "wb") as file:
        file.write(data)
if "fault" in globals():
%s
else:
    if n == 0:
%s
    if n < %d:
        machine.reset()
    import aioservice
    aioservice.run()
"""


class Board:
    """A board with a manifest, which dies once; memory survives a reset as `keeps` says."""

    keeps = "scratch"

    def __init__(self, vm):
        self.vm = vm
        vm.ship("boot.py")
        text = (ROOT / "lib/aioboot/guard.py").read_text()
        assert "_LASTS = const(30)" in text
        vm.put("lib/aioboot/guard.py", text.replace("_LASTS = const(30)", "_LASTS = const(1)"))
        vm.put("services.config", json.dumps({"_boot": {"watchdog": 2}}))
        self.main()
        self.ends()
        for name in ("good", "other"):
            self.service(name)

    def main(self, deaths=1, first=(), prompt=()):
        """`first`: what the first life does; `prompt`: what is typed where boot.py has found damage."""
        first, prompt = ("\n".join(" " * 8 + line for line in [*lines, "pass"]) for lines in (first, prompt))
        self.vm.put("main.py", MAIN % (prompt, first, deaths))

    def ends(self, *lines):
        self.vm.put("aioservices/services/ends_service.py", ENDS % "\n".join("        " + line for line in lines))

    def service(self, name):
        return self.vm.put(f"aioservices/services/{name}_service.py", FOREVER % name)

    def manifest(self):
        root = self.vm.root
        names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
        (root / tree.MANIFEST).write_text(tree.manifest(root, [name for name in names if name != "n"]))

    def damage(self, path, at=-9):
        """Flips a bit of a file."""
        file = self.vm.root / path
        data = bytearray(file.read_bytes())
        data[at] ^= 1
        file.write_bytes(data)

    def run(self, **options):
        return self.vm.run(env={"BOARD_KEEPS": self.keeps}, **options).out


@pytest.fixture
def board(vm32):
    return Board(vm32)


@pytest.fixture(params=["rtc", "scratch", ""], ids=["rtc", "scratch", "file"])
def each(request, board):
    board.keeps = request.param
    return board


def suffix(board):
    return "mpy" if board.vm.compiled else "py"


def test_what_a_manifest_says(board):
    board.manifest()
    *lines, end = (board.vm.root / tree.MANIFEST).read_text().splitlines()
    names = [line.split(" ", 2)[2] for line in lines]
    assert names == sorted(names) and {"boot.py", "main.py", f"lib/aioclass/__init__.{suffix(board)}"} <= set(names)
    assert not {"services.config", "manifest.txt"} & set(names)
    assert end.startswith(f"{len(lines)} ") and end.endswith(" end")
    size, digest, name = lines[0].split(" ")
    assert int(size) == (board.vm.root / name).stat().st_size and len(digest) == 64


def test_power_on_and_a_healthy_boot_look_at_nothing(board):
    board.manifest()
    board.damage(tree.MANIFEST, 5)  # who reads it says so, or finds nothing
    board.main(deaths=0)
    board.service("good").write_bytes(b"")
    out = board.run()
    assert "life 0\n" in out and "life 1\n" not in out and "manifest" not in out


def test_damaged_service_is_held_back_by_name_and_unknown_ones_are_loaded(each):
    each.service("bad")
    each.manifest()
    each.damage(f"aioservices/services/bad_service.{suffix(each)}")
    each.service("new")
    out = each.run()
    last = out[out.index("life 1\n"):]
    ext = suffix(each)
    assert f"[ ERROR ] Service: bad.service from ./aioservices/services/bad_service.{ext} not loaded: Error: LoadError: the file is damaged, not as in manifest.txt; copy it anew\n" in last
    assert f"not in manifest.txt, loaded unchecked: aioservices/services/new_service.{ext}\n" in last
    for name in ("good", "other", "new", "ends"):
        assert f"[ OK ] Service: {name}.service from" in last


def test_damaged_service_that_was_copied_anew_can_be_loaded(board):
    whole = board.service("bad").read_bytes()
    name = f"aioservices/services/bad_service.{suffix(board)}"
    board.ends("aioservice.load('bad')", "aioservice.traceback('bad')", "import os; os.rename('whole', %r)" % name,
               "aioservice.load('bad')")
    board.manifest()
    (board.vm.root / "whole").write_bytes(whole)
    board.damage(name)
    out = board.run()
    last = out[out.index("life 1\n"):]
    assert last.count("[ ERROR ] Service: bad.service") >= 2
    assert last.index("bad: Traceback\n") < last.index("[ OK ] Service: bad.service from")


@pytest.mark.parametrize("keeps", ["rtc", "scratch", ""], ids=["rtc", "scratch", "file"])
@pytest.mark.parametrize("name", ["aioclass/__init__", "aiobase/__init__", "aioboot/guard", "aioboot/kept", "aioboot/watchdog"])
def test_damaged_lib_ends_at_the_prompt_until_it_is_mended(board, name, keeps):
    """It is damaged in the first life, looked at in the second, and mended there for the third."""
    board.keeps = keeps
    path = f"lib/{name}.{suffix(board)}"
    flip = "flip(%r)" % path
    board.main(first=[flip], prompt=["print('FAULT', fault)", flip, "machine.reset()"])
    board.manifest()
    out = board.run()
    second = out[out.index("life 1\n"):out.index("life 2\n")]
    assert second == f"life 1\nFAULT damaged, not as in manifest.txt: {path}. Nothing is started; copy lib/ anew\n"
    assert out.count("damaged") == 1
    assert "life 3\n" not in out and "safe mode" not in out
    assert "[ OK ] Service: good.service from" in out[out.index("life 2\n"):]


def test_guard_that_is_damaged_at_power_on(board):
    """It hangs when it is imported; only a hardware watchdog can end that."""
    board.manifest()
    board.main(deaths=0)
    board.vm.put("lib/aioboot/guard.py", "while True: pass")
    board.vm.ship("main.py")
    path = f"lib/aioboot/guard.{suffix(board)}"
    assert board.run() == f"damaged, not as in manifest.txt: {path}. Nothing is started; copy lib/ anew\n"


def test_manifest_that_is_damaged_itself_counts_nothing(board):
    board.manifest()
    board.damage(tree.MANIFEST, 5)
    board.service("good").write_bytes(board.service("other").read_bytes())
    out = board.run()
    assert "life 1\n" in out and "damaged" not in out and "its service is called 'other', its file says 'good'" in out


def test_vm_that_dies_of_a_file_is_reset_and_the_file_held_back(board):
    """As an ESP32 resets when it crashes."""
    board.main(deaths=0)
    board.service("bad")
    board.manifest()
    board.vm.put("aioservices/services/bad_service.py", "import uctypes\nuctypes.bytearray_at(8, 4)[0]")
    result = board.vm.run(env={"BOARD_KEEPS": "scratch"})
    last = result.out[result.out.index("life 1\n"):]
    assert "board: the VM crashed, SIGSEGV; it is reset\n" in result.err
    assert "bad.service" in last and "the file is damaged" in last and "[ OK ] Service: good.service from" in last
