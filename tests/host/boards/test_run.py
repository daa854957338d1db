"""What a simulated board is built of that has the name of one in boards/."""
from __future__ import annotations

import json

import pytest

from svctl.boards import reached
from svctl.commands import run
from svctl.errors import BoardsError
from svctl.setup import layout
from svctl.simboard import boards


@pytest.fixture
def station(tmp_path, monkeypatch):
    """A project with a board, north, that has something of its own."""
    root = tmp_path / "station"
    layout.create(root, "station")
    monkeypatch.chdir(root)
    (root / "aioservices/services/lamp_service.py").write_text("x = 1\n")
    (root / "boards/north.toml").write_text('env = "boards/north.env"\nservices = ["station"]\n'
                                            "[settings.station]\nargs = [1]\n")
    (root / "boards/north.env").write_text("PASSWORD=north\n")
    (root / ".env").write_text("PASSWORD=all\n")
    return root


def built(root, name):
    """(services, settings, secrets) on the flash of a board."""
    board = boards.board(root, name)
    run.build(root, board)
    names = sorted(path.stem for path in (board.flash / "aioservices/services").iterdir())
    return names, json.loads((board.flash / "services.config").read_text()), (board.flash / ".env").read_text()


def test_it_has_the_settings_services_and_secrets_of_that_board(station):
    names, settings, secrets = built(station, "north")
    assert names == ["repl_service", "station_service"] and secrets == "PASSWORD=north\n"
    assert settings["station"] == {"enabled": True, "args": [1]} and settings["_boot"] == {"name": "north"}


def test_any_other_has_those_of_all(station):
    names, settings, secrets = built(station, "south")
    assert "lamp_service" in names and "_boot" not in settings and secrets == "PASSWORD=all\n"


def test_what_changed_comes_and_nothing_else(station):
    built(station, "north")
    again = run.build(station, boards.board(station, "north"))
    assert not [line for line in again if "written" in line]
    (station / "boards/north.toml").write_text('services = ["lamp"]\n')
    names, settings, secrets = built(station, "north")
    assert names == ["lamp_service", "repl_service"] and "station" not in settings and secrets == "PASSWORD=all\n"


def test_a_file_that_is_wrong_is_told(station):
    (station / "boards/north.toml").write_text("prt = 1\n")
    with pytest.raises(BoardsError, match="boards/north.toml: prt: there is no such key.*did you mean port"):
        run.build(station, boards.board(station, "north"))


@pytest.fixture
def blank(station):
    """A simulated board that runs on a pty under that name, as far as others see."""
    board = boards.board(station, "blank")
    with board.held(board.tty):
        yield board


def test_a_simulated_board_is_named_as_one_of_boards(station, blank, svctl):
    assert reached.target("blank") == (str(blank.tty), None)
    assert svctl("", "-t", "build/boards/board.tty", "list") == (
        1, "", "list: build/boards/board.tty is not there: plug the board in, or name one of build/boards/blank.tty\n")
    with pytest.raises(BoardsError, match="there is no board blanc"):
        reached.target("blanc")
    (station / "boards/blank.toml").write_text('services = ["lamp"]\n')
    assert reached.target("blank").port == str(blank.tty) and reached.target("blank").board.services == ["lamp"]


def test_power_says_which_run(station, blank, svctl, capsys):
    assert svctl(None, "power", "reset", "north") == (1, "", "power: north is not running; blank is\n")
    with pytest.raises(SystemExit):
        svctl(None, "power", "rest")
    assert capsys.readouterr().err == "power: WHAT: rest is none of reset, cycle, off; did you mean reset?\n"


def test_who_names_no_board_is_told_which_there_are(station, svctl):
    assert svctl(None, "list") == (2, "", "svctl: name the board: svctl -t north …\n")
    (station / "boards/south.toml").write_text("")
    assert svctl(None, "list") == (2, "", "svctl: name the board: svctl -t north …; there are north, south\n")


def test_where_the_options_of_pytest_stand_is_told(station, svctl, capsys):
    with pytest.raises(SystemExit):
        svctl(None, "test", "-x")
    assert capsys.readouterr().err == (
        "test: there is no option -x; those of pytest stand behind --, like: svctl test -- -x\n")
