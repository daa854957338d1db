"""What is typed wrong at svctl's command line: one line that says which, and the exit code 2."""
from __future__ import annotations

import pytest

from svctl import __version__, cli


@pytest.mark.parametrize("typed, said", [
    ("lst", "svctl: there is no command lst; did you mean list?"),
    ("-t x statsu hello", "svctl: there is no command statsu; did you mean status?"),
    ("frobnicate", "svctl: there is no command frobnicate; svctl --help lists them"),
    ("", "svctl: which command? svctl --help lists them"),
    ("-t x", "svctl: which command? svctl --help lists them"),
    ("--verson", "svctl: there is no option --verson; did you mean --version?"),
    ("--jsno list", "list: there is no option --jsno; did you mean --json?"),
    ("-t", "svctl: -t/--to: a value is missing"),
    ("status --foo", "status: there is no option --foo"),
    ("logs --folow -n 3", "logs: there is no option --folow; did you mean --follow?"),
    ("deploy --dryrun", "deploy: there is no option --dryrun; did you mean --dry-run?"),
    ("deploy --confg=1", "deploy: there is no option --confg; did you mean --config?"),
    ("start", "start: NAME is missing"),
    ("is-active --json", "is-active: NAME is missing"),
    ("tree a b c", "tree: b c: too many arguments"),
    ("info x", "info: x: too many arguments"),
    ("plot -o", "plot: -o/--output: a value is missing"),
    ("new x --type runtme", "new: --type: runtme is none of core, schedule, runtime; did you mean runtime?"),
    ("logs -p loud", "logs: -p/--priority: loud is none of debug, info, warning, error, critical"),
    ("logs -n x", "logs: -n/--lines: expected a number of lines, not x"),
    ("top -d x", "top: -d/--delay: expected 0.2 to 3600 seconds, not x"),
    ("top -d 0", "top: -d/--delay: expected 0.2 to 3600 seconds, not 0"),
])
def test_wrong_arguments_are_one_line(capsys, typed, said):
    with pytest.raises(SystemExit) as caught:
        cli.main(typed.split())
    assert (caught.value.code, *capsys.readouterr()) == (2, "", said + "\n")


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_subcommand_says_so(capsys, command):
    with pytest.raises(SystemExit) as caught:
        cli.main([command.replace("_", "-"), "x", "--nonsens"])
    out, err = capsys.readouterr()
    assert (caught.value.code, out, err.count("\n")) == (2, "", 1) and err.startswith(command.replace("_", "-") + ": ")


def test_no_board_is_named(capsys):
    assert cli.main(["list"]) == 2
    assert capsys.readouterr().err == "svctl: name the board: svctl -t /dev/ttyACM0 …\n"


def test_the_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert (caught.value.code, *capsys.readouterr()) == (0, f"svctl {__version__}\n", "")


@pytest.mark.parametrize("command", ["tree", "chain"])
def test_a_service_that_was_meant(vm32, svctl, command):
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")
    code, out, err = svctl(session.tty, command, "helo")
    assert (code, out) == (4, "") and err.endswith("watcher, world; did you mean hello?\n")
    assert svctl(session.tty, command, "zzzzzz")[2].endswith("watcher, world\n")
    assert "is not loaded" in svctl(session.tty, command, "led")[2]
