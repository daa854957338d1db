"""boards/<name>.toml: what may stand there, and what is wrong with it, in one line."""
from __future__ import annotations

import pytest

from svctl.boards import described
from svctl.boards.going import Going
from svctl.errors import BoardsError

KEYS = "port, uid, firmware, fleet, env, services, unset, settings"


def test_all_that_a_board_may_say(project):
    (project.root / "boards/north.env").write_text("A=1\n")
    project.board("north", """
port = "/dev/ttyACM0"
uid = "E6614103E7"
firmware = "rp2"
fleet = ["roof", "out-1"]
env = "boards/north.env"
services = ["hello", "w*"]
unset = ["hello.args"]
[settings.hello]
kwargs = { greeting = "moin" }
""")
    board = described.named("north")
    assert (board.port, board.uid, board.firmware, board.fleet) == ("/dev/ttyACM0", "e6614103e7", "rp2", ["roof", "out-1"])
    assert (board.env, board.services, board.faults) == (project.root / "boards/north.env", ["hello", "w*"], [])
    going = Going(project.root, board)
    assert going.settings == {
        "_boot": {"name": "north", "fleet": ["roof", "out-1"]}, "hello": {"enabled": True, "kwargs": {"greeting": "moin"}},
        "repl": {"enabled": True}, "watcher": {"enabled": False}, "world": {"enabled": True}}
    assert going.names == {"hello", "repl", "watcher", "world"} and going.faults == []


@pytest.mark.parametrize("text, wrong", [
    ("prot = 'x'", f"prot: there is no such key, only {KEYS}; did you mean port?"),
    ("serial = 'x'", f"serial: there is no such key, only {KEYS}"),
    ("port = 5", "port: expected a port, like \"/dev/ttyACM0\", not 5"),
    ("uid = 'e66'", "uid: expected the board's unique id in hexadecimal, as svctl info shows it, not 'e66'"),
    ("fleet = 'roof'", "fleet: expected a list of names (small letters, digits and, inside, -, at most 32), not 'roof'"),
    ("fleet = ['Roof']", "fleet: expected a list of names (small letters, digits and, inside, -, at most 32), not ['Roof']"),
    ("services = 'hello'", "services: expected a list of names of services, or of patterns with *, not 'hello'"),
    ("services = ['helo']", "services: there is no service helo; did you mean hello?"),
    ("services = ['x*']", "services: there is no service x*"),
    ("unset = ['hello.arg']", "unset: hello.arg: hello has no arg to take away; did you mean args?"),
    ("settings = { hello = 5 }", "settings: expected tables, like [settings.hello], not {'hello': 5}"),
    ("[settings._boot]\nname = 'x'", "settings._boot.name: the file's name is the board's"),
    ("[settings._boot]\nfleet = ['x']", "settings._boot.fleet: fleet = [...] at the top says it"),
    ("[settings.hello]\n[settings.'hello.service']", "settings: hello and hello.service are the same: keep one"),
    ("services = ['hello']\n[settings.led]\nenabled = true", "settings.led: by `services` it does not go there"),
    ("env = 'boards/north.env'", "env: boards/north.env is not there: it has lines NAME=value"),
])
def test_faults_are_one_line(project, svctl, text, wrong):
    project.board("north", text + "\n")
    code, out, err = svctl("", "check")
    assert (code, err) == (1, "") and f"boards/north.toml: {wrong}\n" in out and out.count("boards/") <= 2, out
    assert svctl("", "-t", "north", "deploy") == (1, "", f"deploy: boards/north.toml: {wrong}\n")


@pytest.mark.parametrize("data", [b"port = ", b"port = 'a'\nport = 'b'", b"port = '\xff'", b"[settings\n"])
def test_what_is_no_toml(project, svctl, data):
    (project.root / "boards/north.toml").write_bytes(data)
    code, out, err = svctl("", "check")
    assert (code, err) == (1, "") and [line.startswith("boards/north.toml: not TOML: ") for line in out.splitlines()] == [True]


@pytest.mark.parametrize("name, better", [("North", "north"), ("my_board", "my-board"), ("-x-", "x"), ("a.b", "a-b"),
                                          ("n" * 33, "n" * 32)])
def test_a_name_that_is_none(project, name, better):
    project.board(name)
    faults = described.every(project.root)[0].faults
    assert faults == [f"boards/{name}.toml: a board's name has small letters, digits and, inside, -, at most 32: call it {better}.toml"]


@pytest.mark.parametrize("one, other, wrong", [
    ("", "", []),
    ("uid = 'aa'", "uid = 'AA'", ["boards/{}.toml: uid: boards/{}.toml has the same: a board has one file"]),
    ("port = '/dev/x'", "port = '/dev/x'\nuid = 'aa'",
     ["boards/{}.toml: port: boards/{}.toml has the same: give both their uid, which tells them apart"]),
    ("port = '/dev/x'\nuid = 'bb'", "port = '/dev/x'\nuid = 'aa'", []),
])
def test_boards_that_cannot_be_told_apart(project, one, other, wrong):
    project.board("north", one)
    project.board("south", other)
    pairs = (("north", "south"), ("south", "north"))
    assert [each.faults for each in described.every(project.root)] == [[line.format(*pair) for line in wrong] for pair in pairs]


def test_two_boards_of_one_name(project, tmp_path):
    project.board("north")
    project.board("North")
    assert "boards/north.toml: boards/North.toml is the same name: a board has one, in small letters" in [
        line for each in described.every(project.root) for line in each.faults]
    with pytest.raises(BoardsError):
        described.named("north")


@pytest.mark.parametrize("name, wrong", [
    ("nroth", "there is no board nroth; did you mean north?"),
    ("NORTH", "there is no board NORTH; did you mean north?"),
    ("kitchen", "there is no board kitchen; there are: north, south"),
])
def test_a_board_that_is_not_there(project, svctl, name, wrong):
    project.board("north")
    project.board("south")
    assert svctl("", "-t", name, "list") == (1, "", f"list: {wrong}\n")
    assert svctl("", "config", "--show", name) == (1, "", f"config: {wrong}\n")


def test_a_project_without_boards(project, svctl):
    assert svctl("", "-t", "north", "list")[2] == f"list: there is no board north; {project.root} has no boards/*.toml\n"
    assert svctl("", "deploy", "--all") == (1, "", "deploy: --all: the project has no boards/*.toml\n")
    assert svctl("", "boards")[0] == 0


@pytest.mark.parametrize("port, there", [("/dev/x", "/dev/x"), ("COM3", "COM3"), ("build/boards/north.tty", "{}/build/boards/north.tty")])
def test_ports_of_the_project(project, port, there):
    project.board("north", f"port = {port!r}\n")
    assert described.named("north").port == there.format(project.root)


def test_a_board_of_which_nobody_knows_where_it_is(project, svctl):
    project.board("north")
    assert svctl("", "-t", "north", "list")[2] == (
        "list: boards/north.toml has neither port nor uid: one of them tells where it is\n")
