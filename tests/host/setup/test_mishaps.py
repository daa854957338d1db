"""A project of one's own that is damaged, or lies where nothing may be written: each command stops with one line."""
from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from svctl.build import check, console, overlay
from svctl.setup import layout, place, unixport

DAMAGED = re.compile(r"services\.config is damaged: it is not JSON \(line 1, column 22: .*\)")
COMMANDS = (["run"], ["test"], ["-t", "/dev/none", "deploy"], ["watch"])


@pytest.fixture
def station(tmp_path, monkeypatch):
    root = tmp_path / "station"
    layout.create(root, "station")
    monkeypatch.chdir(root)
    monkeypatch.delenv("SVCTL_PORT", raising=False)
    monkeypatch.setattr(unixport, "setup", lambda: None)
    monkeypatch.setattr(place, "BUILD", tmp_path / "build")
    monkeypatch.setattr("svctl.deploy.project.BUILT", tmp_path / "built")
    monkeypatch.setattr("svctl.requires.vetted.place.BUILD", tmp_path / "build")
    return root


def one_line(said, command):
    """What a command said that failed, without its name."""
    code, out, err = said
    name = command[-1] if command[0] == "-t" else command[0]
    assert (code, out) == (1, "") and err.startswith(f"{name}: ") and err.count("\n") == 1, said
    return err[len(name) + 2:-1]


def test_damaged_settings_are_told_and_nothing_is_built(station, svctl):
    (station / "services.config").write_text('{"repl": {"loglevel":}}')
    for command in COMMANDS:
        assert DAMAGED.fullmatch(one_line(svctl(None, *command), command))
    assert not list((station / "build").rglob("*.mpy")) and not (station / "build/sources").exists()


def test_check_tells_of_damaged_settings_once_and_of_the_code_too(station, svctl):
    (station / "services.config").write_text('{"repl": {"loglevel":}}')
    (station / "lib").mkdir()
    (station / "lib/helper.py").write_text("def\n")
    for _ in range(2):  # with a board in boards/, the second time
        code, out, _ = svctl(None, "check")
        lines = out.splitlines()
        assert code == 1 and len(lines) == 2 and DAMAGED.match(lines[0]) and lines[1].startswith("lib/helper.py: "), out
        layout.put(station / "boards/north.toml", "")


def test_pytest_alone_tells_of_damaged_settings_once(station):
    (station / "services.config").write_text('{"repl": {"loglevel":}}')
    out = pytest_of(station)
    assert DAMAGED.search(out) and out.count("damaged") == 1 and "Traceback" not in out


def pytest_of(root):
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", root, "tests"],
                          cwd=root, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stdout
    return done.stdout + done.stderr


# -- where nothing may be written --------------------------------------------------

@pytest.mark.parametrize("command", [["check"], ["run"], ["test"], ["-t", "/dev/none", "deploy"]])
def test_a_build_folder_that_cannot_be(station, svctl, command):
    (station / "build").write_text("in the way, also of root")
    assert re.fullmatch(rf"{station}/build\S*: (File exists|Not a directory)", one_line(svctl(None, *command), command))


def test_new_where_nothing_may_be_written(station, svctl):
    (station / "tests/test_station.py").unlink()
    (station / "tests").rmdir()
    (station / "tests").write_text("in the way")
    assert re.fullmatch(rf"{station}/tests\S*: (File exists|Not a directory)",
                        one_line(svctl(None, "new", "lamp"), ["new"]))


def test_pytest_alone_where_nothing_may_be_written(station):
    (station / "build").write_text("in the way")
    out = pytest_of(station)
    assert re.search(rf"{station}/build\S*: (File exists|Not a directory)", out) and "Traceback" not in out
    assert "1 error" not in out


# -- names that are taken ----------------------------------------------------------

TAKEN = {"repl": "svctl has a service of that name: take another; to replace it on purpose write "
                 "aioservices/services/repl_service.py yourself",
         "network": "svctl has a service of that name: take another; to replace it on purpose write "
                    "aioservices/services/network_service.py yourself",
         "asyncio": "boards have a module of that name: take another", "aioctl": "boards have a module of that name: take another",
         "helper": "boards have a module of that name: take another"}


@pytest.mark.parametrize("name", TAKEN)
def test_new_takes_no_name_that_is_there(station, svctl, name):
    layout.put(station / "lib/helper.py", "")
    assert svctl(None, "new", name) == (1, "", f"new: {name}: {TAKEN[name]}\n")
    assert not (station / layout.service_paths(name)["service"]).exists()


def test_init_takes_none_either(tmp_path, monkeypatch, svctl):
    monkeypatch.chdir(tmp_path)
    assert svctl(None, "init", "repl") == (1, "", f"init: repl: {TAKEN['repl']}\n")


SERVICE = "from aioclass import Service\nclass Repl(Service):\n    %s\nservice = Repl('repl')\n"


@pytest.mark.parametrize("line, is_one", [("pass", False), ("prompt = False", False), ("prompt = True", True),
                                          ("enabled = prompt = True", True),
                                          ("def __init__(self, name):\n        self.prompt = True", True)])
def test_a_repl_that_is_no_console_is_told(station, line, is_one):
    layout.put(station / "aioservices/services/repl_service.py", SERVICE % line)
    assert check.of_code(overlay.of(station)) == ([] if is_one else [console.FAULT])


def test_a_repl_of_which_nobody_knows_is_not(station):
    layout.put(station / "aioservices/services/repl_service.py",
               "from mine import Console\nclass Repl(Console):\n    pass\nservice = Repl('repl')\n")
    assert console.FAULT not in check.of_code(overlay.of(station))
