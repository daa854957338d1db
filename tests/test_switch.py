"""What a board does by itself with a set of files that is on trial: it keeps what lasts, and goes back else,
without a host and without a person. On micropython32 only; the 30 s that a boot has to last are one here."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import re
import shutil

import pytest
from harness import ROOT, Vm

from tools import tree as trees
from tools.svctl import plan as plans
from tools.svctl.plan import Plan

SERVICE = """
import asyncio, machine, sys, time
import aioctl, aioservice
from aioclass import Service
class Made(Service):
    enabled = True
%s
service = Made("%s")
"""
FOREVER = "    async def task(self):\n        await asyncio.sleep(99)"
DIES = "    async def task(self):\n        await asyncio.sleep(0.1)\n        machine.reset()"
HANGS = "    async def task(self):\n        while True: pass"
# Tells what the board is, when it has lasted; ends the run.
TELLS = """    async def task(self):
        import os
        await asyncio.sleep(%s)
        aioservice.status()
        print("LAST", aioservice.last_boot()["why"], aioservice.last_boot()["safe"])
        while "deploy.switch" in os.listdir(): await asyncio.sleep_ms(20)
        aioctl.log("aioservice")
        self.manager.quit.set()"""


def files(root):
    """{path: bytes} of a board, without what it or a switch writes."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*"))
            if path.is_file() and not re.match(r"services\.st|deploy\.", path.relative_to(root).as_posix())}


class Board:
    """A board with an old set, a new one that the test makes, and how they are switched."""

    def __init__(self, vm, keeps="scratch"):
        self.vm, self.keeps = vm, keeps
        vm.ship("boot.py", "main.py")
        self.patch("lib/aioguard.py", "_LASTS = const(30)", "_LASTS = const(1)")
        self.service("tells", TELLS % 0.3)
        self.new = Vm(vm.root.parent / "new", vm.bits, vm.root, vm.compiled)
        shutil.rmtree(self.new.root)

    def patch(self, path, old, new):
        text = (ROOT / path).read_text()
        assert old in text
        self.vm.put(path, text.replace(old, new))

    def service(self, name, body, vm=None, top=""):
        (vm or self.vm).put(f"aioservices/services/{name}_service.py", SERVICE % (body, name))

    def begin(self):
        """The new set begins as a copy of the old one; change `new` then."""
        shutil.copytree(self.vm.root, self.new.root)

    def stage(self, state="put move\n"):
        """What svctl has done when it decides."""
        root, other = self.vm.root, self.new.root
        (other / trees.MANIFEST).write_text(trees.manifest(other, [p for p in files(other)]))
        self.old, self.wanted = files(root), files(other)
        sent = {path: data for path, data in self.wanted.items() if self.old.get(path) != data}
        plan = Plan(gone=[path for path in self.old if path not in self.wanted])
        text = plans.steps(plan, {path: len(data) for path, data in sent.items()}, self.old)
        for path, data in sent.items():
            self.write(plans.staged(path), data)
        self.write("deploy.prev/x", b"")
        (root / "deploy.prev/x").unlink()
        for path in ("boot.py", "main.py"):
            if path in sent:
                self.write(plans.staged(path).replace("next", "prev"), self.old[path])
        self.write("deploy.list", text)
        if state:
            self.write("deploy.switch", state.encode())

    def write(self, path, data):
        target = self.vm.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def run(self, **options):
        out = self.vm.run(env={"BOARD_KEEPS": self.keeps}, **options)
        return out.out + out.err

    def is_old(self):
        return files(self.vm.root) == self.old

    def is_new(self):
        return files(self.vm.root) == self.wanted

    def is_clean(self):
        return not [path.name for path in self.vm.root.iterdir() if path.name.startswith("deploy.")]


@pytest.fixture(params=["scratch", "rtc", ""], ids=["scratch", "rtc", "file"])
def each(request, vm32):
    return Board(vm32, request.param)


@pytest.fixture
def board(vm32):
    return Board(vm32)


def test_set_that_lasts_is_kept_and_nothing_is_left(each):
    each.service("leaves", FOREVER)
    each.begin()
    each.service("good", FOREVER, each.new)
    each.new.put("lib/aiomore.py", "more = 1")
    each.new.put("boot.py", (ROOT / "boot.py").read_text() + "# new\n")  # and so the board is reset once
    for path in (each.new.root / "aioservices/services").glob("leaves*"):
        path.unlink()
    each.stage()
    out = each.run()
    assert "good.service from" in out and "leaves.service" not in out and "LAST None False" in out
    assert each.is_new() and each.is_clean()
    assert not list(each.vm.root.glob("services.st*"))  # none of these resets counted as a failure


UNDONE = r"the deploy was undone: 2 boots with the new files did not last"


def told(out):
    """What the board says of an undone deploy, in status(), last_boot() and its journal."""
    found = re.findall(rf"^({UNDONE}.*)$", out, re.M)
    assert found and f"LAST {found[0]} False" in out and re.search(r"\[ERROR\] \[aioservice\] " + UNDONE, out), out
    return found[0]


def test_module_that_raises_at_import_goes_back_without_a_person(each):
    each.begin()
    each.new.put("lib/aioschedule.py", "import nothing_of_this_name")
    each.stage()
    out = each.run()
    assert told(out).endswith(": ImportError: no module named 'nothing_of_this_name'")
    assert out.count("Traceback") == 2 and each.is_old() and each.is_clean()


def test_service_that_ends_the_board_goes_back_and_is_not_blamed(each):
    each.begin()
    each.service("bad", DIES, each.new)
    each.stage()
    out = each.run()
    told(out)
    assert each.is_old() and each.is_clean() and "MASK" not in out and "safe mode" not in out


def test_service_that_hangs_goes_back_by_the_watchdog(each):
    each.vm.put("services.config", '{"_boot": {"watchdog": 2}}')
    each.begin()
    each.service("bad", HANGS, each.new)
    each.stage()
    told(each.run())
    assert each.is_old() and each.is_clean()


def test_main_that_never_gets_anywhere_goes_back(board):
    board.patch("lib/aioswitch.py", "_DEADLINE = const(90)", "_DEADLINE = const(1)")
    board.begin()
    board.new.put("main.py", "import time\nwhile True: time.sleep_ms(10)")
    board.stage()
    assert told(board.run()).endswith(": it was not up in time")
    assert board.is_old() and board.is_clean()


def test_host_that_judges_and_is_gone_again(board):
    """It had said that it would tell; the boot has lasted by then."""
    board.patch("lib/aioswitch.py", "_DEADLINE = const(90)", "_DEADLINE = const(1)")
    board.begin()
    board.service("held", "    async def task(self):\n        sys.modules['aioswitch'].hold(4)\n        await asyncio.sleep(99)", board.new)
    board.stage()
    out = board.run()
    assert "LAST None False" in out and out.count("LAST") == 1 and board.is_new() and board.is_clean()


def test_boot_that_raises_is_no_harm_where_the_rest_comes_up(board):
    board.begin()
    board.new.put("boot.py", (ROOT / "boot.py").read_text() + "1 / 0\n")
    board.stage()
    assert "LAST None False" in board.run() and board.is_new()


def test_boot_that_asks_for_sleep_is_a_good_one(board):
    board.begin()
    board.service("sleeps", "    async def task(self):\n        if machine.reset_cause() != 4: machine.deepsleep(10)\n"
                  "        await asyncio.sleep(99)", board.new)
    board.stage()
    board.run()
    assert board.is_new() and board.is_clean()


def test_shutdown_that_was_asked_for_is_a_good_end(board):
    board.begin()
    board.service("tells", "    async def task(self):\n        self.manager.quit.set()", board.new)
    board.stage()
    board.run()
    assert board.is_new() and board.is_clean()


# -- what cannot be, and may be found there all the same ------------------------------


def spoil(board, path, data):
    (board.vm.root / path).write_bytes(data)


DAMAGE = {
    "nothing was decided": (lambda b: (b.vm.root / "deploy.switch").unlink(), "old"),
    "the marker is empty": (lambda b: spoil(b, "deploy.switch", b""), "old"),
    "the marker is torn": (lambda b: spoil(b, "deploy.switch", b"put mo"), "old"),
    "the marker is damaged": (lambda b: spoil(b, "deploy.switch", b"\xff\xfe\0\n\xff"), "old"),
    "the list is gone": (lambda b: (b.vm.root / "deploy.list").unlink(), "old"),
    "the list is damaged": (lambda b: spoil(b, "deploy.list", b"=3 lib/\xff\n" + (b.vm.root / "deploy.list").read_bytes()), "old"),
    "the list is cut": (lambda b: spoil(b, "deploy.list", (b.vm.root / "deploy.list").read_bytes()[:-9]), "old"),
    "a new file is missing": (lambda b: (b.vm.root / "deploy.next/aiomore.mpy").unlink(), "old"),
    "a new file is cut": (lambda b: spoil(b, "deploy.next/aiomore.mpy", b"M"), "old"),
    "all new files are missing": (lambda b: shutil.rmtree(b.vm.root / "deploy.next"), "old"),
    "the folder of old files is missing": (lambda b: shutil.rmtree(b.vm.root / "deploy.prev"), None),
    "others' files beside": (lambda b: (spoil(b, "deploy.next/mine", b"1"), spoil(b, "deploy.prev/mine", b"1")), "new"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_whatever_lies_there_the_board_boots_one_set(board, what):
    board.begin()
    board.service("good", FOREVER, board.new)
    board.new.put("lib/aiomore.py", "more = 1", compile=True)
    board.stage()
    spoiled, which = DAMAGE[what]
    spoiled(board)
    board.run(stdin="")
    assert (which != "new" and board.is_old()) or (which != "old" and board.is_new())
