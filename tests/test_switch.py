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
        self.vm, self.keeps, self.patched = vm, keeps, {}
        vm.ship("boot.py", "main.py")
        self.patch("lib/aioboot/guard.py", "_LASTS = const(30)", "_LASTS = const(1)")
        self.patch("lib/aioboot/trial.py", "_LASTS = const(30)", "_LASTS = const(1)")
        self.service("tells", TELLS % 0.3)
        self.new = Vm(vm.root.parent / "new", vm.bits, vm.root, vm.compiled)
        shutil.rmtree(self.new.root)

    def patch(self, path, old, new):
        text = self.patched.get(path) or (ROOT / path).read_text()
        assert old in text
        self.patched[path] = text.replace(old, new)
        self.vm.put(path, self.patched[path])

    def service(self, name, body, vm=None, top=""):
        (vm or self.vm).put(f"aioservices/services/{name}_service.py", SERVICE % (body, name))

    def begin(self):
        """The new set begins as a copy of the old one; change `new` then."""
        shutil.copytree(self.vm.root, self.new.root)

    def stage(self, state="put move\n", beside=()):
        """What svctl has done when it decides; `beside`: lines that it puts behind the list's sum."""
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
        self.write("deploy.list", text + "".join(line + "\n" for line in beside).encode())
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
        """Nothing is under way, and no set before is kept."""
        return not [path.name for path in self.vm.root.iterdir() if path.name.startswith("deploy.")]

    def keeps_old(self):
        """Nothing is under way, and the set before is kept."""
        root = self.vm.root
        kept = re.findall(r"^[=-]\d+ (.*)$", (root / "deploy.list").read_text(), re.M)
        return self.is_new() and not (root / "deploy.next").exists() and not (root / "deploy.switch").exists() \
            and all((root / plans.staged(path).replace("next", "prev")).read_bytes() == self.old[path] for path in kept)

    def hangs_soon(self):
        """The timer of a trial is 2 s here."""
        self.patch("lib/aioswitch.py", "_DEADLINE = const(90)", "_DEADLINE = const(2)")


@pytest.fixture(params=["scratch", "rtc", ""], ids=["scratch", "rtc", "file"])
def each(request, vm32):
    return Board(vm32, request.param)


@pytest.fixture
def board(vm32):
    return Board(vm32)


def test_set_that_lasts_is_kept_and_the_one_before_too(each):
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
    assert each.keeps_old()
    assert not list(each.vm.root.glob("services.st*"))  # none of these resets counted as a failure


UNDONE = r"the deploy was undone: 2 boots with the new files did not last"


def told(out):
    """What the board says of an undone deploy, in status(), last_boot() and its journal."""
    found = re.findall(rf"^({UNDONE}.*)$", out, re.M)
    assert found and f"LAST {found[0]} False" in out and re.search(r"\[ERROR\] \[aioservice\] " + UNDONE, out), out
    return found[0]


def test_module_that_raises_at_import_goes_back_without_a_person(each):
    each.begin()
    each.new.put("lib/aioschedule/__init__.py", "import nothing_of_this_name")
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
    board.hangs_soon()
    board.begin()
    board.new.put("main.py", "import time\nwhile True: time.sleep_ms(10)")
    board.stage()
    assert told(board.run()).endswith(": it was not up in time")
    assert board.is_old() and board.is_clean()


def test_boot_that_raises_is_no_harm_where_the_rest_comes_up(board):
    board.begin()
    board.new.put("boot.py", (ROOT / "boot.py").read_text() + "1 / 0\n")
    board.stage()
    assert "LAST None False" in board.run() and board.is_new()


HANG = {
    "import": "    while True: pass",
    "setup": "    def setup(self):\n        while True: pass",
    "async setup": "    async def setup(self):\n        await asyncio.sleep(0)\n        while True: pass",
    "start callback": "    def setup(self):\n        self.add_callback('start', self.hang)\n    def hang(self, *a):\n        while True: pass",
    "task": HANGS,
    "child": "    async def task(self):\n        self.add_ctask(aioctl, self.child, 'child')\n        await asyncio.sleep(99)\n"
             "    async def child(self):\n        while True: pass",
    "cleanup": "    def setup(self):\n        1 / 0\n    def cleanup(self):\n        while True: pass",
    "on_error": "    async def task(self):\n        1 / 0\n    def on_error(self, e):\n        while True: pass",
}


@pytest.mark.parametrize("where", HANG)
def test_service_that_hangs_goes_back_at_once_by_the_timer_and_is_named(board, where):
    board.hangs_soon()
    board.begin()
    board.service("bad", HANG[where], board.new)
    board.stage()
    out = board.run()
    why = "the deploy was undone: bad.service" + (".child" if where == "child" else "") + " hangs: no sign of life for 2 s"
    assert f"LAST {why} False" in out and board.is_old() and board.is_clean(), out
    assert "MASK" not in out


ENDS = {  # what ends a boot that is none for its health, though it may be meant
    "deep sleep": "machine.deepsleep(10)",
    "shutdown": "self.manager.quit.set(); await asyncio.sleep(99)",
    "shutdown and reset": "asyncio.create_task(self.ends()); await asyncio.sleep(99)",
    "reset": "machine.reset()",
    "soft reset": "machine.soft_reset()",
}


@pytest.mark.parametrize("how", ENDS)
def test_no_end_of_a_boot_is_health(each, how):
    """Each boot with the new files ends so. They are never good; behind the second such end they go back."""
    each.begin()
    each.service("tells", "    async def ends(self):\n        await aioservice.shutdown()\n        machine.reset()\n"
                 "    async def task(self):\n        await asyncio.sleep(0.1)\n        " + ENDS[how], each.new)
    each.stage()
    for _ in range(3):
        assert not each.is_clean() and (each.vm.root / "deploy.prev").exists()
        out = each.run()
        if "LAST" in out:
            break
    told(out)
    assert each.is_old() and each.is_clean()


def at_prompt(board):
    """A board whose new set is on trial, attached to by nobody yet."""
    session = board.vm.session(env={"BOARD_KEEPS": board.keeps})
    session.expect("tells.service")
    return session


@pytest.mark.parametrize("body", [FOREVER, HANGS], ids=["fine", "hangs"])
def test_ctrl_c_is_no_health(board, body):
    """Whoever attaches sends it, and with no console there it shuts the boot down."""
    board.begin()
    board.service("bad", body.replace("        ", "        print('tells.service waits')\n        ", 1), board.new)
    board.service("tells", FOREVER, board.new)
    board.stage()
    for _ in range(2):
        session = at_prompt(board)
        session.send("\x03")
        session.expect("shutting down")
        session.close()
        assert board.is_new() and (board.vm.root / "deploy.prev").exists()
    told(board.run())
    assert board.is_old() and board.is_clean()


HELD = "import time; time.sleep(5); print('the host', 'is done')\4"


@pytest.mark.parametrize("own", [False, True], ids=["others' files", "its own file"])
def test_console_that_is_busy_for_a_host_is_no_hang(board, own):
    """aiorepl's raw mode holds the loop up for as long as a host likes, here for more than the timer has. A console
    that the deploy has brought may hang itself, and goes back."""
    board.hangs_soon()
    board.vm.ship("aioservices/services/repl_service.mpy")
    board.vm.put("lib/aiorepl.py", (ROOT / "tests/holding_repl.py").read_text())
    board.begin()
    if own:
        board.new.put("aioservices/services/repl_service.py", (ROOT / "aioservices/services/repl_service.py").read_text() + "new = 1\n")
    board.service("good", FOREVER, board.new)
    board.service("tells", TELLS % 7, board.new)
    board.stage()
    session = board.vm.session(env={"BOARD_KEEPS": board.keeps})
    session.expect("--> ")
    session.send("\r\x03\r\x01")
    session.expect("raw REPL; CTRL-B to exit")
    session.send(HELD)
    if own:
        session.expect("the deploy was undone: repl.service hangs")
        session.close()
        assert board.is_old()
        return
    session.expect("the host is done")
    session.send("\x02")
    session.expect("LAST None False", 20)
    session.process.wait(20)  # when it is good it has nothing more to tell
    session.close()
    assert board.is_new() and (board.vm.root / "deploy.prev").exists() and not (board.vm.root / "deploy.next").exists()


BEFORE = {  # what the new set has, what is known of the time before: what becomes of it, why
    "fine": (FOREVER, "up it", None),
    "fine, and unknown": (FOREVER, "", None),
    "fails, as before": ("    def setup(self): raise OSError(5)", "", None),
    "fails": ("    def setup(self): raise OSError(5)", "up other it", "it.service: OSError: [Errno 5] EIO"),
    "fails by a mistake": ("    async def task(self):\n        await asyncio.sleep(0.1)\n        colour", "up it", "it.service: NameError: name 'colour' isn't defined"),
    "cannot be loaded": ("    import nothing_of_this_name", "up it", "it.service: ImportError: no module named 'nothing_of_this_name'"),
    "cannot be loaded, as before": ("    import nothing_of_this_name", "up other", None),
    "fails again and again": ("    restart = {'delay': 0.1}\n    async def task(self):\n        await asyncio.sleep(0.4)\n        raise ValueError('later')", "up it", "it.service: ValueError: later"),
    "fails once": ("    restart = {'delay': 0.1}\n    async def task(self):\n        await asyncio.sleep(0.2)\n        Made.n = getattr(Made, 'n', 0) + 1\n"
                   "        if Made.n < 2: raise ValueError('once')\n        await asyncio.sleep(99)", "up it", None),
    "needs what fails": ("    require = 'bme'", "up it bme", "bme.service: NameError: name 'i2c' isn't defined"),
    "needs what fails and is new": ("    require = 'bme'", "up it", "bme.service: NameError: name 'i2c' isn't defined"),
    "is disabled now": ("    enabled = False", "up it", None),
    "is slow": ("    async def setup(self): await asyncio.sleep(2)", "up it", None),
}


@pytest.mark.parametrize("what", BEFORE)
def test_board_judges_by_what_was_up_before(board, what):
    body, line, why = BEFORE[what]
    board.patch("lib/aioboot/trial.py", "_LATEST = const(90)", "_LATEST = const(3)")
    if "once" in what:
        board.patch("lib/aioboot/trial.py", "_STEADY = const(30)", "_STEADY = const(2)")
    board.service("it", FOREVER)
    board.begin()
    board.service("it", body, board.new)
    board.service("tells", TELLS % 0.3, board.new)
    if "bme" in body:
        board.service("bme", "    def setup(self):\n        i2c.scan()", board.new)
    board.stage(beside=[line])
    out = board.run()
    if why is None:
        assert "LAST None False" in out and board.keeps_old(), out
    else:
        assert f"LAST the deploy was undone: {why} False" in out and board.is_old() and board.is_clean(), out


@pytest.mark.parametrize("before", [False, True], ids=["new", "as before"])
def test_fault_of_the_manager_is_a_reason_unless_it_was_there_before(board, before):
    board.begin()
    board.new.put("services.config", '{"_boot": {"groups": 7}}')
    fault = "services.config: _boot.groups"
    board.stage(beside=["up tells", *(["fault " + fault] if before else [])])
    out = board.run()
    if before:
        assert "LAST None False" in out and board.keeps_old(), out
    else:
        assert f"LAST the deploy was undone: {fault}" in out and board.is_old() and board.is_clean(), out


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
