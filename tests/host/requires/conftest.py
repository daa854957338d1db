"""A project with requirements, whose cache is empty, and what they come from."""
from __future__ import annotations

import pytest
from support.packages import Server

from svctl.setup import layout, place


@pytest.fixture
def server(monkeypatch):
    server = Server()
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


@pytest.fixture
def links(tmp_path, monkeypatch):
    """The folder that pip has for an index."""
    folder = tmp_path / "links"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Where projects are built, one after the other, as most of all files is the same."""
    return tmp_path_factory.mktemp("built") / "deploy"


@pytest.fixture
def station(tmp_path, monkeypatch, built):
    """A project of one's own."""
    root = tmp_path / "station"
    layout.create(root, "station")
    monkeypatch.chdir(root)
    monkeypatch.delenv("SVCTL_PORT", raising=False)
    monkeypatch.setattr(place, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(place, "BUILD", tmp_path / "build")
    monkeypatch.setattr("svctl.deploy.project.BUILT", built)
    return root


@pytest.fixture
def lock(station, svctl):
    """Writes requirements-board.txt and locks it: (exit code, stdout, stderr)."""
    def run(text, *args):
        (station / "requirements-board.txt").write_text(text)
        return svctl(None, "lock", *args)

    return run
