"""What docs/several-boards.md shows is what happens: its files make a project, its two boards are simulated, its
session is typed, and compared but for figures."""
from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess

import pytest
from support.docpage import blocks
from support.harness import ROOT, Vm
from support.sessions import record, same, turns

from svctl import cli
from svctl.boards.described import KEYS
from svctl.deploy.project import build

PAGE = "several-boards.md"
PORTS = {"north": "/dev/ttyACM0", "south": "/dev/ttyACM1"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "project"
    (root / "boards").mkdir(parents=True)
    (root / "lib").symlink_to(ROOT / "lib")
    shutil.copytree(ROOT / "aioservices", root / "aioservices", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("boot.py", "main.py"):
        shutil.copy(ROOT / name, root)
    for block in blocks((ROOT / "docs" / PAGE).read_text()):
        if block.path:
            (root / block.path).write_text(block.text)
    monkeypatch.chdir(root)
    monkeypatch.delenv("SVCTL_PORT", raising=False)
    monkeypatch.setattr("svctl.deploy.project.BUILT", tmp_path / "built")
    monkeypatch.setattr("svctl.commands.deploy.KEPT", tmp_path / "build/settings")
    return root


def commit() -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1.2.0"]):
        subprocess.run([*git, *words], check=True, capture_output=True)


def test_the_page(project, tmp_path, compiled, capsys):
    tree, boards, ttys = build(), [], {}
    try:
        for name, port in PORTS.items():
            vm = Vm(tmp_path / name / "board", 32 if compiled else 64, tree)
            boards.append(vm)
            vm.ship()
            (vm.root / "services.config").write_text((project / "services.config").read_text())
            file = project / f"boards/{name}.toml"
            uid = next(line for line in file.read_text().splitlines() if line.startswith("uid")).split('"')[1]
            (vm.root / "simulation.json").write_text(json.dumps({"id": uid}))
            session = vm.session()
            session.expect("--> ")
            ttys[port] = session.tty
            file.write_text(file.read_text().replace(port, session.tty))
        commit()
        for line, shown in turns(PAGE):
            words = shlex.split(line)
            assert words[0] == "svctl"
            cli.main(words[1:])
            captured = capsys.readouterr()
            said = captured.out + captured.err
            for port, tty in ttys.items():
                said = said.replace(tty.ljust(len(port)), port)
            assert os.environ.get("DOCS") or same(shown, said), f"{line}\n{said}"
            record(PAGE, shown, said)
    finally:
        for vm in boards:
            vm.close()


def test_the_page_names_every_key():
    text = (ROOT / "docs" / PAGE).read_text()
    assert [name for name in KEYS if f"\n| `{name}` | " not in text] == []
