"""Services, modules and settings in ROM (/rom), and on flash over it: on the real VM, from images that
mpremote's own builder made."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest
from support.harness import BOARD, ROOT
from support.services import FOREVER, SERVICE, Board

from svctl.build import romfs


class RomBoard(Board):
    """A board with services of a test's own in ROM and on flash."""

    def __init__(self, vm):
        super().__init__(vm)
        self.rom = {}

    def in_rom(self, name):
        return f"/rom/aioservices/services/{name}_service.{self.ext}"

    def rom_line(self, name, what="loaded", tag="OK"):
        return f"[ {tag} ] Service: {name}.service from {self.in_rom(name)} {what}\n"

    def burn(self, name, attributes="", task=FOREVER):
        """Adds a service to the image."""
        lines = "\n".join("    " + line for line in attributes.split("\n"))
        return self.burn_file(f"{name}_service.py", SERVICE % (lines, task, name))

    def burn_file(self, path, text):
        self.rom[path if path.startswith("/") else "aioservices/services/" + path] = text
        self.vm.burn({path.lstrip("/"): text for path, text in self.rom.items()})
        return self

    def flash(self, name):
        return self.vm.root / "aioservices" / "services" / f"{name}_service.{self.ext}"


@pytest.fixture
def board(vm):
    return RomBoard(vm)


SAYS = "says = %r"
SHOW = "\nprint({name: service(name).says for name in sorted(states())})"


# -- which file counts --------------------------------------------------------


def test_a_service_that_is_only_in_rom(board):
    board.burn("one")
    out = board.run("""
await up()
status()
aioservice.list()
print(service("one"))
print(unload("one"))
await ended("one")
load("one")
await restart("one")
await reload("one")
print(state("one"))
""".replace("reload", "aioservice.reload"))
    shown = f"Service: one.service from {board.in_rom('one')}\n"
    assert out == board.rom_line("one") + shown + shown + "True\n" + board.rom_line("one") + "running\n"


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_flash_and_rom_are_one_set(board, names):
    in_rom, on_flash = names
    board.burn(in_rom, f"require = {on_flash!r}").service(on_flash)
    out = board.run("await up()\nstatus()")
    lines = {in_rom: board.rom_line(in_rom), on_flash: board.line(on_flash)}
    assert out == lines["a"] + lines["b"]


def test_flash_wins_name_by_name(board):
    for name in ("a", "b", "c"):
        board.burn(name, SAYS % "rom")
    board.service("b", SAYS % "flash").service("d", SAYS % "flash")
    out = board.run("await up()\nstatus()" + SHOW)
    assert out.startswith(board.rom_line("a") + board.line("b") + board.rom_line("c") + board.line("d"))
    assert eval(out.splitlines()[-1]) == {"a": "rom", "b": "flash", "c": "rom", "d": "flash"}


def test_a_broken_one_on_flash_wins_too(board):
    """It is the person's; the others come up."""
    board.burn("one").burn("two")
    board.file("one", "1/0")
    out = board.run("await up()\nstatus()\naioservice.traceback('one')")
    path = board.path("one") + " (instead of the one in ROM)"
    assert out.startswith(f"[ ERROR ] Service: one.service from {path} not loaded: Error: ZeroDivisionError\n"
                          + board.rom_line("two"))
    assert "aioservices/services/one_service" in out.splitlines()[4] and "/rom/" not in out.splitlines()[4]


def test_a_broken_one_in_rom(board):
    board.burn_file("one_service.py", "1/0").burn("two")
    out = board.run("await up()\nstatus()\nload('one')")
    line = board.rom_line("one", "not loaded: Error: ZeroDivisionError", "ERROR")
    assert out == line + board.rom_line("two") + line


@pytest.mark.parametrize("folders", ["", "aioservices", "aioservices/services"])
def test_whatever_folders_flash_has(board, folders):
    (board.vm.root / folders).mkdir(parents=True, exist_ok=True)
    board.burn("one")
    assert board.run("await up()\nstatus()") == board.rom_line("one")


@pytest.mark.parametrize("folders", ["", "aioservices", "aioservices/services"])
def test_a_file_that_appears_on_flash_and_goes_again(board, folders):
    """`reload` takes what counts then."""
    board.burn("one", SAYS % "rom").burn("two", SAYS % "rom")
    board.service("one", SAYS % "flash")
    there = board.flash("one")
    aside = board.vm.root / "aside"
    there.replace(aside)
    shutil.rmtree(board.vm.root / "aioservices")
    (board.vm.root / folders).mkdir(parents=True, exist_ok=True)
    out = board.run(f"""
import os
def put():
    for folder in ("aioservices", "aioservices/services"):
        try:
            os.mkdir(folder)
        except OSError:
            pass
    os.rename("aside", "aioservices/services/one_service.{board.ext}")
await up()
print(service("one").says)
put()
await aioservice.reload("one")
await aioservice.reload("two")
print(service("one").says, service("two").says)
status()
os.remove("aioservices/services/one_service.{board.ext}")
await restart("one")
print(service("one").says)
await aioservice.reload("one")
print(service("one").says, state("one"))
status()
""")
    assert out == ("rom\nflash rom\n" + board.line("one") + board.rom_line("two") + "flash\nrom running\n"
                   + board.rom_line("one") + board.rom_line("two"))


def test_a_reload_that_fails_on_flash_goes_back_to_rom(board):
    board.burn("one", SAYS % "rom").service("other")
    board.vm.put("new.py", "1/0")
    out = board.run("""
import os
await up()
os.rename("new.py", "aioservices/services/one_service.py")
try:
    await aioservice.reload("one")
except ServiceError as e:
    print(e)
print(state("one"), service("one").says, service("one").path)
os.remove("aioservices/services/one_service.py")
await aioservice.reload("one")
print(state("one"))
""")
    assert out == (f"not reloaded: ZeroDivisionError: divide by zero (aioservices/services/one_service.py, line 1); "
                   f"the version before goes on\n"
                   f"running rom {board.in_rom('one')}\nrunning\n")


def test_instances_classes_and_settings_of_a_service_in_rom(board):
    board.burn("one", "enabled = False").burn_file("/lib/parts.py", "from aioclass import Service\nclass Part(Service):\n    enabled = True")
    board.config({"one": {"instances": 2, "enabled": True}, "made": {"cls": "parts.Part"}})
    out = board.run("await up()\nprint(states())\nstatus()\nprint(get_config('one'))")
    assert eval(out.splitlines()[0]) == {"one@0": "running", "one@1": "running", "made": "running"}
    assert out.count(board.in_rom("one")) == 2 and f"made.service from /rom/lib/parts.{board.ext} loaded" in out


@pytest.mark.parametrize("line", ["from aioservices.services.helper import told", "from .helper import told",
                                  "from . import helper\ntold = helper.told", "import aioservices.services.helper as helper\ntold = helper.told"])
@pytest.mark.parametrize("side", ["rom", "flash"])
def test_what_a_service_imports_from_its_folder(board, side, line):
    """It may lie beside it or on the other side; other services' modules too."""
    text = f"import asyncio\n{line}\n" + SERVICE % ("    says = told", FOREVER, "one")
    user = "from aioservices.services.one_service import Made\nclass User(Made): pass\nservice = User('user')"
    helper, deeper = "from .deeper import told", "told = 'deep'"
    if side == "rom":
        board.burn_file("one_service.py", text).vm.put("aioservices/services/helper.py", helper)
        board.burn_file("deeper.py", deeper).file("user", user)
    else:
        board.burn_file("helper.py", helper).file("one", text)
        board.burn_file("user_service.py", user).vm.put("aioservices/services/deeper.py", deeper)
    out = board.run("await up()\nstatus()\nprint(service('one').says, service('user').says)\n"
                    "print(type(service('user')).__name__, sorted(m for m in sys.modules if m.endswith('r')))")
    lines = [board.rom_line("one"), board.line("user")] if side == "rom" else [board.line("one"), board.rom_line("user")]
    assert out.startswith("".join(lines) + "deep deep\nUser ")


def test_a_neighbour_in_rom_does_not_bring_the_wrong_one(board):
    """`a` in ROM imports the module of `b` in ROM; that of flash is what runs as `b`."""
    board.burn_file("a_service.py", "from aioservices.services.b_service import Made\nservice = Made('a')")
    board.burn("b", SAYS % "rom").service("b", SAYS % "flash")
    out = board.run("await up()\nstatus()\nprint(service('b').says)")
    assert out == board.rom_line("a") + board.line("b") + "flash\n"


def test_what_is_nowhere_is_said(board):
    board.burn_file("one_service.py", "import aioservices.services.nothing").file("two", "import nothing")
    out = board.run("await up()\nprint(aioservice.snapshot()['failed'])")
    assert eval(out) == {"one": "ImportError: no module named 'aioservices.services.nothing'",
                         "two": "ImportError: no module named 'nothing'"}


# -- files that cannot be used ------------------------------------------------


@pytest.fixture
def cut(board):
    """A board with a service in ROM, of 90 kB, to be cut by the test."""
    if not board.vm.compiled:
        pytest.skip("a source that is cut is a syntax error")
    board.burn("one", f"text = {'x' * 90000!r}")
    path = board.vm.root.parent / "rom/aioservices/services/one_service.mpy"
    return board, path.read_bytes()


def test_a_file_that_is_cut_in_rom_is_refused(cut):
    board, data = cut
    del board.rom["aioservices/services/one_service.py"]
    board.burn_file("one_service.mpy", data[:-400]).burn("two")
    line = board.rom_line("one", "not loaded: Error: LoadError: the file is cut short; copy it anew", "ERROR")
    assert board.run("await up()\nstatus()") == line + board.rom_line("two")


def test_a_file_in_rom_without_the_build_s_mark_is_not_copied(cut):
    board, data = cut
    del board.rom["aioservices/services/one_service.py"]
    board.burn_file("one_service.mpy", data.removesuffix(b"\nend\n"))
    out = board.run("""
gc.collect()
gc.disable()
before = gc.mem_alloc()
load("one")
print(gc.mem_alloc() - before, state("one"), len(service("one").text))
""", heap="1M")
    taken, state, length = out.splitlines()[-1].split()
    assert int(taken) < 60000 and state == "starting" and length == "90000"


def test_both_forms_in_rom(board):
    if not board.vm.compiled:
        pytest.skip("one form only")
    board.burn_file("one_service.mpy", b"M").burn_file("one_service.py", b"")
    out = board.run("await up()\nstatus()")
    assert "one.service from /rom/aioservices/services/one_service.py not loaded: Error: " in out
    assert out.endswith("one_service.py and .mpy are both there; remove one\n")


# -- heap ---------------------------------------------------------------------


def test_unloading_frees_the_heap(board):
    board.burn("one").service("two")
    out = board.run("""
await up()
heap = [0] * 10  # a list that grows would be counted
for i in range(10):
    for name in ("one", "two"):
        for _ in range(5):
            unload(name)
            await ended(name)
            load(name)
            await asyncio.sleep_ms(5)
    gc.collect(); gc.collect()
    heap[i] = gc.mem_alloc()
print(min(heap[5:]) - min(heap[1:5]))  # the first look is the warm-up
""", timeout=40)
    # Stacks hold on to a piece of garbage now and then; what grows does so each time.
    assert int(out.splitlines()[-1]) <= 64


BIG = "\n".join(f"def work{i}(self, a, b):\n    return [a * {i} + n for n in range(b) if n % 3 == 1]" for i in range(30))


def test_a_service_in_rom_takes_less_heap(board):
    if not board.vm.compiled:
        pytest.skip("a source is compiled to the heap, wherever it lies")
    body = "await up()\nunload('zz')\nawait ended('zz')\ngc.collect()\nbefore = gc.mem_alloc()\nload('zz')\ngc.collect()\nprint(gc.mem_alloc() - before)"
    board.service("zz", BIG).service("other")
    board.burn("a")
    on_flash = int(board.run(body).splitlines()[-1])
    board.flash("zz").unlink()
    board.burn("zz", BIG)
    in_rom = int(board.run(body).splitlines()[-1])
    assert in_rom < 0.6 * on_flash, (in_rom, on_flash)


def test_without_a_rom_nothing_of_it_is_loaded(board):
    board.service("one")
    assert board.run("import aioservice.discovery\naioservice.discovery.files()\n"
                     "print([n for n in sys.modules if 'rom' in n])") == "[]\n"


# -- settings -----------------------------------------------------------------


FACTORY = '{"one": {"enabled": true, "args": [1]}, "two": {"enabled": false}}'


def test_settings_in_rom_count_where_flash_has_none(board):
    board.burn("one", "", "print('args', args)").burn("two").burn_file("/services.config", FACTORY)
    board.service("three")
    out = board.run("""
await up()
print(sorted(states()), get_config("one"), get_config("two"))
print(config("one", True, 2), config("three", False))
""")
    assert out == ("args (1,)\n['one', 'three'] {'enabled': True, 'args': [1]} {'enabled': False}\nTrue True\n")
    assert board.settings() == {"one": {"enabled": True, "args": [2]}, "two": {"enabled": False},
                                "three": {"enabled": False}}
    assert board.run("await up()\nprint(sorted(states()))") == "args (2,)\n['one']\n"


def test_settings_on_flash_replace_those_in_rom(board):
    board.burn("one", "", "print('args', args)").burn("two").burn_file("/services.config", FACTORY)
    board.config({})
    assert board.run("await up()\nprint(sorted(states()))") == "args ()\n['one', 'two']\n"


def test_damaged_settings_on_flash(board):
    board.burn("one", "", "print('args', args)").burn_file("/services.config", FACTORY)
    board.config("{")
    out = board.run("await up()\nstatus()")
    assert out == ("args (1,)\nservices.config is damaged: it is cut short, or a bracket, a colon or a comma is wrong; using /rom/services.config\n" + board.rom_line("one"))
    board.vm.put("services.config.bak", '{"one": {"args": [7]}}')
    assert "args (7,)\nservices.config is damaged: it is cut short, or a bracket, a colon or a comma is wrong; using the last good copy, services.config.bak\n" in board.run("await up()\nstatus()")


def test_damaged_settings_in_rom(board):
    board.burn("one").burn_file("/services.config", "{")
    assert board.run("await up()\nstatus()") == "/rom/services.config is damaged: it is cut short, or a bracket, a colon or a comma is wrong\n" + board.rom_line("one")


WATCHDOG = '{"_boot": {"watchdog": %d}}'


@pytest.mark.parametrize("flash, copy, seconds", [
    (None, None, 50), (None, 60, 50), (40, None, 40), (0, None, None), ("{", None, 50), ("{", 60, 60)])
def test_boot_py_takes_the_watchdog_of_the_settings_that_count(board, flash, copy, seconds):
    board.vm.ship("boot.py")
    board.burn("one").burn_file("/services.config", WATCHDOG % 50)
    if flash is not None:
        board.config(flash if isinstance(flash, str) else WATCHDOG % flash)
    if copy is not None:
        board.vm.put("services.config.bak", WATCHDOG % copy)
    board.vm.put("main.py", "import sys\ndog = sys.modules.get('aioboot.watchdog')\nprint(dog and dog.watchdog.__dict__)\n")
    out = board.vm.run().out
    assert re.search(rf"\b{seconds}\b", out) if seconds else out == "None\n", out


# -- the project's own modules, boot.py, tools --------------------------------


@pytest.fixture
def romboard(vm, rom_tree):
    """The whole project in ROM; on flash what a firmware looks for there."""
    vm.ship("boot.py", "main.py", "services.config")
    shutil.rmtree(vm.root / "lib")
    vm.burn(tree=rom_tree)
    return vm


def test_the_whole_project_in_rom(romboard):
    session = romboard.session()
    session.expect("--> ")
    seen = session.line("aioservice.status()")
    assert seen.count("OK") == 4 and seen.count(" from /rom/aioservices/services/") == 4
    session.line("import sys")
    code = "[n for n in sys.modules if n[:3] == 'aio' and getattr(sys.modules[n], '__file__', '/rom')[:4] != '/rom']"
    assert session.line(code) == "[]\n"
    assert session.line("aioservice.config('hello', True, 3, 2)") == "True\n"
    session.line("await aioservice.reload()")
    assert session.line("aioservice.service('hello').args") == "[3, 2]\n"
    assert "ZeroDivisionError" in session.line("aioservice.load('dofail')")
    traceback = session.line("aioservice.traceback('dofail')")
    assert traceback.count("  File ") == 2
    assert traceback.count('  File "/rom/aioservices/services/dofail_service.') == 2
    session.ctrl("d")
    assert session.wait() == 0
    assert json.loads((romboard.root / "services.config").read_text())["hello"]["args"] == [3, 2]


def test_it_runs_in_less_heap(romboard):
    """The project with its console and reports; 64 kB is what it needs from flash."""
    if not romboard.compiled:
        pytest.skip("sources are compiled to the heap, wherever they lie")
    session = romboard.session(heap="%dk" % (romboard.bits * 13 // 8))
    session.expect("--> ")
    assert session.line("aioservice.status()").count("OK") == 4
    assert "MemoryError" not in session.seen


def test_a_module_on_flash_goes_before_rom(romboard):
    romboard.put("lib/aiologging.py", (ROOT / "lib/aiologging.py").read_text() + "\nmine = True\n")
    romboard.put("main.py", "import sys, aiologging, aioswitch\nprint(sys.path[-2:], aiologging.mine, aioswitch.__file__)")
    assert romboard.run().out == f"['/rom', '/rom/lib'] True /rom/lib/aioswitch.{'mpy' if romboard.compiled else 'py'}\n"


def test_a_package_that_flash_has_a_part_of(romboard):
    """It hides all of the one in ROM: that is said, since what the VM says helps nobody."""
    romboard.put("lib/aioservice/report.py", "")
    out = romboard.run().out
    assert out.startswith(f"boot: {romboard.root}/lib/aioservice hides all of /rom/lib/aioservice, but lacks __init__, anew, applying, ")
    assert out.splitlines()[0].endswith(": remove it, or copy all of it there")


def test_the_project_on_flash_beside_the_one_in_rom(romboard, board_tree):
    shutil.copytree(board_tree / "lib", romboard.root / "lib")
    romboard.put("main.py", "import aioservice.manager, aiobase, aioclass\n"
                 "print([m.__file__.startswith('/rom') for m in (aioservice.manager, aiobase, aioclass)])")
    assert romboard.run().out == "[False, False, False]\n"


def test_boot_py_where_rom_is_not_ours(vm):
    """A firmware that has other things in its ROM."""
    vm.ship()
    vm.burn({"lib/other/__init__.py": "", "readme.txt": "text"})
    session = vm.session()
    session.expect("--> ")
    assert "boot:" not in session.seen
    assert session.line("aioservice.status()").count(" from ./aioservices/services/") == 4


def test_tools_board_refuses_what_is_no_image(vm, tmp_path):
    for path, text in (("none.img", None), ("bad.img", b"nothing")):
        if text is not None:
            (tmp_path / path).write_bytes(text)
        done = subprocess.run([*BOARD, "--rom", str(tmp_path / path), str(vm.root), "-c", "1"], text=True, capture_output=True, timeout=20)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and path in done.stderr, done.stderr


def test_make_romfs_is_mpremotes_own_image(tmp_path):
    image, theirs = tmp_path / "a.img", tmp_path / "b.img"
    done = subprocess.run([sys.executable, "-m", "svctl.build.romfs", str(image)], cwd=ROOT, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert f"mpremote romfs deploy {image}\n" in done.stdout
    subprocess.run([sys.executable, "-m", "mpremote", "romfs", "-o", str(theirs), "build", str(romfs.TREE)], cwd=ROOT, check=True, capture_output=True, timeout=60)
    assert image.read_bytes() == theirs.read_bytes()
    assert sorted(path.name for path in romfs.TREE.iterdir()) == ["aioservices", "lib", "services.config"]


def test_the_commands_of_the_document(tmp_path, rom_tree):
    text = (ROOT / "docs/romfs.md").read_text()
    first, script = re.findall(r"```sh\n(.*?)```", text, re.S)
    assert first == "make romfs\n" and "romfs:" in (ROOT / "Makefile").read_text()
    script = script.replace("build/flash", str(tmp_path / "flash"))
    script = script.replace("build/romfs.img", str(tmp_path / "romfs.img"))
    romfs.pack(rom_tree, tmp_path / "romfs.img")
    done = subprocess.run(["sh", "-e", "-c", script], cwd=ROOT, text=True, capture_output=True, timeout=30, input="\x04")
    assert done.returncode == 0 and done.stdout.count("[ OK ] Service: ") == 3, done.stdout + done.stderr
    assert done.stdout.count(" from /rom/aioservices/services/") == 3
