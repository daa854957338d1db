"""Bringing the project onto a board, and what can come between, on a real VM over a pty."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
from support.deploying import BARE, MPY, SERVICE, contents, still_runs
from support.harness import ROOT
from support.wire import Cable

from svctl import __version__, cli
from svctl.commands import deploy as command
from svctl.deploy import trial
from svctl.link.cable import Link

HELLO = "aioservices/services/hello_service.mpy"
@pytest.fixture
def wanted(board, tmp_path):
    """A tree that differs from what is on the board: two new, two changed, two left the project."""
    tree = tmp_path / "tree"
    shutil.copytree(board.vm.root, tree, ignore=shutil.ignore_patterns("services.st*"))
    (board.vm.root / "deploy.txt").write_text("lib/aioextra.mpy\nlib/aioclass.mpy\nlib/an old name.mpy\n")
    (board.vm.root / "lib/an old name.mpy").write_bytes(b"an earlier deploy, too")
    (board.vm.root / "lib/aioextra.mpy").write_bytes(b"an earlier deploy put it there")
    (tree / "lib/aiofresh.mpy").write_bytes(MPY + bytes(range(256)) * 12)
    # Of all files that which neither a boot nor a look loads.
    next((tree / "lib").glob("aioctl/profiler.*")).write_bytes(MPY + os.urandom(496))
    (tree / "main.py").write_bytes((tree / "main.py").read_bytes().ljust(2000, b"#"))
    (tree / "manifest.txt").write_bytes(b"#" * 500)
    shutil.copytree(board.vm.root, tmp_path / "before")
    return tree


# --- what is copied ---


def test_only_what_differs_is_copied(board, wanted, svctl, monkeypatch):
    root = board.vm.root
    calls = []
    real = Link.call
    monkeypatch.setattr(Link, "call", lambda self, script, name, *args: (
        calls.append(args[0]) if name == "piece" else None, real(self, script, name, *args))[1])
    flat = {f"deploy.next/{name}" for name in ("aiofresh.mpy", "!main.py", "!manifest.txt", "!deploy.txt")}
    code, said = svctl(board.tty, "deploy", "--tree", str(wanted), "--dry-run")
    assert code == 0, said
    assert "4 files would be sent, 6076 B; nothing was changed" in said
    assert contents(root, beside=True) == contents(wanted.parent / "before", beside=True) and not calls
    code, said = svctl(board.tty, "deploy", "--tree", str(wanted))
    assert code == 0, said
    kind = "mpy" if board.vm.compiled else "py"
    assert re.sub(r"\d+ [KMG]B|\[GCC.*?\]| in \d.*s$", "#", said, flags=re.M) == f"""\
linux # version, MicroPython 1.25.0, # of flash free
  new      lib/aiofresh.mpy  3076 B
  new      manifest.txt  500 B
  changed  lib/aioctl/profiler.{kind}  500 B
  changed  main.py  2000 B
  removed  lib/aioextra.mpy
  removed  lib/an old name.mpy
  together lib/ comes from one build: its 4 files take their places at once, and the board is reset
4 files sent, 6076 B, 2 removed,#
the board was reset, and is up with it
done
"""
    assert contents(root, beside=True) == contents(wanted)  # and so nothing of the deploy is left
    assert set(calls) == {*flat, f"deploy.next/aioctl!profiler.{kind}", "deploy.list"}
    calls.clear()
    code, said = svctl(board.tty, "deploy", "--tree", str(wanted))
    assert code == 0 and said.endswith("nothing to send: the board has it all\n") and not calls
    still_runs(board)


def test_cable_pulled_anywhere_leaves_the_old_set_or_the_new(board, wanted, svctl, monkeypatch):
    root, before = board.vm.root, wanted.parent / "before"
    old, new = contents(before), contents(wanted)
    with Cable(board.tty) as cable:
        assert svctl(cable.name, "deploy", "--tree", str(wanted))[0] == 0
        total = cable.sent
    assert contents(root) == new
    seen = set()
    for cut in [3, *range(total // 6, total, total // 6), total - 400, total - 150, total - 40]:
        for path in [path for path in root.rglob("*") if path.is_file() and not path.name.startswith("services.st")]:
            path.unlink()
        shutil.copytree(before, root, dirs_exist_ok=True)
        with Cable(board.tty, cut) as cable, monkeypatch.context() as patched:
            patched.setattr(trial, "UP", 2)  # it does not come back at this port
            code, said = svctl(cable.name, "deploy", "--tree", str(wanted))
        there = contents(root)
        assert there in (old, new), cut
        seen.add(there == new)
        if code:
            assert re.fullmatch(r"deploy: PORT: (the link was lost: the cable, or the board was reset|"
                                r"the board has not come back to its prompt within 2 s).*",
                                said.splitlines()[-1]), said
        code, said = svctl(board.tty, "deploy", "--tree", str(wanted))
        assert code == 0 and contents(root, beside=True) == new, (cut, said)
    assert seen == {False, True}
    still_runs(board)


def test_what_was_sent_before_a_cut_is_not_sent_again(board, wanted, svctl):
    with Cable(board.tty) as cable:
        assert svctl(cable.name, "deploy", "--tree", str(wanted), "--dry-run")[0] == 0
        look = cable.sent
    with Cable(board.tty, look + 5000) as cable:
        assert svctl(cable.name, "deploy", "--tree", str(wanted))[0] == 1
    code, said = svctl(board.tty, "deploy", "--tree", str(wanted))
    sent = int(re.search(r"4 files sent, (\d+) B", said)[1])
    assert code == 0 and 0 < sent < 6076
    assert contents(board.vm.root, beside=True) == contents(wanted)


def test_person_who_stops_it_leaves_the_board_as_it_was(board, wanted, monkeypatch):
    asked = []

    def stop(done, total):
        asked.append(done)
        if len(asked) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "progress", stop)
    monkeypatch.setattr(cli.sys, "argv", ["svctl", "-t", board.tty, "deploy", "--tree", str(wanted)])
    assert cli.run() == 130
    assert contents(board.vm.root) == contents(wanted.parent / "before")
    still_runs(board)


def test_only_what_changed_is_restarted(board, tmp_path, svctl):
    root, tree = board.vm.root, tmp_path / "tree"
    shutil.copytree(root, tree, ignore=shutil.ignore_patterns("services.st*"))
    assert svctl(board.tty, "deploy", "--tree", str(tree))[0] == 0
    board.vm.root = tree  # a new service, and one that left
    board.vm.put("aioservices/services/one_service.py", SERVICE)
    board.vm.root = root
    next(tree.glob("aioservices/services/world_service.*")).unlink()
    code, said = svctl(board.tty, "deploy", "--tree", str(tree))
    assert code == 0 and said.endswith("one.service: running\ndone\n")
    still_runs(board)
    board.expect("--> ")
    states = "sorted((s.name, s.state) for s in __import__('aioservice.manager', None, None, ('x',)).manager().services.values())"
    found = dict(eval(board.line(states)))
    assert found["one"] == "running" and "world" not in found and found["hello"] == "running"
    board.line("stops = []; service('hello').add_callback('stop', lambda *_: stops.append(1))")
    board.vm.root = tree
    board.vm.put("aioservices/services/one_service.py", SERVICE.replace("enabled = True", "enabled = True; word = 7"))
    board.vm.root = root
    code, said = svctl(board.tty, "deploy", "--tree", str(tree))
    assert code == 0 and said.endswith("one.service: running\ndone\n")
    still_runs(board)
    board.expect("--> ")
    assert board.line("service('one').word, stops") == "(7, [])\n"
    (tree / "lib/aiofresh.mpy").write_bytes(MPY)
    code, said = svctl(board.tty, "deploy", "--tree", str(tree))
    assert code == 0 and said.endswith("the board was reset, and is up with it\ndone\n")
    board.expect("--> ")
    code, said = svctl(board.tty, "reset")
    assert (code, said) == (0, "reset\n")
    board.expect("one.service from ./aioservices/services/one_service")


def test_settings_are_the_boards(board, tmp_path, svctl, monkeypatch):
    root, tree = board.vm.root, tmp_path / "tree"
    monkeypatch.setattr(command, "KEPT", tmp_path / "kept")
    shutil.copytree(root, tree, ignore=shutil.ignore_patterns("services.st*"))
    mine = '{"hello": {"enabled": true, "args": [9, 9]}}'
    (root / "services.config").write_text(mine)
    (root / ".env").write_text("KEY=old\nGONE=1\n")
    (tree / ".env").write_text("KEY=of the tree")
    code, said = svctl(board.tty, "deploy", "--tree", str(tree))
    assert code == 0 and "kept     services.config: the board has its own" in said
    assert (root / "services.config").read_text() == mine and (root / ".env").read_text() == "KEY=old\nGONE=1\n"
    # Both when they are asked for; what stood there is kept.
    (tmp_path / "secrets").write_text("KEY=new\nMORE=2\n")
    code, said = svctl(board.tty, "deploy", "--tree", str(tree), "--config", "--env", str(tmp_path / "secrets"))
    assert code == 0, said
    assert '\n  -    "args": [9, 9],\n  +    "args": [2, 5],\n  +    "enabled": true\n' in said
    assert "  .env: changed: KEY; new: MORE; no longer there: GONE\n" in said and "new\n" not in said
    assert said.index("  -    ") < said.index("2 files sent") and said.endswith("\ndone\n")
    for name in ("services.config", "services.config.bak"):  # as the board saves it
        assert (root / name).read_bytes() == (tree / "services.config").read_bytes()
    assert (root / ".env").read_text() == "KEY=new\nMORE=2\n"
    kept = {path.name.rsplit("-", 1)[1]: path for path in (tmp_path / "kept").iterdir()}
    assert kept["services.config"].read_text() == mine and kept["env"].read_text() == "KEY=old\nGONE=1\n"
    assert {path.stat().st_mode & 0o777 for path in kept.values()} == {0o600}
    # Damaged settings: the copy is the good one until the new ones are there.
    (root / "services.config").write_text('{"hello"')
    assert "kept     services.config" in svctl(board.tty, "deploy", "--tree", str(tree))[1]
    assert svctl(board.tty, "deploy", "--tree", str(tree), "--config")[0] == 0
    assert (root / "services.config").read_bytes() == (tree / "services.config").read_bytes()


def test_secrets_are_ignored_by_git():
    assert subprocess.run(["git", "check-ignore", "-q", ".env"], cwd=ROOT).returncode == 0


def test_make_deploy_takes_the_project_to_an_empty_board(vm32, board_tree):
    shutil.rmtree(vm32.root / "lib")
    vm32.put("main.py", BARE % str(board_tree / "lib"))
    session = vm32.session()
    session.expect("--> ")
    make = ["make", "--no-print-directory", f"PORT={session.tty}"]
    # CONFIG of the environment is not what a person typed.
    done = subprocess.run([*make, "deploy"], cwd=ROOT, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "CONFIG": "1", "ENVFILE": "README.md"})
    assert done.returncode == 0, done.stderr
    assert "new      services.config" in done.stdout and "the board was reset, and is up with it" in done.stdout
    sent = {*contents(vm32.root), "deploy.txt"} - {"version.json"}  # which no tree has
    assert json.loads((vm32.root / "version.json").read_text())["lib"] == __version__
    assert sent == {path.relative_to(ROOT / "build/deploy").as_posix()
                    for path in (ROOT / "build/deploy").rglob("*") if path.is_file()} | {"deploy.txt"}
    assert (vm32.root / "services.config").read_bytes() == (ROOT / "services.config").read_bytes()
    still_runs(session)
    done = subprocess.run(["make", f"PORT={session.tty}", "repl"], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=60)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "shell: the console needs a terminal: type this in one")
