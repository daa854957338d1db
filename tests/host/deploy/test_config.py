"""What a deploy looks at before anything is sent: settings that no board can go by, and those that say the same.
On a real VM over a pty."""

# ruff: noqa: E501 - what svctl prints stands here in one piece
from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from support.deploying import BARE, contents, still_runs
from support.harness import ROOT

from svctl.commands import deploy as command

MINE = {"_boot": {"watchdog": 5}, "hello": {"enabled": False}, "dofail": {"enabled": False}, "repl": {"enabled": True}}
TEXT = json.dumps(MINE)
MARK = b"\xef\xbb\xbf"
REFUSED = {
    "mark": (MARK + TEXT.encode(), "services.config begins with a byte order mark, which older versions on a board cannot read; save it as UTF-8 without one"),
    "comma": (TEXT.encode()[:-1] + b",}", "services.config is damaged: it is not JSON (line 1, column 113: "),
    "utf-16": (TEXT.encode("utf-16"), "services.config is damaged: it is UTF-16; save it as UTF-8"),
    "utf-16, no mark": (TEXT.encode("utf-16-le"), "services.config is damaged: it is UTF-16; save it as UTF-8"),
    "latin-1": (TEXT.replace("hello", "h\xe4llo").encode("latin-1"), "services.config is damaged: it is not UTF-8 (line 1, byte e4); save it as UTF-8"),
    "two words": (TEXT.replace("5", "5null").encode(), "services.config is damaged: it is not JSON (line 1, column "),
    "nan": (TEXT.replace("5", "NaN").encode(), "services.config is damaged: NaN is no value in JSON"),
    "path": (TEXT.replace('"_boot"', '"C:\\path": {}, "_boot"').encode(), "services.config is damaged: it is not JSON (line 1, column "),
    "deep": (TEXT.replace("5", "[" * 20 + "]" * 20).encode(), "services.config is damaged: it is nested too deep"),
    "empty": (b"", "services.config is damaged: it is empty"),
    "cut": (TEXT.encode()[:-1], "services.config is damaged: it is not JSON (line 1, column "),
    "list": (b"[]", "services.config is damaged: it is not an object {name: {…}}"),
    "boot": (TEXT.replace("5", '"x"').encode(), 'services.config: _boot.watchdog: expected seconds, 1 to 86400, or 0 or null for none, not "x"'),
    "entry": (TEXT.replace("false", "0", 1).encode(), "services.config: hello.enabled: expected true or false, not 0"),
    "no entry": (TEXT.replace('{"enabled": false}', "5", 1).encode(), "services.config: hello: expected an object {key: value}, not 5"),
    "same": (TEXT.replace('"dofail"', '"hello.service"').encode(), "services.config: hello and hello.service are the same: keep one"),
}


@pytest.fixture
def tree(board, tmp_path, monkeypatch):
    """What is on the board, with a change of lib/."""
    monkeypatch.setattr(command, "KEPT", tmp_path / "kept")
    tree = tmp_path / "tree"
    shutil.copytree(board.vm.root, tree, ignore=shutil.ignore_patterns("services.st*"))
    (tree / "lib/aiofresh.mpy").write_bytes(b"M\x06\x00\x1f")
    return tree


def deploy(svctl, board, tree, *args):
    code, said = svctl(board.tty, "deploy", "--tree", str(tree), *args)
    return code, said.splitlines()


@pytest.mark.parametrize("name", REFUSED)
def test_settings_that_no_board_can_go_by_are_refused_before_anything_is_sent(board, tree, svctl, name):
    data, why = REFUSED[name]
    (tree / "services.config").write_bytes(data)
    before = contents(board.vm.root, beside=True)
    code, said = deploy(svctl, board, tree, "--config")
    assert code == 1 and said[-1].startswith(f"deploy: PORT: {why}"), said
    assert said[-1].endswith(". Nothing was sent; FORCE=1 (--force) sends it all the same")
    assert contents(board.vm.root, beside=True) == before
    still_runs(board)
    # The board's own stays: the project's is not sent, and so no reason.
    code, said = deploy(svctl, board, tree)
    assert code == 0 and said[-1] == "done" and (board.vm.root / "lib/aiofresh.mpy").exists()


def test_each_error_is_a_line_of_its_own(board, tree, svctl):
    (tree / "services.config").write_text('{"hello": {"args": 5, "enabled": 1}, "_boot": {"watchdog": -1}}')
    code, said = deploy(svctl, board, tree, "--config", "--dry-run")
    assert code == 1 and [line[:42] for line in said[-3:]] == [
        "deploy: PORT: services.config: _boot.watch", "deploy: PORT: services.config: hello.args:", "deploy: PORT: services.config: hello.enabl"]


@pytest.mark.parametrize("name", ["mark", "comma", "utf-16", "entry"])
def test_force_sends_it_all_the_same_and_it_stays(board, tree, svctl, name):
    data, why = REFUSED[name]
    (tree / "services.config").write_bytes(data)
    code, said = deploy(svctl, board, tree, "--config", "--force")
    assert code == 0 and said[-1] == "done" and any(line.startswith(f"  forced   {why}") for line in said), said
    assert (board.vm.root / "services.config").read_bytes() == data and (board.vm.root / "lib/aiofresh.mpy").exists()


@pytest.mark.parametrize("name", ["comma", "latin-1", "boot"])
def test_first_deploy_of_the_trees_own_settings_is_looked_at(vm32, board_tree, tmp_path, svctl, name):
    data, why = REFUSED[name]
    shutil.copytree(board_tree, tmp_path / "tree")
    (tmp_path / "tree/services.config").write_bytes(data)
    shutil.rmtree(vm32.root / "lib")
    session = vm32.session(BARE % str(board_tree / "lib"))
    session.expect("--> ")
    before = contents(vm32.root, beside=True)
    code, said = deploy(svctl, session, tmp_path / "tree")
    assert code == 1 and said[-1].startswith(f"deploy: PORT: {why}") and contents(vm32.root, beside=True) == before, said


@pytest.mark.parametrize("data, why", [
    (b'{"hello": {"enabled": true},}', "services.config is damaged: it is not JSON (line 1, column 29: "),
    ("{}".encode("utf-16"), "services.config is damaged: it is UTF-16; save it as UTF-8"),
    (b'{"hello": {"args": 5}}', "services.config: hello.args: expected a list, not 5"),
    (b'{"_boot": []}', "services.config: _boot: expected an object {key: value}, not []"),
])
def test_the_boards_own_are_looked_at_where_they_stay(board, tree, svctl, data, why):
    (board.vm.root / "services.config").write_bytes(data)
    before = contents(board.vm.root, beside=True)
    code, said = deploy(svctl, board, tree)
    assert code == 1 and said[-1].startswith(f"deploy: PORT: on the board, where CONFIG=1 replaces it, {why}"), said
    assert contents(board.vm.root, beside=True) == before
    code, said = deploy(svctl, board, tree, "--force")
    assert code == 0 and said[-1] == "done" and (board.vm.root / "services.config").read_bytes() == data, said
    (tree / "main.py").write_bytes((tree / "main.py").read_bytes() + b"\n")
    assert deploy(svctl, board, tree, "--config")[0] == 0
    assert (board.vm.root / "services.config").read_bytes() == (tree / "services.config").read_bytes()


@pytest.mark.parametrize("data, why", [
    ("A=1\n".encode("utf-16"), ".env: it is UTF-16; save it as UTF-8"), ("A=ä\n".encode("latin-1"), ".env: it is not UTF-8 (line 1, byte e4); save it as UTF-8"),
])
def test_secrets_that_are_no_text_are_refused(board, tree, svctl, tmp_path, data, why):
    (tmp_path / "secrets").write_bytes(data)
    code, said = deploy(svctl, board, tree, "--env", str(tmp_path / "secrets"))
    assert code == 1 and said[-1].startswith(f"deploy: PORT: {why}. ") and not (board.vm.root / ".env").exists()


@pytest.mark.parametrize("settings, finding", [
    ({"helo": {}}, "services.config: helo: there is no such service; did you mean hello?"),
    ({"hello": {"loglevl": "x"}}, "services.config: hello.loglevl: goes to self.config; did you mean loglevel?"),
    ({"hello": {"require": ["wifi"]}}, "hello.service: requires wifi: there is no such service"),
    ({"hello": {"args": ["${NIX}", 5]}}, "services.config: hello.args: ${NIX} is not defined in .env"),
    ('{"hello": {"enabled": false}, "hello": {}}', "services.config: hello stands twice; the last one counts"),
])
def test_findings_are_told_and_sent(board, tree, svctl, settings, finding):
    settings = json.dumps({"repl": {"enabled": True}, **settings}) if isinstance(settings, dict) else settings
    (tree / "services.config").write_text(settings)
    code, said = deploy(svctl, board, tree, "--config", "--no-trial")
    assert code == 0 and f"  finding  {finding}" in said and (board.vm.root / "services.config").read_text() == settings, said


SAME = [
    lambda text: json.dumps(json.loads(text)).encode(),
    lambda text: json.dumps(dict(reversed(json.loads(text).items())), indent=4).encode(),
    lambda text: MARK + text.replace("\n", "\r\n").encode(),
    lambda text: text.replace("\n", "\r").encode() + b"\r",
    lambda text: text.replace("hello", "\\u0068ello").encode(),
]


@pytest.mark.parametrize("number", range(len(SAME)))
def test_what_says_the_same_is_no_change(board, tree, svctl, number):
    text = (tree / "services.config").read_text()
    shutil.rmtree(tree / "lib")
    shutil.copytree(board.vm.root / "lib", tree / "lib")
    assert deploy(svctl, board, tree)[0] == 0  # what it has put there is noted now
    for here, there in ((tree, board.vm.root), (board.vm.root, tree)):
        (here / "services.config").write_bytes(SAME[number](text))
        (there / "services.config").write_text(text)
        before = (board.vm.root / "services.config").read_bytes()
        for more in ([], ["--config"]):
            code, said = deploy(svctl, board, tree, *more)
            assert code == 0 and said[-1] == "nothing to send: the board has it all", said
        assert (board.vm.root / "services.config").read_bytes() == before


@pytest.mark.parametrize("mine, other, shown", [
    ('{"repl":{},"hello":{"args":[2,5],"enabled":true}}', '{"hello": {"enabled": 1, "args": [2, 5]}, "repl": {}}', ['-    "enabled": true', '+    "enabled": 1']),
    ('{"repl":{},"hello":{"args":[2,5]}}', '{\n\n"hello": {"args": [2, 6]}, "repl": {}}', ['-    "args": [2, 5]', '+    "args": [2, 6]']),
    ('{"repl":{},"hello":{"args":[2,5.0]}}', '{"repl":{},"hello":{"args":[2,5]}}', ['-    "args": [2, 5.0]', '+    "args": [2, 5]']),
    ('{"repl":{},"b":{},"a":{}}', '{"repl": {}, "a": {}, "c": {"x": 1}}', ['-  "b": {},', '+  "c": {', '+    "x": 1', '+  },']),
    ('{"repl":{},"hello"', '{"repl":{}}', ['-{"repl":{},"hello"', "+{", '+  "repl": {}', "+}"]),
])
def test_what_differs_is_shown_by_what_it_says(board, tree, svctl, mine, other, shown):
    (board.vm.root / "services.config").write_text(mine)
    (tree / "services.config").write_text(other)
    said = deploy(svctl, board, tree, "--config", "--dry-run", "--force")[1]
    assert [line[2:] for line in said if line[2:3] in "+-" and line[2:5] not in ("+++", "---")] == shown, said


def test_make_passes_force_on(board, tmp_path):
    """As typed; one in the environment does not count."""
    dry = ["make", "--no-print-directory", "-n", "PORT=/dev/x", "deploy"]
    for words, env, wanted in ((["FORCE=1"], {}, True), ([], {"FORCE": "1"}, False), (["FORCE=0"], {}, False)):
        done = subprocess.run([*dry, *words], cwd=ROOT, capture_output=True, text=True, env={**os.environ, **env}, timeout=60)
        assert ("--force" in done.stdout) is wanted, done.stdout
