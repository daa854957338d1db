"""version.json: which version a project has, when its file changes, when it is sent."""
from __future__ import annotations

import json
import os
import subprocess

import pytest

from svctl import __version__
from svctl.deploy import plan, stamp
from svctl.deploy.plan import File
from svctl.errors import DeployError


@pytest.fixture
def git(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)

    def run(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True, capture_output=True)

    return run


def test_the_version_of_a_project(tmp_path, git):
    assert stamp.version(tmp_path) is None
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\nname = "x"\nversion = "0.3"\n')
    assert stamp.version(tmp_path) == "0.3"
    git("init", "-q")
    assert stamp.version(tmp_path) == "0.3"  # nothing is committed
    git("add", ".")
    git("commit", "-qm", "one")
    commit = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=tmp_path, capture_output=True, text=True).stdout.strip()
    assert stamp.version(tmp_path) == f"0.3+g{commit}"
    git("tag", "v1.2.0")
    assert stamp.version(tmp_path) == "1.2.0"
    project.write_text('[project]\nname = "x"\n')
    assert stamp.version(tmp_path) == "1.2.0+dirty"
    git("commit", "-qam", "two")
    assert stamp.version(tmp_path).startswith("1.2.0+1.g")
    (tmp_path / "new.py").touch()
    assert stamp.version(tmp_path).startswith("1.2.0+1.g") and stamp.version(tmp_path).endswith(".dirty")
    git("tag", "sensor-2")
    (tmp_path / "new.py").unlink()
    assert stamp.version(tmp_path) == "sensor-2"


@pytest.mark.parametrize("text", ["", "[project]\n", '[project]\ndynamic = ["version"]\n', "[tool.poetry]\n", "project = 5\n", "[", "[project]\nversion = 5\n"])
def test_a_project_without_a_version(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    assert stamp.version(tmp_path) is None


def test_poetry(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.poetry]\nversion = "2.0"\n')
    assert stamp.version(tmp_path) == "2.0"


def test_the_time_stays_as_long_as_the_files_do(tmp_path, monkeypatch):
    monkeypatch.setattr(stamp, "version", lambda root: "1.0")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    path = tmp_path / "made/version.json"
    now = iter(range(10**9, 2 * 10**9, 86400))
    monkeypatch.setattr(stamp.time, "time", lambda: next(now))

    def made(sums):
        stamp.write(path, tmp_path, sums)
        return json.loads(path.read_text())

    first = made({"a": "1", "b": "2"})
    assert first == {"project": "1.0", "lib": __version__, "built": "2001-09-09T01:46:40Z", "files": first["files"]}
    assert made({"b": "2", "a": "1"}) == first
    second = made({"a": "1", "b": "3"})
    assert (second["built"], second["files"]) != (first["built"], first["files"])
    path.write_text("damaged")
    assert made({"a": "1", "b": "2"})["files"] == first["files"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert made({"a": "1", "b": "2"})["built"] == "2023-11-14T22:13:20Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(DeployError, match="SOURCE_DATE_EPOCH: expected seconds since 1970, not soon"):
        made({"a": "1"})


OLD, NEW, ONE, TWO = File(90, "o"), File(90, "n"), File(5, "x"), File(5, "y")
LIST = {"a.py", plan.STAMP}


@pytest.mark.parametrize("tree, board, owned, new, changed, gone", [
    ({"a.py": ONE}, {"a.py": ONE, plan.STAMP: OLD}, LIST, [], [], []),
    ({"a.py": ONE}, {"a.py": ONE}, {"a.py"}, [], [], []),  # of an older svctl: not for its own sake
    ({"a.py": TWO}, {"a.py": ONE, plan.STAMP: OLD}, LIST, [], ["a.py", plan.STAMP], []),
    ({"a.py": TWO}, {"a.py": ONE, plan.STAMP: NEW}, LIST, [], ["a.py"], []),
    ({"a.py": TWO}, {"a.py": ONE}, {"a.py"}, [plan.STAMP], ["a.py"], []),
    ({"a.py": ONE}, {}, set(), ["a.py", plan.STAMP], [], []),
    ({"a.py": ONE}, {"a.py": ONE, "b.py": ONE, plan.STAMP: OLD}, {*LIST, "b.py"}, [], [plan.STAMP], ["b.py"]),
])
def test_it_is_sent_with_something_else_only(tree, board, owned, new, changed, gone):
    made = plan.make({**tree, plan.STAMP: NEW}, board, owned)
    assert (made.new, made.changed, made.gone) == (new, changed, gone)
    assert made.is_empty is not bool(new or changed or gone)


def test_a_tree_that_is_named_has_none(tmp_path):
    """What a board carried before is not said of it any more."""
    made = plan.make({"a.py": ONE}, {"a.py": ONE, plan.STAMP: OLD}, LIST)
    assert made.gone == [plan.STAMP] and not plan.effect(made)


def test_it_restarts_nothing():
    made = plan.make({"services.config": TWO, plan.STAMP: NEW}, {"services.config": ONE, plan.STAMP: OLD}, set(), config=True)
    found = plan.effect(made)
    assert made.changed == ["services.config", plan.STAMP] and found.settings and not found.reset


@pytest.mark.parametrize("told, line", [
    (None, ""), ([1], ""), ({}, "no version of its own"),
    ({"project": None, "lib": "0.1.0"}, "no version of its own, lib 0.1.0"),
    ({"project": "1.0", "lib": "0.1.0", "built": "2026-11-28T17:00:00Z", "files": "5f2c91ab"},
     "1.0, lib 0.1.0, built 2026-11-28 17:00:00 UTC, files 5f2c91ab"),
])
def test_for_people(told, line):
    assert stamp.line(told) == line
