"""svctl for the tests of deploys, which do not tell its two streams apart, and a desk with a board on it."""
from __future__ import annotations

import pytest
from support.station import Station
from support.trials import Desk

from svctl import cli


@pytest.fixture
def svctl(capsys):
    """Runs svctl in this process; (exit code, what it printed), with the port as PORT."""
    def run(port, *args):
        code = cli.main(["-t", port, *args])
        said = capsys.readouterr()
        return code, (said.out + said.err).replace(port, "PORT")

    return run


@pytest.fixture
def desk(vm32, tmp_path):
    return Desk(vm32, tmp_path)


@pytest.fixture
def station(vm32, tmp_path, monkeypatch):
    """A project, which is the current directory, and a board."""
    found = Station(tmp_path / "station", vm32)
    monkeypatch.chdir(found.root)
    monkeypatch.setattr("svctl.deploy.project.BUILT", tmp_path / "built")
    return found
