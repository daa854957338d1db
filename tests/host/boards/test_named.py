"""svctl with boards by their names, on two real VMs: who is who, what each of them gets, what it carries."""
from __future__ import annotations

import json
import re

import pytest
from support.harness import Vm

from svctl.deploy.project import build

NORTH, SOUTH = "aa11bb22", "cc33dd44"
HELLO = "aioservices/services/hello_service.mpy"


@pytest.fixture
def power(project, tmp_path, compiled):
    """Powers on a board of this unique id, at its prompt, with what the project's boards have in common."""
    made, tree = [], build()

    def on(name, uid):
        vm = Vm(tmp_path / name / "board", 32 if compiled else 64, tree)
        made.append(vm)
        vm.ship()
        (vm.root / "simulation.json").write_text(json.dumps({"id": uid}))
        session = vm.session()
        session.expect("--> ")
        session.vm = vm
        return session

    yield on
    for vm in made:
        vm.close()


@pytest.fixture
def two(project, power):
    """north and south of a project, switched on."""
    boards = [power("north", NORTH), power("south", SOUTH)]
    project.board("north", f'port = "{boards[0].tty}"\nuid = "{NORTH}"\nfleet = ["roof"]\n[settings.hello]\nargs = [1, 2]\n')
    project.board("south", f'port = "{boards[1].tty}"\nuid = "{SOUTH.upper()}"\nservices = ["world"]\n')
    return boards


def settings(session):
    return json.loads((session.vm.root / "services.config").read_text())


def test_all_boards_get_their_own(project, two, svctl):
    north, south = two
    code, out, err = svctl("", "deploy", "--all", "--config")
    assert (code, err) == (0, "") and out.count(": done\n") == 2, out + err
    assert settings(north)["_boot"] == {"name": "north", "fleet": ["roof"]} and settings(north)["hello"]["args"] == [1, 2]
    assert settings(south) == {"_boot": {"name": "south"}, "repl": {"enabled": True}, "world": {"enabled": True}}
    assert (north.vm.root / HELLO).is_file() and not (south.vm.root / HELLO).is_file()
    code, out, err = svctl("", "deploy", "--all")
    assert (code, err) == (0, "") and out.count("nothing to send: the board has it all\n") == 2, out
    told = json.loads((south.vm.root / "version.json").read_text())
    south.send("\rimport json\rprint('told', json.dumps(aioservice.snapshot()['carries']))\r")
    assert json.loads(re.search(r"told (.*)\r\n", south.expect(re.compile(r"\ntold .*\r\n")))[1]) == told
    assert "hello" not in svctl("", "-t", "south", "list")[1]


def test_another_board_is_sent_nothing(project, two, svctl):
    north, south = two
    project.board("north", f'port = "{south.tty}"\nuid = "{NORTH}"\n')
    before = settings(south)
    said = f"north: {south.tty} is south, by its unique id {SOUTH}: nothing was done\n"
    project.board("south", f'uid = "{SOUTH}"\n')
    for words in (["deploy", "--config"], ["restart", "hello"], ["config", "hello", "args=[9]"], ["edit", "hello"]):
        assert svctl("", "-t", "north", *words) == (1, "", f"{words[0]}: {said}")
    project.board("south")
    said = (f"list: north: {south.tty} is another board: its unique id is {SOUTH}, and boards/north.toml has {NORTH}: "
            "nothing was done\n")
    assert svctl("", "-t", "north", "list") == (1, "", said)
    assert settings(south) == before and not (south.vm.root / "deploy.txt").exists()


def test_a_board_is_known_by_its_unique_id_alone(project, two, svctl):
    north, south = two
    project.board("south", f'uid = "{SOUTH}"\nport = "{south.tty}"\n')
    assert "this is south, by its unique id\n" in svctl(south.tty, "deploy", "--dry-run")[1]
    project.board("elsewhere", f'port = "{south.tty}"\nuid = "00"\n')
    project.board("south", f'uid = "{SOUTH}"\n')  # found where another one is said to be
    assert svctl("", "-t", "south", "is-active", "world")[1] == "active\n"
    project.board("south", 'uid = "ee"\n')
    assert svctl("", "-t", "south", "list")[2].startswith("list: south: no board with its unique id ee answers; there is ")


def test_a_board_that_nobody_has_described(project, two, svctl):
    north, south = two
    project.board("south", f'port = "{south.tty}"\n')
    code, out, err = svctl("", "-t", "south", "is-active", "world")
    assert (code, out, err) == (0, "active\n", f'south: so that no other board is taken for it: uid = "{SOUTH}" in '
                                "boards/south.toml\n")
    assert svctl(south.tty, "deploy", "--dry-run")[1].startswith("this is south, by its port\n")
    (project.root / "boards/south.toml").unlink()
    assert svctl(south.tty, "deploy", "--dry-run")[1].startswith(
        f"its unique id, {SOUTH}, is in no file of boards/: it gets what all boards have in common\n")


def test_firmware_of_another_kind(project, two, svctl):
    project.board("north", f'port = "{two[0].tty}"\nuid = "{NORTH}"\nfirmware = "rp2"\n')
    assert svctl("", "-t", "north", "deploy") == (
        1, "", f"deploy: north: {two[0].tty}: its firmware is linux, and boards/north.toml says rp2: nothing was changed\n")


def test_a_board_that_fails_does_not_stop_the_rest(project, two, svctl):
    project.board("a", 'services = ["helo"]\nport = "/dev/nothing"\n')
    project.board("b", 'port = "/dev/nothing"\nuid = "00"\n')
    project.board("a", 'services = ["helo"]\nport = "/dev/nothing"\nuid = "01"\n')
    code, out, err = svctl("", "deploy", "--all", "--dry-run")
    assert code == 1 and [line.split(": ")[1] for line in err.splitlines()] == ["a", "b"], err
    assert "north: " in out and "south: " in out
    assert svctl("", "-t", "north", "deploy", "--all")[2] == "deploy: --all means all boards: name none of them, or leave it out\n"


def test_secrets_of_a_board(project, two, svctl):
    north = two[0]
    (project.root / "boards/north.env").write_text("GREETING=moin\n")
    project.board("north", f'port = "{north.tty}"\nenv = "boards/north.env"\n[settings.hello]\nkwargs = {{ greeting = "${{GREETING}}" }}\n')
    assert svctl("", "-t", "north", "deploy", "--config")[0] == 0
    assert (north.vm.root / ".env").read_text() == "GREETING=moin\n"


def test_the_list_of_boards(project, two, svctl):
    project.board("west", 'port = "/dev/nothing"\n')
    project.board("xeast", 'uid = "00"\n')
    code, out, err = svctl("", "boards")
    lines = [line.split(None, 2) for line in out.splitlines()]
    assert (code, err, [line[0] for line in lines]) == (0, "", ["BOARD", "north", "south", "west", "xeast"])
    assert lines[1][1] == two[0].tty and lines[1][2].endswith(f"; uid {NORTH}") and "; MicroPython 1." in lines[1][2]
    assert lines[3][1:] == ["/dev/nothing", "is not there"] and lines[4][1:] == ["-", "not found"]
    project.board("south", f'port = "{two[1].tty}"\nuid = "ff"\n')
    rows = json.loads(svctl("", "boards", "--json")[1])
    assert [(row["board"], row["port"], row["uid"], row["why"]) for row in rows] == [
        ("north", two[0].tty, NORTH, None), ("south", two[1].tty, None, "another board"),
        ("west", "/dev/nothing", None, "is not there"), ("xeast", None, None, "not found"),
        (None, two[1].tty, SOUTH, None)]


def test_the_port_in_the_environment(project, two, svctl, monkeypatch):
    for word in ("north", two[0].tty):
        monkeypatch.setenv("SVCTL_PORT", word)
        assert svctl("", "is-active", "hello") == (0, "active\n", "")
    assert svctl("", "-t", "south", "is-active", "hello")[0] == 0  # what is typed counts
    assert svctl("", "check")[0] == 0  # which needs no board
    monkeypatch.setenv("SVCTL_PORT", "nrth")
    assert svctl("", "list")[2] == "list: there is no board nrth; did you mean north?\n"


def test_what_a_board_carries_is_shown(project, two, svctl):
    north = two[0]
    assert svctl("", "-t", "north", "status")[1].startswith("[ OK ]")  # nobody knows
    assert "version:" not in svctl("", "-t", "north", "info")[1]
    (project.root / "pyproject.toml").write_text('[project]\nversion = "1.4"\n')
    assert svctl("", "-t", "south", "deploy", "--dry-run")[0] == 0
    (project.root / "aioservices/services/more_service.py").write_text("from aioclass import Service\nservice = Service('more')\n")
    assert svctl("", "-t", "north", "deploy", "--config")[0] == 0
    told = json.loads((north.vm.root / "version.json").read_text())
    line = f"version: 1.4, lib {told['lib']}, built {told['built'].replace('T', ' ').replace('Z', ' UTC')}, files {told['files']}\n"
    assert f" {line}" in svctl("", "-t", "north", "info")[1] and svctl("", "-t", "north", "status")[1].startswith(line)
    assert json.loads(svctl("", "-t", "north", "info", "--json")[1])["carries"] == told
    assert "version" not in svctl("", "-t", "north", "status", "hello")[1]
    (project.root / "pyproject.toml").write_text('[project]\nversion = "1.5"\n')  # and nothing else
    assert "nothing to send: the board has it all\n" in svctl("", "-t", "north", "deploy")[1]
    (project.root / "aioservices/services/more_service.py").unlink()
    assert svctl("", "-t", "north", "deploy")[0] == 0 and "version: 1.5" in svctl("", "-t", "north", "info")[1]
    assert svctl("", "-t", "north", "rollback")[0] == 0 and "version: 1.4" in svctl("", "-t", "north", "info")[1]
