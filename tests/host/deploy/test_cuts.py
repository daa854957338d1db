"""A deploy that is cut at any moment leaves one set. On a real VM over a pty."""

# ruff: noqa: E501 - what svctl prints stands here in one piece
from __future__ import annotations

import os
import random
import shutil

import pytest
from support.deploying import contents, still_runs
from support.trials import FINE
from support.wire import Cable

from svctl.deploy import send, trial
from svctl.errors import LinkError


# -- cuts ----------------------------------------------------------------------


def places(desk, svctl, restore):
    """After how many bytes to the board each of svctl's writes ends."""
    with Cable(desk.tty) as cable:
        assert svctl(cable.name, "deploy", "--tree", str(desk.tree))[0] == 0
        found = list(cable.marks)
    restore()
    return found


def test_cable_pulled_behind_every_chunk_of_a_small_deploy(desk, svctl, monkeypatch):
    """Services only, so that the board is not reset. CHUNKS=1 in the environment tries every one; else one of
    `step`, from a start that the seed chooses."""
    step = int(os.environ.get("CHUNKS", 12))
    seed = int(os.environ.get("SEED", 1))
    print("seed", seed)
    monkeypatch.setattr(trial, "MOMENT", 0)
    desk.new_service("one", "new", FINE)
    root, old = desk.vm.root, contents(desk.vm.root)
    new = contents(desk.tree)
    path = next(name for name in new if "one_service" in name)

    def restore():
        (root / path).write_bytes(old[path])

    found = places(desk, svctl, restore)
    seen = set()
    for cut in found[random.Random(seed).randrange(step)::step] + found[-3:]:
        with Cable(desk.tty, cut) as cable:
            code, said = svctl(cable.name, "deploy", "--tree", str(desk.tree))
        there = contents(root)
        assert there in (old, new), cut
        seen.add(there == new)
        code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
        assert code == 0 and contents(root) == new and desk.is_clean(), (cut, said)
        restore()
    assert seen == {False, True}
    still_runs(desk.session)


def test_board_that_loses_power_in_the_middle(desk, svctl, monkeypatch):
    """Behind some of svctl's writes, with a lib/ that changed; the board boots by itself."""
    seed = int(os.environ.get("SEED", 1))
    print("seed", seed)
    desk.new("lib/aiologging.py", "word = 1")
    desk.new_service("one", "new", FINE)
    root, old, new = desk.vm.root, contents(desk.vm.root), contents(desk.tree)
    with Cable(desk.tty) as cable:
        assert svctl(cable.name, "deploy", "--tree", str(desk.tree))[0] == 0
        found = list(cable.marks)
    seen = set()
    # The last that the board hears before it is reset is what decides.
    for cut in [*random.Random(seed).sample(found, 3), *found[-60::20]]:
        desk.session.close()
        shutil.rmtree(root)
        root.mkdir()
        for name, data in old.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        desk.power()
        with Cable(desk.tty, cut, on_cut=desk.session.process.kill) as cable, monkeypatch.context() as patched:
            patched.setattr(trial, "UP", 1)  # it does not come back at this port
            svctl(cable.name, "deploy", "--tree", str(desk.tree))
        desk.session.close()
        desk.power()
        there = contents(root)
        assert there in (old, new), cut
        seen.add(there == new)
        word = desk.says("service('one').word")
        assert word == ("new" if there == new else "old")
        code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
        assert code == 0 and contents(root) == new and desk.is_clean(), (cut, said)
    assert seen == {False, True}


# -- what an earlier deploy has left -------------------------------------------


@pytest.mark.parametrize("line, says", [
    ("put move", "a deploy that was cut was undone"),
    ("put move\ntrial", None),
    ("put move\nundo no sensor\nundone", "the deploy before was undone: no sensor"),
], ids=["put", "trial", "undone"])
def test_what_a_deploy_before_has_left(desk, svctl, monkeypatch, line, says):
    """A board that runs while the marker lies there: its boot.py did not see to it, or it has just done so."""
    def decided(sender, reset, trial):
        send.load(sender.link)
        list(sender.link.ask("switch", "prepare"))
        (desk.vm.root / "deploy.switch").write_text(line + "\n")
        raise LinkError("pulled")

    desk.new_service("one", "new", FINE)
    old = contents(desk.vm.root)
    with monkeypatch.context() as patched:
        patched.setattr(send.Sender, "switch", decided)
        assert svctl(desk.tty, "deploy", "--tree", str(desk.tree))[0] == 1
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree), "--dry-run")
    assert code == 0 and "a deploy that was cut lies there" in said and contents(desk.vm.root) == old
    assert (desk.vm.root / "deploy.switch").read_text() == line + "\n"
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 0 and (says is None or f"\n{says}\n" in said), said
    assert contents(desk.vm.root) == contents(desk.tree) and desk.is_clean()
    assert desk.says("service('one').word") == "new"
