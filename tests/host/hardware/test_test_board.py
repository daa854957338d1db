"""`svctl test-board` on a real VM over a pty: what it finds, and that the board is as it was, whatever ends it."""
from __future__ import annotations

import json
import re
import time

import pytest
from support.deploying import SERVICE

from svctl import cli
from svctl.deploy import trial
from svctl.hardware import bench, checks
from svctl.link.cable import LinkError

RECORD = ("services.state0", "services.state1", "services.step")  # a board's own, of its boots


@pytest.fixture
def quick(monkeypatch):
    """Less of what takes its time."""
    monkeypatch.setattr(trial, "MOMENT", 0)
    for name, value in (("TURNS", 5), ("PERIOD", 20), ("CALLS", 10), ("EACH", 20), ("WATCHDOG", 1000), ("DRIFT", 1),
                        ("LATE", 10000), ("ROUND", 5), ("SENT", 2048), ("FLASHED", 2048)):
        monkeypatch.setattr(checks, name, value)


@pytest.fixture
def lived(board, svctl):
    """A board with a set before that is kept, a service that was stopped, and one that was loaded by hand."""
    root = board.vm.root
    (root / "deploy.prev").mkdir()
    (root / "deploy.prev/!main.py").write_text("the one before")
    (root / "deploy.list").write_text("=14 main.py\n.1\n")
    (root / "data.txt").write_text("mine")
    board.vm.put("aioservices/services/one_service.py", SERVICE.replace("enabled = True", "enabled = False"))
    board.line("load('one')")
    board.line("await stop('hello')")
    return board


def everything(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*")
            if path.is_file() and path.name not in RECORD}


def states(svctl, board):
    code, out, _ = svctl(board.tty, "list", "--json")
    return {each["name"]: each["state"] for each in json.loads(out.splitlines()[-1])}


def test_all_of_it(lived, svctl, quick):
    root = lived.vm.root
    before, were = everything(root), states(svctl, lived)
    assert were["one"] == "running" and were["hello"] == "stopped"
    code, out, err = svctl(lived.tty, "test-board", "--yes", "--watchdog")
    assert code == 0 and err == "", out + err
    lines = out.splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 180
    rows = [re.match(r" ?(\d+) (ok|n/a) +(\S+) +(.+)", line) for line in lines[-21:-1]]
    assert all(rows) and [row[3] for row in rows] == [each.name for each in checks.CHECKS], out
    assert [row[3] for row in rows if row[2] == "n/a"] == ["soft-reset"], out
    assert re.match(r"19 ok, 0 failed, 1 not applicable, in \d+ s; the board is as it was", lines[-1])
    uid = re.search(r"uid (\w+)…", out)[1]
    assert len(uid) == 6 and not re.search(uid + r"\w", out)
    assert everything(root) == before and states(svctl, lived) == were


@pytest.mark.parametrize("where", [(checks.send.Sender, "switch"), (trial, "in_place")], ids=["sent", "on trial"])
def test_one_that_is_ended_by_a_person_leaves_the_board_as_it_was(lived, svctl, quick, monkeypatch, where):
    root = lived.vm.root
    before, were = everything(root), states(svctl, lived)
    found = []

    def end(*args):
        found.append(sorted(everything(root)))
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(*where, end)
    with pytest.raises(KeyboardInterrupt):
        svctl(lived.tty, "test-board", "--yes", "deploy")
    assert {"boardcheck.prev/!main.py", "boardcheck.list"} < set(found[0])
    assert everything(root) == before and states(svctl, lived) == were


def test_a_guest_whose_host_has_gone_leaves_by_itself(lived, svctl, quick, monkeypatch):
    root = lived.vm.root
    before = everything(root)

    def gone(port, patience):
        raise LinkError(f"{port}: gone")

    def pulled(bench):
        bench.attach().call("measures", "tell", "aside")
        raise LinkError("pulled")

    monkeypatch.setattr("svctl.commands.test_board.CHECKS", (
        *[each for each in checks.CHECKS if each.name == "lifecycle"], checks.Check("pulled", pulled)))
    monkeypatch.setattr(bench, "await_prompt", gone)
    code, out, _ = svctl(lived.tty, "test-board", "--yes")
    assert code == 1 and "What the test has put on the board goes by itself within two minutes" in out, out
    assert "boardcheck.list" in everything(root)
    lived.send("\r\x03\x02\r")
    lived.expect("--> ")
    lived.line("service('boardcheck').left = 0")
    until = time.monotonic() + lived.patience
    while "boardcheck" in states(svctl, lived):
        assert time.monotonic() < until
    assert everything(root) == before


def test_what_a_test_that_was_cut_has_left_goes_with_the_next(lived, svctl, quick):
    root = lived.vm.root
    before = everything(root)
    (root / "deploy.list").rename(root / "boardcheck.list")
    (root / "deploy.prev").rename(root / "boardcheck.prev")
    (root / "boardcheck.txt").write_text("no number")
    code, out, err = svctl(lived.tty, "test-board", "--yes", "firmware")
    assert code == 0 and everything(root) == before, out + err


def test_what_fails_is_told_with_its_reason_and_the_rest_goes_on(board, svctl, quick, monkeypatch):
    monkeypatch.setattr(checks, "LEAST", 10 ** 9)
    code, out, _ = svctl(board.tty, "test-board", "--yes", "heap", "flash", "--json")
    rows = json.loads(out)["checks"]
    assert code == 1 and [(row["check"], row["ok"]) for row in rows] == [("heap", False), ("flash", True)]
    assert re.search(r"\d+ B in one piece: a deploy takes 1000000000 B", rows[0]["text"])


def test_services_that_run_are_disturbed_where_somebody_agrees(board, svctl):
    before = everything(board.vm.root)
    assert svctl(board.tty, "test-board", "link", "files")[0] == 0
    code, out, err = svctl(board.tty, "test-board", "link", "reset")
    assert (code, out) == (1, "") and "services run there (hello, hello_core, world)" in err
    assert err.endswith("--yes agrees. Nothing was done\n") and everything(board.vm.root) == before
    (board.vm.root / "deploy.switch").write_text("put move\ntrial\n")
    code, out, err = svctl(board.tty, "test-board", "--yes")
    assert (code, out) == (1, "") and "a deploy is on trial" in err
    (board.vm.root / "deploy.switch").unlink()


def test_a_check_that_is_none(capsys):
    assert cli.main(["-t", "/dev/x", "test-board", "memry"]) == 1
    assert capsys.readouterr().err == "test-board: there is no check memry; did you mean memory?\n"
