"""Files that a person, an editor or a system has put into a project or onto a board: what is taken, what is left
out, what is named. The same on the host and on the board."""
from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess

import pytest
from support.checks import run_check
from support.harness import ROOT
from support.services import SERVICE, Board

from svctl.build import mpy, package, shorten, sift, tree
from svctl.build.parsed import parsed, yields
from svctl.errors import TreeError

SERVICES = "aioservices/services"
HELLO = SERVICE % ("", "pass", "hello")
FINE = "check: fine\n"
BINARY = b"\0\5\x16\7\0\2\0\0Mac OS X        \xff\xfe"
LITTER = ["._hello_service.py", ".DS_Store", "hello_service.py~", ".hello_service.py.swp", ".hello_service.py.swo",
          ".x.swx", "#hello_service.py#", "._DS_Store", "x~", "hello_service.pyc", "Thumbs.db", "desktop.ini", ".x_service.mpy",
          "__pycache__/hello_service.cpython-311.pyc", ".idea/x.py", ".hello_service.py.un~", "_service.py", "_service.mpy"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project, with one service and one module."""
    root = tmp_path / "project"
    for name, text in {"boot.py": "", "main.py": "", "lib/aioservice/__init__.py": "", "lib/driver.py": "x = 1\n",
                       f"{SERVICES}/hello_service.py": HELLO}.items():
        put(root, name, text)
    monkeypatch.setattr(tree, "_ledger", lambda dest: tmp_path / "ledger.json")
    return root


def put(root, name, text="x = 1\n"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def built(root):
    """The files of a build, without those that are always there."""
    dest = root.parent / "built"
    tree.build(dest, root)
    found = {path.relative_to(dest).as_posix() for path in dest.rglob("*") if path.is_file()}
    listed = {line.split(" ", 2)[2] for line in (dest / "manifest.txt").read_text().splitlines()}
    assert found - {"services.config"} == listed - {"end"} | {"manifest.txt"}
    return sorted(found - {"boot.py", "main.py", "manifest.txt", "lib/aioservice/__init__.mpy"})


def compiled(root, name, text="y = 2\n", *options):
    """Put a module there as bytecode only."""
    source = put(root.parent, "elsewhere/source.py", text)
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    mpy.compile_file(source, target, name)
    target.write_bytes(target.read_bytes().removesuffix(mpy.END))  # as others compile
    return target


# --- what editors and systems leave ---


@pytest.mark.parametrize("name", LITTER)
def test_what_is_nobodys_work_is_ignored(project, name):
    before = built(project)
    for folder in (SERVICES, "lib", "lib/aioservice") if not name.startswith("_service.") else (SERVICES,):
        put(project, f"{folder}/{name}", BINARY)
    assert built(project) == before and run_check(project).stdout == FINE


@pytest.mark.parametrize("name", [".#hello_service.py", ".#driver.py", "gone_service.py", "gone.py", "gone.mpy", "gone"])
def test_links_that_lead_nowhere(project, name):
    before = built(project)
    for folder in (SERVICES, "lib", "lib/aioservice"):
        (project / folder / name).symlink_to("me@host.1234:5678")
    assert built(project) == before and run_check(project).stdout == FINE
    told = [] if name[0] == "." else sorted(f"{folder}/{name}: left out: a link to me@host.1234:5678, which is not there"
                                            for folder in (SERVICES, "lib", "lib/aioservice"))
    assert sorted(tree.look(project).notes) == told
    assert package.modules(project / "lib") == ["aioservice/__init__.py", "driver.py"]


def test_the_board_ignores_them_too(vm):
    board = Board(vm)
    board.service("hello")
    for name in LITTER:
        put(vm.root, f"{SERVICES}/{name}", BINARY)
    for name in (".#hello_service.py", "gone_service", "gone.py", "gone"):
        (vm.root / SERVICES / name).symlink_to("me@host.1234:5678")
    assert board.run("print(await up())\naioservice.list()\naioservice.check()\nprint(snapshot()['fault'])") == (
        f"True\nService: hello.service from {board.path('hello')}\nNone\n")


def test_a_module_that_services_import_may_be_called_service(project):
    put(project, f"{SERVICES}/_service.py")
    assert tree.look(project).notes == [f"{SERVICES}/_service.py: left out: no name stands before _service"]
    for line in ("from ._service import x", "from aioservices.services import _service", "from aioservices.services._service import x"):
        put(project, f"{SERVICES}/hello_service.py", f"{line}\n{HELLO}")
        assert f"{SERVICES}/_service.mpy" in built(project)
        assert tree.look(project) == ([], []) and run_check(project).stdout == FINE


@pytest.mark.parametrize("name, why", [
    (b"dr\xffver.py", r"lib/dr\udcffver.py: left out: its name is no UTF-8: rename it"),
    (b"a\nb.py", r"lib/a\nb.py: left out: its name has a blank at its end, or a character that cannot be printed: rename it"),
    (b"notes.txt ", "lib/notes.txt : left out: its name has a blank at its end, or a character that cannot be printed: rename it"),
])
def test_names_that_a_list_of_files_cannot_hold(project, name, why):
    before = built(project)
    with open(os.path.join(os.fsencode(project), b"lib", name), "wb"):
        pass
    assert built(project) == before and run_check(project).stdout.splitlines() == [why]


# --- links to folders ---


def test_links_to_folders_are_followed(project):
    put(project.parent, "shared/sensors/bme.py")
    put(project.parent, "shared/sensors/deep/__init__.py")
    put(project.parent, "single.py")
    (project / "lib/sensors").symlink_to("../../shared/sensors")
    (project / "lib/again").symlink_to(project.parent / "shared/sensors")  # twice is no circle
    (project / "lib/single.py").symlink_to("../../single.py")
    (project / SERVICES / "data").symlink_to("../../../shared")
    assert built(project) == [f"{SERVICES}/data/sensors/bme.mpy", f"{SERVICES}/data/sensors/deep/__init__.mpy",
                              f"{SERVICES}/hello_service.mpy", "lib/again/bme.mpy", "lib/again/deep/__init__.mpy", "lib/driver.mpy",
                              "lib/sensors/bme.mpy", "lib/sensors/deep/__init__.mpy", "lib/single.mpy"]
    assert run_check(project).stdout == FINE
    (project / "lib/sensors").unlink()
    assert "lib/sensors/bme.mpy" not in built(project)


def test_the_projects_own_code_behind_a_link_is_shortened(project):
    put(project.parent, "ours/core.py", "def _long_name():\n    pass\n")
    (project / "lib/aioctl").symlink_to(project.parent / "ours")
    assert "_long_name" not in shorten.of_folder(project / "lib")[0]["aioctl/core"]


@pytest.mark.parametrize("links", [
    {"lib/up": ".."}, {"lib/self": "."}, {"lib/root": "../.."}, {"lib/aioservice/lib": "../../lib"},
    {"lib/one": "../a", "a/two": "../b", "b/three": "../a"}, {f"{SERVICES}/all": "../.."},
])
def test_a_circle_is_named(project, links):
    for name, target in links.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).symlink_to(target)
    with pytest.raises(TreeError, match=r" is a link to /.*, in which it lies: a circle\. Remove it$") as caught:
        built(project)
    assert run_check(project).stdout == f"{caught.value}\n"


def test_links_that_lead_to_each_other_lead_nowhere(project):
    (project / "lib/one.py").symlink_to("two.py")
    (project / "lib/two.py").symlink_to("one.py")
    assert len(built(project)) == 2 and len(tree.look(project).notes) == 2


# --- bytecode without a source ---


@pytest.mark.parametrize("name", ["lib/bme280.mpy", "lib/sensors/bme280.mpy", "lib/aioservice/extra.mpy", f"{SERVICES}/new_service.mpy"])
def test_bytecode_without_a_source_is_taken(project, name):
    made = compiled(project, name)
    assert name in built(project) and (project.parent / "built" / name).read_bytes() == made.read_bytes()
    assert tree.look(project) == ([f"{name}: taken as it is, .mpy v6: there is no source beside it"], [])
    assert run_check(project).stdout == FINE
    put(project, name.replace(".mpy", ".py"), "z = 3\n")  # its source comes, and counts
    assert name in built(project) and (project.parent / "built" / name).read_bytes() != made.read_bytes()
    source = os.path.basename(name).replace(".mpy", ".py")
    assert tree.look(project).notes == [f"{name}: left out: {source} beside it is compiled in its place"]
    assert made.exists()
    (project / name.replace(".mpy", ".py")).unlink()
    assert name in built(project) and (project.parent / "built" / name).read_bytes() == made.read_bytes()


def test_a_service_and_a_driver_of_bytecode_run(vm, project):
    compiled(project, "lib/bme280.mpy", "def read():\n    return 21\n")
    compiled(project, f"{SERVICES}/new_service.mpy", SERVICE % ("", "import bme280; return bme280.read()", "new"))
    built(project)
    for name in ("lib/bme280.mpy", f"{SERVICES}/new_service.mpy"):
        put(vm.root, name, (project.parent / "built" / name).read_bytes())
    assert Board(vm).run("await up()\nprint(await service('new').wait_for_shutdown())") == "21\n"


def changed(path, at, value):
    data = bytearray(path.read_bytes())
    data[at] = value
    path.write_bytes(data)


@pytest.mark.parametrize("harm, why", [
    (lambda path: path.write_bytes(b""), "it is no .mpy file"),
    (lambda path: path.write_text("<html>not found</html>"), "it is no .mpy file"),
    (lambda path: changed(path, 1, 5), "it is .mpy v5, and boards load v6: compile its source with the mpy-cross of a "
                                       "newer MicroPython, or put the source there"),
    (lambda path: path.write_bytes(path.read_bytes()[:-9]), "it is cut short, or damaged: copy it anew"),
])
@pytest.mark.parametrize("name", ["lib/bme280.mpy", f"{SERVICES}/new_service.mpy"])
def test_bytecode_that_no_board_loads_is_named(project, name, harm, why):
    harm(compiled(project, name))
    assert run_check(project).stdout == f"{name}: {why}\n"


ARM = mpy.ARCHS.index("armv7em") << 2 | 3


@pytest.mark.parametrize("own, native, fits", [
    ("armv6m", "armv6m", True), ("armv7emsp", "armv6m", True), ("armv6m", "armv7m", False), ("xtensawin", "xtensawin", True),
    ("xtensawin", "armv6m", False), ("rv32imc", "xtensa", False), ("", "x86", False), ("x64", "", True),
])
def test_native_code_is_for_one_machine(own, native, fits):
    data = bytes([ord("M"), 6, mpy.ARCHS.index(native) << 2 | 3, 31])
    wrong = mpy.wrong_arch(data, 6 | 3 << 8 | mpy.ARCHS.index(own) << 10)
    assert (wrong is None) == fits
    if not fits:
        runs = f"that for {own} only" if own else "none"
        assert wrong == f"it has native code for {native}, and this MicroPython runs {runs}: compile its source for it"


def test_native_code_for_another_machine_does_not_stop_a_build(project):
    changed(compiled(project, "lib/fast.mpy"), 2, ARM)
    assert "lib/fast.mpy" in built(project)
    [line] = tree.check(project.parent / "built")
    assert line.startswith("lib/fast.mpy: it has native code for armv7em, and this MicroPython runs ")
    assert tree.look(project).notes == [
        "lib/fast.mpy: taken as it is, .mpy v6.3 with native code for armv7em: there is no source beside it"]


@pytest.mark.parametrize("name", ["lib/bme280.mpy", "lib/sensors/x.mpy", f"{SERVICES}/new_service.mpy"])
def test_git_keeps_a_persons_bytecode(name):
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode == 1


# --- names, and what lies in the way ---

FOLDER = "hello.service: not loaded: hello_service/ is a folder, which MicroPython imports in place of a file: rename it; " \
    "a service is one file, hello_service.py\n"


@pytest.mark.parametrize("inside", ["page.html", "__init__.py", "www/style.css", "__init__.mpy"])
@pytest.mark.parametrize("beside", [True, False])
def test_a_folder_of_a_services_name_is_named(project, vm32, inside, beside):
    board = Board(vm32)
    if beside:
        board.service("hello")
    else:
        (project / SERVICES / "hello_service.py").unlink()
    for root in (project, vm32.root):
        if inside.endswith(".mpy"):
            compiled(root, f"{SERVICES}/hello_service/{inside}")
        else:
            put(root, f"{SERVICES}/hello_service/{inside}", HELLO)
    assert run_check(project).stdout == FOLDER
    told = board.run("print(await up())\naioservice.status()\naioservice.check()")
    assert told == ("False\n[ ERROR ] Service: hello.service from ./aioservices/services/hello_service/ not loaded: "
                    f"Error: LoadError: {FOLDER[len('hello.service: not loaded: '):]}{FOLDER}")


def test_a_folder_in_which_nothing_is_left_is_none(project):
    put(project, f"{SERVICES}/hello_service/__pycache__/x.pyc")
    (project / SERVICES / "hello_service/empty").mkdir()
    assert run_check(project).stdout == FINE


@pytest.mark.parametrize("name, folder", [
    ("lib/driver.py", "lib/driver"), ("lib/pkg/part.py", "lib/pkg/part"), (f"{SERVICES}/helper.py", f"{SERVICES}/helper"),
    ("lib/other.mpy", "lib/other"),
])
def test_a_folder_beside_a_module_is_named(project, name, folder):
    put(project, f"{SERVICES}/hello_service.py", "import helper\n" + HELLO)
    compiled(project, name) if name.endswith(".mpy") else put(project, name)
    put(project, f"{folder}/readme.txt")
    assert run_check(project).stdout == f"{name}: MicroPython imports the folder {folder}/ in its place: rename one of them\n"


@pytest.mark.parametrize("name, what", [
    ("x@left", "'@', which is for instances"), ("hello@left", "'@', which is for instances"), ("my.sensor", "'.'"),
    ("v1.2", "'.'"), ("a*", "'*'"), ("@", "'@', which is for instances"),
])
def test_names_that_no_service_can_have(project, vm32, name, what):
    board = Board(vm32)
    board.service("hello")
    text = SERVICE % ("", "print('it ran')", name)
    put(project, f"{SERVICES}/{name}_service.py", text)
    board.file(name, text)
    why = f"a service's name has no {what}: rename the file"
    finding = f"{name}.service: not loaded: {why}\n"
    assert run_check(project).stdout == finding
    assert board.run(f"print(await up(), state('hello'))\naioservice.status({name!r})\naioservice.check()") == (
        "False running\n" + board.failed(name, f"LoadError: {why}") + finding)


def test_a_file_is_no_instance_either_where_the_settings_have_one(vm32):
    board = Board(vm32)
    board.service("hello").file("hello@left", "print('it ran')\n")
    board.config({"hello@left": {"enabled": True}, "hello@right": {"enabled": True}})
    assert board.run("await up()\naioservice.check()\nprint(state('hello@right'))") == (
        "hello@left.service: not loaded: a service's name has no '@', which is for instances: rename the file\nrunning\n")


@pytest.mark.parametrize("name", ["my-sensor", "MySensor", "my sensor", "wärme", "2nd", "class"])
def test_other_names_are_fine_everywhere(project, vm32, name):
    text = SERVICE % ("", "import asyncio; await asyncio.sleep(99)", name)
    put(project, f"{SERVICES}/{name}_service.py", text)
    assert run_check(project).stdout == FINE and f"{SERVICES}/{name}_service.mpy" in built(project)
    board = Board(vm32)
    board.file(name, text)
    board.config({name: {"args": [1]}})
    assert board.run(f"""
await up()
status({name!r})
await restart({name!r})
await aioservice.reload({name!r})
print(config({name!r}, True), state({name!r}), aioservice.check())
""") == board.line(name) + "True running []\n"


# --- sources that MicroPython understands otherwise ---

YIELD = "{file}, line {line}: yield in async def {what}: MicroPython has no asynchronous generators, and never comes back to it: " \
    "write await asyncio.sleep(0)"


@pytest.mark.parametrize("name", ["task", "setup", "cleanup", "child", "__call__"])
def test_a_yield_in_a_coroutine_is_found(project, name):
    file = f"{SERVICES}/odd_service.py"
    put(project, file, "from aioclass import Service\nclass Odd(Service):\n"
                       f"    async def {name}(self):\n        while True:\n            x = yield\nservice = Odd('odd')\n")
    assert run_check(project).stdout == YIELD.format(file=file, line=5, what=name) + "\n"


@pytest.mark.parametrize("text, found", [
    ("async def f():\n    yield 1\n    if x: (yield)", [("f", 2), ("f", 3)]),
    ("class A:\n    async def f(self):\n        async def g():\n            yield\n        await g()", [("g", 4)]),
    ("async def f():\n    def g():\n        yield 1\n    return [x for x in g()]", []),
    ("async def f():\n    return lambda: (yield)", []),
    ("def f():\n    yield", []),
    ("async def f():\n    yield from asyncio.sleep(1)", []),
    ("async def f(self):\n    self.queue.push(core.cur_task)\n    yield", []),
    ("async def f():\n    async with a:\n        try:\n            pass\n        finally:\n            yield", [("f", 6)]),
])
def test_which_yields_are_meant(text, found):
    assert list(yields(parsed(text.encode()))) == found
    assert isinstance(ast.parse(text), ast.Module)


def test_why_a_yield_is_one(vm32):
    assert vm32.run("import asyncio\nasync def task():\n    yield\n    print('never')\nasync def main():\n"
                    "    t = asyncio.create_task(task())\n    await asyncio.sleep_ms(50)\n    print(t.done())\nasyncio.run(main())").out == (
                        "False\n")


@pytest.mark.parametrize("text, why", [
    ("x = 1\n\ndef f(:\n", "SyntaxError: invalid syntax, line 3: def f(:"),
    ("if 1:\n", "SyntaxError: expected an indented block after 'if' statement on line 1, line 1: if 1:"),
    ("a = 1\nb = 'open\n", "SyntaxError: unterminated string literal (detected at line 2), line 2: b = 'open"),
    ("# Wärme\nx = 1\n".encode("latin-1"), "it is not UTF-8 (line 1, byte e4); save it as UTF-8"),
    ("x = 1\n".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
    (b"x = 1\0", "it is no text: there are zero bytes in it"),
])
def test_code_that_cannot_be_compiled_is_one_line(project, text, why):
    put(project, "lib/driver.py", text)
    put(project, f"{SERVICES}/bad_service.py", text)
    lines = run_check(project).stdout.splitlines()
    if not why.startswith("SyntaxError"):
        assert lines == [f"bad.service: not loaded: {why}", f"lib/driver.py: {why}"]
        return
    kind = [line.split("SyntaxError: ")[1].split(", line")[0] for line in lines]  # CPython's words differ
    assert [line.replace(each, "…") for line, each in zip(lines, kind)] == [
        f"{where}: SyntaxError: …{why[why.rindex(', line'):]}" for where in ("bad.service: not loaded", "lib/driver.py")]
    with pytest.raises(TreeError) as caught:
        built(project)
    number = why[why.rindex(", line"):].split(":")[0]
    assert str(caught.value).startswith("lib/driver.py does not compile: SyntaxError: ")
    assert number in str(caught.value) or "\n" not in str(caught.value)


@pytest.mark.parametrize("text, place", [
    ("x = 1\ndef f(:\n", "2"), ("x = 'open\n", "1"), ("if 1:\nx\n", "2"), ("x = 1\n  y = 2\n", "2"),
])
def test_the_board_says_where_code_of_lib_cannot_be_compiled(vm32, text, place):
    board = Board(vm32)
    vm32.put("lib/driver.py", text, compile=False)
    board.file("new", "import driver\n" + SERVICE % ("", "pass", "new"))
    out = board.run("await up()\naioservice.check()")
    assert re.fullmatch(rf"new\.service: not loaded: \w+Error: .* \(.*lib/driver\.py, line {place}\)\n", out)


def test_the_mark_that_windows_puts_first(project, vm32):
    put(project, f"{SERVICES}/hello_service.py", b"\xef\xbb\xbf" + HELLO.lstrip().encode())
    built(project)
    assert run_check(project).stdout == FINE
    shutil.copytree(project.parent / "built" / SERVICES, vm32.root / SERVICES)
    assert Board(vm32).run("await up()\nprint(state('hello'))") == "done\n"


def test_a_walk_is_in_order(tmp_path):
    for name in ("b/1", "a", "b.py", "c/x/2", "c/3"):
        put(tmp_path, name)
    assert [path.relative_to(tmp_path).as_posix() for path in sift.walk(tmp_path)] == ["a", "b/1", "b.py", "c/3", "c/x/2"]
    assert list(sift.walk(tmp_path / "none")) == []
