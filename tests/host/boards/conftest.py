"""A project of two boards for the tests of boards/."""
from __future__ import annotations

import shutil

import pytest
from support.harness import ROOT


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project, which is the current directory: `project.board(name, text)` writes a file of a board."""
    root = tmp_path / "project"
    (root / "boards").mkdir(parents=True)
    (root / "lib").symlink_to(ROOT / "lib")
    shutil.copytree(ROOT / "aioservices", root / "aioservices", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("boot.py", "main.py", "services.config"):
        shutil.copy(ROOT / name, root)
    monkeypatch.chdir(root)
    monkeypatch.delenv("SVCTL_PORT", raising=False)
    monkeypatch.setattr("svctl.deploy.project.BUILT", tmp_path / "built")
    return Project(root)


class Project:
    def __init__(self, root):
        self.root = root

    def board(self, name: str, text: str = "") -> None:
        (self.root / f"boards/{name}.toml").write_text(text)

    def config(self, text: str) -> None:
        (self.root / "services.config").write_text(text)
