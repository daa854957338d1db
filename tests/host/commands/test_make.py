"""svctl new and svctl check: what acts on the project of the current directory; what the shell completes there."""
from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile

import pytest
from support.deploying import BARE
from support.harness import ROOT, Vm
from support.wire import Port

from svctl.build import check, heap, mpy
from svctl.commands import new
from svctl.deploy.project import Project
from svctl.setup import place
from svctl.testing.board import Board
from svctl.testing.needed import Needed
from tools.measure import size

SERVICES = "aioservices/services"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one's own, which has the device code of this one, and its settings."""
    root = tmp_path / "mine"
    (root / SERVICES).mkdir(parents=True)
    (root / "docs").mkdir()
    (root / "lib").symlink_to(ROOT / "lib")
    for name in ("boot.py", "main.py"):
        shutil.copy(ROOT / name, root)
    shutil.copy(ROOT / SERVICES / "repl_service.py", root / SERVICES)
    monkeypatch.setattr("svctl.deploy.project.BUILT", tmp_path / "built")
    monkeypatch.chdir(root / "docs")  # anywhere in it
    return root


@pytest.mark.parametrize("kind", new.TYPES)
def test_new_writes_a_service_and_a_test_that_passes(project, svctl, board_tree, compiled, tmp_path, kind):
    code, out, err = svctl(None, "new", "door_lock", "--type", kind)
    assert (code, err) == (0, "") and out == f"""\
written: {SERVICES}/door_lock_service.py
written: tests/test_door_lock.py
try it: make test ARGS="tests/test_door_lock.py"; then make deploy PORT=…
"""
    service = (project / SERVICES / "door_lock_service.py").read_text()
    assert f'type = "{kind}.service"' in service and "class DoorLock(Service)" in service
    assert svctl(None, "check")[0] == 0
    # As `make test` does it: the tree is built with it, and a fresh board gets it from there.
    tree = tmp_path / "tree"
    shutil.copytree(board_tree, tree)
    source, file = project / SERVICES / "door_lock_service.py", f"{SERVICES}/door_lock_service.py"
    if compiled:
        mpy.compile_file(source, (tree / file).with_suffix(".mpy"), file)
    else:
        shutil.copy(source, tree / file)
    spec = importlib.util.spec_from_file_location("made", project / "tests/test_door_lock.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    tests = [getattr(made, name) for name in dir(made) if name.startswith("test_")]
    assert len(tests) == 1
    vm = Vm(tmp_path / "board", 32 if compiled else 64, tree, compiled)
    board = Board(vm, Needed(project))
    try:
        tests[0](board)
    finally:
        board.close()
        vm.close()


def test_new_does_not_write_over_anything(project, svctl):
    assert json.loads(svctl(None, "new", "lamp.service", "--json")[1]) == {
        "service": f"{SERVICES}/lamp_service.py", "test": "tests/test_lamp.py"}
    before = (project / SERVICES / "lamp_service.py").read_bytes()
    assert svctl(None, "new", "lamp", "--type", "core") == (
        1, "", f"new: {SERVICES}/lamp_service.py is there already: nothing was written\n")
    (project / "tests/test_other.py").write_text("")
    assert svctl(None, "new", "other") == (1, "", "new: tests/test_other.py is there already: nothing was written\n")
    assert not (project / SERVICES / "other_service.py").exists()
    assert (project / SERVICES / "lamp_service.py").read_bytes() == before
    for name in ("9lives", "class", "a-b", "../x", "Lamp"):
        assert svctl(None, "new", name) == (
            1, "", f"new: {name}: a name has small letters, digits and _, like door_lock\n")


@pytest.mark.parametrize("command", [["new", "lamp"], ["check"], ["deploy", "-t", "/dev/null"]], ids=" ".join)
def test_outside_of_any_project(tmp_path, monkeypatch, svctl, command):
    monkeypatch.chdir(tmp_path)
    assert svctl(None, *command) == (
        1, "", f"{command[0]}: {tmp_path} is in no project: change into one, or make one: svctl init NAME\n")


def test_board_tree_is_no_project(tmp_path, board_tree):
    assert place.find(board_tree) == ROOT  # which it lies in
    shutil.copytree(board_tree, tmp_path / "tree")
    (tmp_path / "tree/lib/aioservice/__init__.py").write_text("")
    assert place.find(tmp_path / "tree") is None


def test_check_finds_what_is_wrong(project, svctl):
    code, out, err = svctl(None, "check")
    assert (code, err) == (0, "") and out.startswith("check: fine; about ")
    assert json.loads(svctl(None, "check", "--json")[1]).keys() == {"findings", "heap_needed"}
    (project / "services.config").write_text('{"repl": {"restart": "sometimes"}, "lmp": {"enabled": true}}')
    svctl(None, "new", "lamp")
    service = project / SERVICES / "lamp_service.py"
    service.write_text(service.read_text().replace("    kwargs =", '    require = ("lamp",)\n    kwargs ='))
    found = [
        "services.config: lmp: there is no such service; did you mean lamp?",
        'services.config: repl.restart: expected "no", "on-failure", "always" or '
        '{"policy": …, "delay": s, "limit": [n, s], "on_limit": "reset"}, not "sometimes"',
        "lamp.service: requires itself: lamp -> lamp"]
    assert svctl(None, "check") == (1, "\n".join(found) + "\n", "")
    assert json.loads(svctl(None, "check", "--json")[1])["findings"] == found
    service.write_text("def (")
    code, out, err = svctl(None, "check")
    assert code == 1 and [line for line in out.splitlines() if "lamp.service" in line or "lamp_service" in line] == [
        "lamp.service: not loaded: SyntaxError: invalid syntax, line 1: def ("]  # once, though it does not compile either


def test_check_of_boards(project, vm32, svctl):
    """One fits, one is too small, one loads another .mpy, one is not there: each is told."""
    vm32.ship()
    fits = vm32.session()
    fits.expect("--> ")
    needed = json.loads(svctl(None, "check", "--json")[1])["heap_needed"]
    small = vm32.session(BARE % str(vm32.root / "lib"), heap=f"{(needed + heap.ROOM) // 1024 - 2}k")
    small.expect("--> ")
    before = sorted(vm32.root.rglob("*"))
    code, out, err = svctl(fits.tty, "-t", small.tty, "-t", "/dev/ttyNOT", "check")
    lines = out.splitlines()
    assert code == 1 and len(lines) == 3 and lines[0].startswith("check: fine; about ")
    assert lines[1].startswith("PORT: ") and f": fine; about {needed // 1000} kB of " in lines[1]
    assert lines[2].startswith(f"{small.tty}: {small.tty}: the heap is too small: about {needed // 1000} kB are needed, and 10 kB")
    assert err == "check: /dev/ttyNOT is not there: plug the board in\n"
    assert json.loads(svctl(fits.tty, "check", "--json")[1].splitlines()[1])["findings"] == []
    assert sorted(vm32.root.rglob("*")) == before


def test_check_of_another_mpy_version(project, vm32, svctl, monkeypatch):
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")
    compile_file = mpy.compile_file

    def older(source, target, *args, **kwargs):
        compile_file(source, target, *args, **kwargs)
        target.write_bytes(b"M\x05" + target.read_bytes()[2:])

    monkeypatch.setattr(mpy, "compile_file", older)
    code, out, err = svctl(session.tty, "check")
    assert code == 1 and "is .mpy v5." in out.splitlines()[1] and "a board with that firmware could not start" in out


def test_check_of_a_port_that_answers_nothing(project, svctl, monkeypatch):
    monkeypatch.setattr("svctl.link.cable.PATIENCE", 1)
    monkeypatch.setattr("svctl.link.cable.Link.__init__.__defaults__", (1.0,))
    with Port() as port:
        code, out, err = svctl(port.name, "check")
    assert code == 1 and out.startswith("check: fine") and err.startswith("check: PORT: no MicroPython answers")


# Like tools/measure/sizes/booted.py, and it waits until all are up and have done something.
BOOTED = """
import asyncio
from common import report, used, warm_up
async def main():
    await warm_up()
    before = used()
    import aioservice
    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    from aiobase import group
    while [s for s in group().services.values() if not s.is_up() or getattr(s, "count", 1) < 1]:
        await asyncio.sleep_ms(10)
    from aioservice.manager import manager
    manager().release()
    report(heap=used() - before, up=len(group().services))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """tools/measure/size.py's board."""
    found = size.Bench(tmp_path_factory.mktemp("bench") / "flash")
    script = found.root / "probe.py"
    script.write_text(BOOTED)
    mpy.compile_file(script, found.root / "lib/probe.mpy", "lib/probe.py")
    (found.code / "services.config").unlink()
    return found


@pytest.mark.parametrize("names", [(), ("hello", "hello_core", "world"), ("stats", "watcher", "hello", "world")], ids=len)
def test_estimate_of_the_heap_is_enough_and_not_far_off(bench, names, tmp_path):
    """Against what size.py measures: services of ours with the console, all in use."""
    for path in (bench.code / size.SERVICES).glob("*"):
        path.unlink()
    root = tmp_path / "project"
    (root / SERVICES).mkdir(parents=True)
    for name in names:
        text = (ROOT / SERVICES / f"{name}_service.py").read_text().replace("enabled = False", "enabled = True")
        (root / SERVICES / f"{name}_service.py").write_text(text)
        mpy.compile_file(root / SERVICES / f"{name}_service.py", bench.code / SERVICES / f"{name}_service.mpy",
                         f"{SERVICES}/{name}_service.py")
    sizes = {f"{SERVICES}/{path.name}": path.stat().st_size for path in (bench.code / SERVICES).glob("*")}
    booted = bench.measure("probe")
    assert booted["up"] == len(names)
    measured = booted["heap"] + bench.measure("console")["console"]
    assert check.running(root) == sorted(names)
    estimate = heap.needed(root, sizes)
    assert measured <= estimate, (measured, estimate)
    if "hello" in names:  # which uses what the fixed part is for
        assert estimate <= 1.2 * measured, (measured, estimate)


def test_running_services_are_those_of_a_boot(project):
    svc = project / SERVICES
    for name in ("off", "many", "grouped"):
        shutil.copy(svc / "repl_service.py", svc / f"{name}_service.py")
        path = svc / f"{name}_service.py"
        path.write_text(path.read_text().replace('Repl("repl")', f'Repl("{name}")'))
    (project / "services.config").write_text(json.dumps({
        "off": {"enabled": False}, "many": {"instances": 3}, "grouped": {"groups": "lab"}, "_boot": {"groups": ["x"]}}))
    assert check.running(project) == ["many@0", "many@1", "many@2", "repl"]


# -- what the shell offers ------------------------------------------------------


def complete(line, cwd, env=None, script=ROOT / "build/venv/bin/svctl"):
    """What the shell would offer, as argcomplete's own hook asks for it."""
    with tempfile.NamedTemporaryFile() as file:
        env = {**os.environ, "_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": file.name, "COMP_LINE": line,
               "COMP_POINT": str(len(line.encode())), "_ARGCOMPLETE_IFS": "\n", **(env or {})}
        subprocess.run([sys.executable, "-c", "import sys; from svctl.cli import run; sys.exit(run())"],
                       cwd=cwd, env={**env, "PYTHONPATH": str(ROOT / "tools")}, check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        return sorted(word.strip() for word in file.read().decode().split("\n") if word.strip())


def test_names_complete(board_tree, vm32, project):
    (project / "services.config").write_text('{"lounge@left": {}}')
    assert complete("svctl las", project) == ["last-boot"]
    assert complete("svctl status r", project) == ["repl"]
    assert complete("svctl restart repl l", project) == ["lounge@left"]
    assert complete("svctl config _", project) == ["_boot"]
    assert complete("svctl config repl stop_t", project) == ["stop_timeout="]
    assert complete("svctl status h", project) == []
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")
    assert complete(f"svctl -t {session.tty} status h", project) == ["hello", "hello_core"]
    assert complete(f"svctl status -t {session.tty} h", project) == ["hello", "hello_core"]
    assert complete("svctl -t /dev/ttyNOT status r", project) == ["repl"]


def test_project_of_a_deploy_is_that_of_the_directory(project):
    assert f"{SERVICES}/repl_service.mpy" in Project().files and f"{SERVICES}/hello_service.mpy" not in Project().files
