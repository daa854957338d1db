"""svctl watch: what is saved is taken up by the board, whatever an editor, a person or the board does meanwhile."""
from __future__ import annotations

import os
import signal
import sys
import threading

import pytest
from support.deploying import SERVICE
from support.harness import Terminal, end

from svctl import cli
from svctl.deploy import changes, send, trial
from svctl.errors import BoardError
from svctl.link.cable import Link
from svctl.simboard import boards, own
from svctl.simboard.supervisor import RESET
from svctl.testing.forked import popen


class Watching(Terminal):
    """svctl watch in a terminal."""

    patience = 60

    def __init__(self, station, port, *args):
        super().__init__()
        self._fd, slave = os.openpty()
        command = [sys.executable, "-m", "svctl", "-t", str(port), "watch", *args]
        self.process = popen(command, cli.run, 3, cwd=station.root, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.expect("Ctrl-C ends it\r\n")

    def _ended(self):
        return self.process.poll() is not None

    def told(self):
        """The next line of its own."""
        self.expect("watch: ")
        return self.expect("\r\n").strip()


def service(name, line="pass"):
    return SERVICE.replace("One", name.capitalize()).replace('"one"', f'"{name}"') + f"service.word = {line}\n"


@pytest.fixture
def watching(station):
    station.write("lib/low.py", "WORD = 1\n")
    station.write("lib/mine.py", "import low\ndef word(): return low.WORD\n")
    station.write("aioservices/services/lamp_service.py", "from mine import word" + service("lamp", "word()"))
    found = []

    def start(port, *args):
        found.append(Watching(station, port, *args))
        return found[-1]

    yield start
    for each in found:
        end(each.process)


def word(station):
    """What the board's lamp says, at its prompt, which the watch shares."""
    with Link(station.session.tty) as link:
        return link.run("import aioservice; print(aioservice.service('lamp').word)").strip()


def test_what_is_saved_is_taken_up(station, watching):
    tty = station.power()
    lamp = station.root / "aioservices/services/lamp_service.py"
    watch = watching(tty)
    station.write("lib/low.py", "WORD = 2\n")  # used through lib/mine.py alone
    assert watch.told().startswith("lib/low.mpy sent; lamp.service running; ")
    good = lamp.read_text()
    lamp.write_text("def x(:\n")
    assert watch.told() == "aioservices/services/lamp_service.py:1: SyntaxError: invalid syntax: def x(:"
    lamp.write_text(good)
    assert watch.told() == "nothing is wrong any more, and the board has it all"
    fresh = lamp.with_name(".lamp_service.py.swp")  # as editors save
    fresh.write_text(good + "service.log.info('new words')\n")
    fresh.replace(lamp)
    assert watch.told().startswith("aioservices/services/lamp_service.mpy sent; lamp.service running; ")
    watch.expect("[INFO] [lamp.service] new words\r\n")
    lamp.write_text(good + "1 / 0\n")
    assert watch.told().startswith("aioservices/services/lamp_service.mpy sent; lamp.service running; ")
    assert watch.told().startswith("lamp.service: ZeroDivisionError: divide by zero (aioservices/services/lamp_service.mpy, line ")
    for n in range(30):  # a burst
        station.write(f"lib/burst{n}.py", "X = 1\n")
    lamp.write_text(good)
    station.write("aioservices/services/more_service.py", service("more", "7"))
    said = ""
    while "lamp.service running" not in said or "more.service running" not in said:
        said += watch.told()
    (station.root / "aioservices/services/more_service.py").unlink()
    while "more_service.mpy removed" not in watch.told():
        pass
    station.write("aioservices/more/deep/table.json", "{}")  # nobody knows who reads it: a reset
    assert watch.told() == "aioservices/more/deep/table.json sent; the board resets"
    assert watch.told().startswith("the board is up with it, ")
    station.write("services.config", '{"station": {"enabled": true}, "repl": {"enabled": true}, "lamp": {"enabled": false}}')
    assert watch.told().startswith("kept     services.config: the board has its own; --config shows ")
    watch.process.send_signal(signal.SIGINT)
    watch.expect("svctl: stopped by Ctrl-C")
    assert watch.process.wait(30) == 130
    assert word(station) == "2"
    assert not [path.name for path in station.vm.root.glob("deploy.next/*")]


def test_settings_follow_where_that_is_meant(station, watching):
    watch = watching(station.power(), "--config")
    station.write("services.config", "{")
    assert watch.told().startswith("services.config is damaged: it is not JSON (line 1, column 2: ")
    station.write("services.config", '{"station": {"enabled": true}, "repl": {"enabled": true}, "lamp": {"loglevel": "error"}}')
    assert watch.told().startswith("services.config sent; ")


def test_a_board_that_is_reset_or_goes(station, watching, tmp_path):
    port = tmp_path / "port"
    port.symlink_to(station.power())
    watch = watching(port)
    os.kill(station.session.process.pid, RESET)
    assert "waiting for it" in watch.told()
    assert watch.told() == f"{port} is back"
    station.session.close()  # pulled
    assert "waiting for it" in watch.told()
    station.write("lib/low.py", "WORD = 3\n")
    port.unlink()
    port.symlink_to(station.power())
    assert watch.told() == f"{port} is back"
    assert watch.told().startswith("lib/low.mpy sent; lamp.service running; ")


def once(monkeypatch, where, name, do):
    """Have `do` called behind the first call of a function."""
    real, calls = getattr(where, name), []

    def stand_in(*args, **kwargs):
        found = real(*args, **kwargs)
        calls.append(1)
        if len(calls) == 1:
            do()
        return found

    monkeypatch.setattr(where, name, stand_in)


def test_a_save_while_it_sends(station, watching, monkeypatch):
    tty = station.power()
    once(monkeypatch, send.Sender, "stage", lambda: station.write("lib/low.py", "WORD = 5\n"))
    station.write("lib/low.py", "WORD = 4\n")
    watch = watching(tty)
    for _ in range(2):
        assert watch.told().startswith("lib/low.mpy sent; lamp.service running; ")
    end(watch.process)
    assert word(station) == "5"


def interrupt():
    raise KeyboardInterrupt


def test_ctrl_c_at_each_moment(station, svctl, monkeypatch):
    """The next deploy goes on from there."""
    station.write("lib/low.py", "WORD = 0\n")
    station.write("aioservices/services/lamp_service.py", "from low import WORD" + service("lamp", "WORD"))
    tty = station.power()
    for n, (where, name) in enumerate([(send, "look"), (send.Sender, "stage"), (trial, "changed"), (send.Sender, "switch")], 1):
        station.write("lib/low.py", f"WORD = {n}\n")
        with monkeypatch.context() as patched:
            once(patched, where, name, interrupt)
            with pytest.raises(KeyboardInterrupt):
                svctl(tty, "watch")
        code, said = svctl(tty, "deploy", "--no-trial")
        assert code == 0 and ("lib/low.mpy" in said) == (n < 3), said
    assert list(station.vm.root.glob("deploy.next/*")) == []


# -- without a board -----------------------------------------------------------------


def test_where_something_may_be_saved(tmp_path):
    for folder in "lib/a/b", "lib/.git", "aioservices/services/__pycache__", "build/board", "tests":
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lib/a/again").symlink_to(tmp_path / "lib")
    assert [path.relative_to(tmp_path).as_posix() for path in changes.watched(tmp_path)] == [
        ".", "aioservices", "aioservices/services", "lib", "lib/a", "lib/a/b"]


def test_a_folder_that_comes_later_is_watched(tmp_path):
    stop = threading.Event()
    ticks = changes.ticks(tmp_path, 0.1, stop)
    assert next(ticks)
    for path in "lib/x.py", "lib/y.py", "boards/north.toml":
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
        while not next(ticks):
            pass
    stop.set()
    assert list(ticks) == []


def test_which_board_is_meant(tmp_path, monkeypatch):
    assert own.running(tmp_path) is None
    ports = {"north": "/a/north.tty", "dark": None}
    monkeypatch.setattr(boards, "every", lambda root: [boards.Board(root, name) for name in ports])
    monkeypatch.setattr(boards.Board, "port", lambda board: ports[board.name])
    assert own.running(tmp_path) == "/a/north.tty"
    ports["south"] = "/a/south.tty"
    with pytest.raises(BoardError, match="^north, south run: name one by its port, like -t "):
        own.running(tmp_path)
