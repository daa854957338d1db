"""What docs/deploy.md and docs/svctl.md show is what happens: their sessions are typed, and compared but for
figures."""
from __future__ import annotations

import os
import re
import shlex
import shutil

import pytest
from support.deploying import BARE
from support.harness import ROOT
from support.sessions import record, same, shape, turns

from svctl import cli
from svctl.commands import deploy as command

PORT = "/dev/ttyACM0"
BLINK = """
from aioclass import Service
class Blink(Service):
    enabled = True
service = Blink("blink")
"""
OPTIONS = {"CONFIG=1": ["--config"], "DRY=1": ["--dry-run"], "RESET=1": ["--reset"]}


@pytest.fixture
def typed(capsys, monkeypatch):
    def run(tty, *args):
        cli.main(["-t", tty, *args])
        said = capsys.readouterr()
        return (said.out + said.err).replace(tty, PORT)

    return run


def test_deploy(vm32, board_tree, tmp_path, typed, monkeypatch):
    tree = tmp_path / "tree"
    shutil.copytree(board_tree, tree)
    (tmp_path / "secrets").write_text("PASSWORD=12\n")
    monkeypatch.setattr(command, "KEPT", tmp_path / "build/settings")
    shutil.rmtree(vm32.root / "lib")
    vm32.put("main.py", BARE % str(board_tree / "lib"))
    session = vm32.session()
    session.expect("--> ")
    for number, (line, shown) in enumerate(turns("deploy.md")):
        words = line.split()
        if words[0] == "svctl":
            said = typed(session.tty, *words[3:])
            assert os.environ.get("DOCS") or same(shown, said), f"{line}\n{said}"
            record("deploy.md", shown, said)
            continue
        assert words[:3] == ["make", "deploy", f"PORT={PORT}"]
        if number == 1:  # what the text says happened before
            put_into(vm32, tree)
        elif number == 3:
            (vm32.root / "services.config").write_text('{"hello": {"enabled": true, "args": [3, 2]}}')
        args = [option for word in words[3:] for option in OPTIONS.get(word, ["--env", str(tmp_path / "secrets")])]
        said = typed(session.tty, "deploy", "--tree", str(tree), *args)
        assert os.environ.get("DOCS") or same(shown, said), f"{line}\n{said}"
        record("deploy.md", shown, said)
    assert number == 6


def put_into(vm, tree) -> None:
    """A new service, and a changed one."""
    root, vm.root = vm.root, tree
    vm.put("aioservices/services/blink_service.py", BLINK)
    source = (ROOT / "aioservices/services/hello_service.py").read_text()
    vm.put("aioservices/services/hello_service.py", source.replace('"hello"}', '"good morning"}'))
    vm.root = root


def test_svctl(vm32, typed, tmp_path, monkeypatch):
    root = tmp_path / "project"  # to be written into
    root.mkdir()
    (root / "lib").symlink_to(ROOT / "lib")
    shutil.copytree(ROOT / "aioservices", root / "aioservices", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("boot.py", "main.py", "services.config"):
        shutil.copy(ROOT / name, root)
    monkeypatch.chdir(root)
    monkeypatch.setattr("svctl.deploy.project.BUILT", tmp_path / "built")
    monkeypatch.delenv("VISUAL", raising=False)
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")
    for line, shown in turns("svctl.md"):
        words = shlex.split(line)
        while "=" in words[0]:
            monkeypatch.setenv(*words.pop(0).split("=", 1))
        assert words[0] == "svctl" and (words[1:3] == ["-t", PORT] or words[1] == "new")
        said = typed(session.tty, *words[3 if words[1] == "-t" else 1:])
        alike = same(shown, said)
        if words[-1] == "blame":  # which is slowest may differ
            alike = sorted(shape(shown).splitlines()) == sorted(shape(said).splitlines())
        assert os.environ.get("DOCS") or alike, f"{line}\n{said}"
        record("svctl.md", shown, said)


def test_table_of_faults_has_the_texts_of_the_tools():
    text = (ROOT / "docs/deploy.md").read_text()
    source = re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text() for path in (ROOT / "tools").rglob("*.py")))
    rows = re.findall(r"^\| `(.*?)` \|", text[text.index("| it says |"):], re.M)
    assert len(rows) == 15
    for row in rows:
        for part in re.split(r"…|\(1234\)|, opened by |1\.24", row):
            assert part.strip() in source, part


def test_every_command_is_in_the_document():
    text = (ROOT / "docs/svctl.md").read_text()
    for name in cli.COMMANDS:
        assert re.search(rf"^\| .*`{name.replace('_', '-')}\b", text, re.M), name
