"""A trial that is pending: what people see and do. On a real VM over a pty."""

# ruff: noqa: E501 - what svctl prints stands here in one piece
from __future__ import annotations

import json
import re

import pytest
from support.deploying import contents
from support.harness import ROOT
from support.trials import FINE, RAISES, Desk

from svctl import cli
from svctl.deploy import trial, vet

HANG = "    async def task(self):\n        while True: pass"


def test_service_that_hangs_in_place_goes_back_by_itself(vm32, tmp_path, svctl):
    """The serious one: what anybody types next sends a Ctrl-C, and the good version must not be lost by that."""
    desk = hasty(vm32, tmp_path)
    before = contents(desk.vm.root)
    desk.new_service("one", "new", HANG)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 1 and "a board that hangs goes back by itself within 90 s. Waiting" in said, said
    assert said.endswith("the files before are back: one.service hangs: no sign of life for 7 s\n"), said
    assert contents(desk.vm.root) == before and desk.is_clean()
    assert desk.says("service('one').word, service('one').state") == "old running"


def hasty(vm, tmp_path):
    """A desk whose board's timer is 7 s: a bit more than what svctl waits for an answer."""
    desk = Desk(vm, tmp_path, power=False)
    text = (ROOT / "lib/aioswitch.py").read_text()
    for root in (vm.root, desk.tree):
        vm.root, was = root, vm.root
        vm.put("lib/aioswitch.py", text.replace("_DEADLINE = const(90)", "_DEADLINE = const(7)"))
        vm.root = was
    desk.power()
    return desk


def left_on_trial(desk, svctl, monkeypatch):
    """A deploy whose host has gone when the files were in their places."""
    def gone(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(trial, "changed", gone)
        with pytest.raises(KeyboardInterrupt):
            svctl(desk.tty, "deploy", "--tree", str(desk.tree))


@pytest.mark.parametrize("command", [["list"], ["status", "one"], ["--json", "list"], ["logs", "-n", "1"], ["is-active", "one"]],
                         ids=lambda command: command[-2] if command[-2:-1] else command[0])
def test_each_command_says_that_a_trial_is_pending_and_changes_nothing(desk, svctl, monkeypatch, capsys, command):
    desk.new_service("one", "new", FINE)
    capsys.readouterr()
    left_on_trial(desk, svctl, monkeypatch)
    capsys.readouterr()
    assert cli.main(["-t", desk.tty, *command]) == 0
    said = capsys.readouterr()
    assert re.search(r": a deploy is on trial, restarted without a reset: if no host judges it, the board resets in \d+ s", said.err), said
    if "--json" in command:
        assert json.loads(said.out.splitlines()[0])[0]["name"]
    assert (desk.vm.root / "deploy.switch").read_text().endswith("trial\n") and (desk.vm.root / "deploy.prev").exists()


def test_confirm_takes_it_and_rollback_brings_the_set_before_back(desk, svctl, monkeypatch):
    old = contents(desk.vm.root)
    assert svctl(desk.tty, "trial")[1] == "nothing is on trial\nnone before is kept\n"
    assert svctl(desk.tty, "confirm") == (1, "confirm: PORT: nothing is on trial\n")
    assert svctl(desk.tty, "rollback") == (1, "rollback: PORT: no set before is kept: deploy it\n")
    desk.new_service("one", "new", FINE)
    desk.new_service("two", "new", FINE)
    new = contents(desk.tree)
    left_on_trial(desk, svctl, monkeypatch)
    code, said = svctl(desk.tty, "trial")
    assert code == 0 and "a deploy is on trial" in said and "svctl confirm takes it for good" in said
    assert svctl(desk.tty, "confirm")[0] == 0
    assert contents(desk.vm.root) == new and desk.is_clean()
    code, said = svctl(desk.tty, "trial")
    assert said == "nothing is on trial\nthe set before is kept: svctl rollback brings it back\n"
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and said.endswith("one.service: running\ndone: this set is +rolled-back\n"), said
    assert contents(desk.vm.root) == old and desk.is_clean() and desk.says("service('one').word") == "old"
    assert "+rolled-back" in svctl(desk.tty, "trial")[1] and "+rolled-back" in svctl(desk.tty, "info")[1]
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and said.endswith("two.service: running\ndone: what was rolled back is there again\n"), said
    assert contents(desk.vm.root) == new and "+rolled-back" not in svctl(desk.tty, "trial")[1]
    assert desk.says("service('one').word, service('two').word") == "new new"


def test_rollback_is_on_trial_itself(desk, svctl):
    """What comes back does not boot any more: something has damaged it meanwhile."""
    desk.new("lib/aiologging.py", "word = 1")
    desk.new("main.py", (ROOT / "main.py").read_text() + "# new\n")
    assert svctl(desk.tty, "deploy", "--tree", str(desk.tree))[0] == 0
    new = contents(desk.vm.root)
    (desk.vm.root / "deploy.prev/!main.py").write_text((ROOT / "main.py").read_text().replace("aioservice.run()", "aioservice.ran()"))
    code, said = svctl(desk.tty, "rollback")
    assert code == 1 and "the files before are back: 2 boots with the new files did not last: AttributeError" in said, said
    assert contents(desk.vm.root) == new and desk.is_clean()


def test_new_set_whose_services_cannot_be_looked_at_goes_back(desk, svctl):
    before = contents(desk.vm.root)
    broken = "\n\ndef entry(service):\n    raise NotImplementedError\n"  # the reports of a boot do without it
    desk.new("lib/aioservice/details.py", (ROOT / "lib/aioservice/details.py").read_text() + broken)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 1 and "the files before are back: its services cannot be looked at: " in said, said
    assert contents(desk.vm.root) == before and desk.is_clean()


def test_rollback_of_a_trial_at_once(desk, svctl, monkeypatch):
    old = contents(desk.vm.root)
    desk.new_service("one", "new", FINE)
    left_on_trial(desk, svctl, monkeypatch)
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and "\nthe files before are back; the board was reset\n" in said
    assert contents(desk.vm.root) == old and desk.is_clean() and desk.says("service('one').word") == "old"


def test_rollback_of_lib_resets_the_board_and_can_be_taken_back(desk, svctl):
    desk.new("lib/aiologging.py", "word = 1")
    assert svctl(desk.tty, "deploy", "--tree", str(desk.tree))[0] == 0
    new = contents(desk.vm.root)
    assert "\nup " in (desk.vm.root / "deploy.list").read_text()
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and "the board was reset, and is up with it\ndone: this set is +rolled-back" in said, said
    assert contents(desk.vm.root) != new
    code, said = svctl(desk.tty, "rollback", "--reset")
    assert code == 0 and contents(desk.vm.root) == new, said


def test_no_trial_is_good_at_once_whatever_becomes_of_it(desk, svctl):
    old = contents(desk.vm.root)
    desk.new_service("one", "new", RAISES)
    code, said = svctl(desk.tty, "deploy", "--no-trial", "--tree", str(desk.tree))
    assert code == 0 and "one.service: ValueError: no sensor" in said and "nothing is on trial" in said, said
    assert contents(desk.vm.root) == contents(desk.tree) and desk.is_clean()
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and contents(desk.vm.root) == old, said


@pytest.mark.parametrize("reset", [False, True], ids=["in place", "reset"])
def test_service_that_failed_before_is_no_reason_to_go_back(vm32, tmp_path, svctl, reset):
    desk = Desk(vm32, tmp_path, power=False)
    desk.service("one", "old", RAISES)
    desk.power()
    desk.new_service("one", "new", RAISES.replace("no sensor", "still none"))
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree), *(["--reset"] if reset else []))
    assert code == 0 and contents(desk.vm.root) == contents(desk.tree), said


@pytest.mark.parametrize("reset", [False, True], ids=["in place", "reset"])
def test_who_really_failed_is_named(desk, svctl, reset):
    """`aaa` requires `bme`, and stands before it."""
    before = contents(desk.vm.root)
    desk.new_service("one", "new", "    require = 'zzz'\n" + FINE)
    desk.new_service("zzz", "new", "    def setup(self): i2c.scan()")
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree), *(["--reset"] if reset else []))
    assert code == 1 and said.endswith("the files before are back: zzz.service: NameError: name 'i2c' isn't defined\n"), said
    assert contents(desk.vm.root) == before


def test_settings_with_a_fault_go_back(desk, svctl, monkeypatch):
    """One that is not seen here, before anything is sent."""
    monkeypatch.setattr(vet, "looked", lambda *_: vet.Found([], []))
    before = contents(desk.vm.root)
    desk.new("services.config", '{"_boot": {"groups": 7}}')
    desk.new("lib/aiologging.py", "word = 1")
    code, said = svctl(desk.tty, "deploy", "--config", "--tree", str(desk.tree))
    assert code == 1 and "the files before are back: services.config: _boot.groups" in said, said
    assert contents(desk.vm.root) == before


@pytest.mark.parametrize("command", ["list", "status", "info", "config hello", "last-boot"])
def test_fault_of_the_settings_is_shown(desk, svctl, command):
    desk.vm.put("services.config", '{"_boot": {"groups": 7}}')
    desk.says("aioservice.init() or __import__('aioservice').load('hello')")
    code, said = svctl(desk.tty, *command.split())
    assert "services.config: _boot.groups: expected a name or a list of names, not 7" in said, said
