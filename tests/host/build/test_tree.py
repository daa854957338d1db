"""The board tree, `make board`: what is compiled, kept, removed and refused."""
from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from svctl.build import mpy, tree
from svctl.errors import TreeError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project to build, and where its tree goes; its ledger is not the real one's."""
    root = tmp_path / "project"
    for name, text in {"boot.py": "import sys\n", "main.py": "print(1)\n", "services.config": "{}\n",
                       "lib/pkg/__init__.py": "", "lib/pkg/core.py": "def f():\n    1/0\n",
                       "aioservices/services/x_service.py": "service = 1\n"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(tree, "_ledger", lambda dest: tmp_path / "ledger.json")
    return root, tmp_path / "built"


def files(dest) -> list:
    return sorted(path.relative_to(dest).as_posix() for path in dest.rglob("*") if path.is_file())


def test_what_lies_on_the_board(project):
    root, dest = project
    tree.build(dest, root)
    assert files(dest) == ["aioservices/services/x_service.mpy", "boot.py", "lib/pkg/__init__.mpy",
                           "lib/pkg/core.mpy", "main.py", "manifest.txt", "services.config"]


def test_traceback_names_the_path_on_the_board(project, vm):
    root, dest = project
    tree.build(dest, root)
    target = vm.root / "lib/pkg/core.mpy"
    target.parent.mkdir(parents=True)
    target.write_bytes((dest / "lib/pkg/core.mpy").read_bytes())
    assert 'File "/lib/pkg/core.mpy", line 2, in f' in vm.run("from pkg.core import f\nf()", expect_code=1).err


def test_second_build_does_nothing(project):
    root, dest = project
    tree.build(dest, root)
    report = tree.build(dest, root)
    assert (report.written, report.removed, report.kept) == ([], [], [])
    assert report.lines(dest) == []


def test_only_what_changed_is_written(project):
    root, dest = project
    tree.build(dest, root)
    (root / "lib/pkg/core.py").write_text("x = 2\n")
    assert tree.build(dest, root).written == ["lib/pkg/core.mpy", "manifest.txt"]


def test_damaged_or_lost_file_is_written_again(project):
    root, dest = project
    tree.build(dest, root)
    (dest / "lib/pkg/core.mpy").write_bytes(b"")
    (dest / "boot.py").unlink()
    assert sorted(tree.build(dest, root).written) == ["boot.py", "lib/pkg/core.mpy"]


def test_stale_files_go_and_the_boards_own_stay(project):
    root, dest = project
    tree.build(dest, root)
    (root / "lib/pkg/core.py").unlink()
    (root / "lib/pkg/__init__.py").unlink()
    (root / "main.py").unlink()
    for name in (".env", "crash.log", "aioservices/services/state.json", "extra.py"):
        (dest / name).write_text("mine")
    report = tree.build(dest, root)
    assert sorted(report.removed) == ["lib/pkg/__init__.mpy", "lib/pkg/core.mpy", "main.py"]
    assert files(dest) == [".env", "aioservices/services/state.json", "aioservices/services/x_service.mpy",
                           "boot.py", "crash.log", "extra.py", "manifest.txt", "services.config"]
    assert not (dest / "lib").exists()


def test_never_a_source_beside_its_mpy(project):
    root, dest = project
    tree.build(dest, root)
    (dest / "lib/pkg/core.py").write_text("x = 1\n")
    (dest / "lib/other.py").write_text("x = 1\n")
    assert sorted(tree.build(dest, root).removed) == ["lib/other.py", "lib/pkg/core.py"]
    assert not list((dest / "lib").rglob("*.py"))


def test_source_tree_replaces_the_compiled_one(project):
    root, dest = project
    tree.build(dest, root)
    tree.build(dest, root, compiled=False)
    assert not list(dest.rglob("*.mpy")) and (dest / "lib/pkg/core.py").is_file()


def test_settings_changed_on_the_board_are_kept(project):
    root, dest = project
    tree.build(dest, root)
    (dest / "services.config").write_text('{"x": {}}')
    (root / "services.config").write_text('{"new": {}}')
    for _ in range(2):
        report = tree.build(dest, root)
        assert report.kept == ["services.config"] and f"kept {dest}/services.config" in report.lines(dest)[0]
        assert (dest / "services.config").read_text() == '{"x": {}}'


def test_settings_not_changed_on_the_board_follow_the_project(project):
    root, dest = project
    tree.build(dest, root)
    (root / "services.config").write_text('{"new": {}}')
    assert tree.build(dest, root).written == ["services.config"]


def test_settings_that_were_there_before_the_first_build_are_kept(project):
    root, dest = project
    dest.mkdir()
    (dest / "services.config").write_text('{"mine": {}}')
    assert tree.build(dest, root).kept == ["services.config"]
    assert (dest / "services.config").read_text() == '{"mine": {}}'


def test_changed_settings_stay_when_the_project_has_none(project):
    root, dest = project
    tree.build(dest, root)
    (dest / "services.config").write_text('{"x": {}}')
    (root / "services.config").unlink()
    for _ in range(2):
        tree.build(dest, root)
        assert (dest / "services.config").read_text() == '{"x": {}}'


def test_file_that_does_not_compile_is_named(project):
    root, dest = project
    tree.build(dest, root)
    (root / "lib/pkg/core.py").write_text("x = 1\n\ndef f(:\n")
    with pytest.raises(TreeError, match=r"^lib/pkg/core\.py does not compile: SyntaxError: .*, line 3: def f\(:$"):
        tree.build(dest, root)
    (root / "lib/pkg/core.py").write_text("x = 3\n")
    assert tree.build(dest, root).written == ["lib/pkg/core.mpy", "manifest.txt"]


def test_what_a_build_tells(project):
    root, dest = project
    report = tree.build(dest, root)
    assert re.fullmatch(r"D: \d+ files written", report.lines(Path("D"))[0])
    (root / "lib/pkg/core.py").write_text("x = 4\n")
    assert tree.build(dest, root).lines(Path("D")) == ["D: lib/pkg/core.mpy written"]
    assert tree.build(dest, root).lines(Path("D")) == []
    (root / "lib/pkg/core.py").rename(root / "lib/pkg/kern.py")
    assert tree.build(dest, root).lines(Path("D")) == [
        "D: lib/pkg/kern.mpy written", "D: lib/pkg/core.mpy removed"]


def header(tmp_path, *head: int):
    path = tmp_path / "x.mpy"
    path.write_bytes(bytes(head))
    return path


NATIVE = 2 << 2


@pytest.mark.parametrize("flags", [0, 3, 2], ids=["bytecode", "bytecode-sub", "bytecode-other-sub"])
def test_mpy_that_loads(tmp_path, flags):
    mpy.check_loads(header(tmp_path, ord("M"), 6, flags, 31), 6 | 3 << 8, "the board")


@pytest.mark.parametrize("version, flags", [(5, 0), (7, 0), (6, 2 | NATIVE)])
def test_mpy_of_another_version_is_refused(tmp_path, version, flags):
    with pytest.raises(TreeError, match=r"x\.mpy is \.mpy v\d\.\d, but the board loads v6\.3 only"):
        mpy.check_loads(header(tmp_path, ord("M"), version, flags, 31), 6 | 3 << 8, "the board")


def test_what_is_no_mpy_is_refused(tmp_path):
    with pytest.raises(TreeError, match="is not an .mpy file"):
        mpy.check_loads(header(tmp_path, 0), 6, "the board")


def test_the_interpreter_refuses_what_the_check_refuses(vm):
    binary = vm.put("lib/x.py", "x = 1\n", compile=True)
    data = bytearray(binary.read_bytes())
    data[1] += 1
    binary.write_bytes(data)
    assert "incompatible .mpy" in vm.run("import x", expect_code=1).err


def test_the_project_builds_for_this_interpreter(board_tree, compiled):
    assert not compiled or list(board_tree.rglob("*.mpy")) or not list((tree.ROOT / "lib").rglob("*.py"))
    tree.check(board_tree)
    assert os.path.exists(board_tree)
