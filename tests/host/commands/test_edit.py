"""svctl config and svctl edit: settings that are read, changed and refused, on a running board over a pty."""
from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import threading

import pytest
from support.deploying import BARE, SMALL
from support.harness import ROOT
from support.saved import WHEN, saved

ENTRY = """{
  "enabled": true,
  "args": [2, 5]
}
"""
SVCTL = [sys.executable, "-m", "svctl"]
def test_config_shows_and_changes(board, svctl):
    assert svctl(board.tty, "config", "hello.service") == (0, ENTRY, "")
    assert svctl(board.tty, "config", "hello", "greeting=moin", "args=[1, 3]", "restart=no") == (0, """{
  "enabled": true,
  "args": [1, 3],
  "kwargs": {
    "greeting": "moin"
  },
  "restart": "no"
}
""" + WHEN, "")
    assert saved(board, "hello") == {"enabled": True, "args": [1, 3], "kwargs": {"greeting": "moin"}, "restart": "no"}
    # JSON, else text; characters of any alphabet; a name that the class does not have.
    code, out, err = svctl(board.tty, "config", "hello", "greeting=12", "kwargs.more=grüße \U0001f600", "--json")
    assert json.loads(out)["kwargs"] == {"greeting": 12, "more": "grüße \U0001f600"} == saved(board, "hello")["kwargs"]
    assert svctl(board.tty, "config", "world", "enabled=false")[0] == 0
    assert saved(board, "world") == {"enabled": False}
    # `enabled` stays where it is not named, also where no entry says so.
    assert svctl(board.tty, "config", "led", "loglevel=debug")[0] == 0
    assert saved(board, "led") == {"enabled": False, "loglevel": "debug"}
    code, out, err = svctl(board.tty, "reload")  # task() takes no `more`
    assert code == 1 and out.startswith("world.service: stopped\nhello.service: failed\n[ FAIL ] Service: hello.service")
    board.send("print('kw' + 'args', service('hello').kwargs['greeting'])\r")
    board.expect("kwargs 12")


def test_config_of_the_board_itself_of_a_pattern_and_of_a_new_one(board, svctl):
    assert svctl(board.tty, "config", "_boot") == (0, "{}\n", "")
    assert svctl(board.tty, "config", "_boot", "utc_offset=60", "exclude=[\"world\"]")[0] == 0
    assert saved(board, "_boot") == {"utc_offset": 60, "exclude": ["world"]}
    code, out, err = svctl(board.tty, "config", "hello*", "--json")
    assert json.loads(out) == {"hello": {"enabled": True, "args": [2, 5]}, "hello_core": {"enabled": True}}
    assert svctl(board.tty, "config", "extra", "cls=module.Class")[0] == 0
    assert saved(board, "extra") == {"cls": "module.Class"}
    long = "x" * 1500
    assert svctl(board.tty, "config", "hello", f"greeting={long}")[0] == 0
    assert saved(board, "hello")["kwargs"] == {"greeting": long}


@pytest.mark.parametrize("words, said", [
    (["hello", "greting=1"], "PORT: hello has no setting greting; did you mean greeting? "
     "kwargs.greting=… sets one that its class does not name"),
    (["hello", "restrat=no"], "PORT: hello has no setting restrat; did you mean restart? "
     "kwargs.restrat=… sets one that its class does not name"),
    (["_boot", "watchdo=1"], "PORT: _boot has no setting watchdo; did you mean watchdog?"),
    (["_boot", "watchdog=0.1"], "PORT: not saved: _boot.watchdog: expected seconds, 1 to 86400, or 0 or null for none, "
     "not 0.1"),
    (["hello", "stop_grace=-1"], "PORT: not saved: hello.stop_grace: expected seconds, 0 to 86400, not -1"),
    (["hello", "enabled=perhaps"], 'PORT: not saved: hello.enabled: expected true or false, not "perhaps"'),
    (["hello", "kwargs.restart=1"], "PORT: kwargs.restart: restart is a key of each service; svctl edit can set both"),
    (["hello", "greeting"], "greeting: say key=value, like period=500"),
    (["hello*", "restart=no"], "hello*: name one service to change its settings"),
])
def test_config_refuses(board, svctl, words, said):
    before = board.config.read_bytes()
    assert svctl(board.tty, "config", *words) == (1, "", f"config: {said}\n")
    assert board.config.read_bytes() == before


def test_unknown_services(board, svctl):
    names = "clock, dofail, hello, hello_core, led, network, repl, stats, watcher, world"
    for command in (["config", "helo"], ["config", "helo", "restart=no"], ["edit", "helo"]):
        assert svctl(board.tty, *command) == (4, "", f"{command[0]}: PORT: no service helo; there are: {names}; did you mean hello?\n")


@pytest.mark.parametrize("words", [["config", "hello"], ["config", "hello", "restart=no"], ["edit", "hello"]])
def test_bad_boards(vm32, board_tree, svctl, words):
    shutil.rmtree(vm32.root / "lib")
    session = vm32.session(BARE % str(board_tree / "lib"))
    session.expect("--> ")
    assert svctl(session.tty, *words) == (
        1, "", f"{words[0]}: PORT: no manager runs on the board: make deploy PORT=… brings one, and a reset starts it\n")
    assert svctl("/dev/ttyNOT", *words) == (1, "", f"{words[0]}: PORT is not there: plug the board in\n")


FULL = """
root = %r
sys.path.append(root + "/lib")
for path in ("aioservices", "aioservices/services"):
    os.mkdir(path)
for path in os.listdir(root + "/aioservices/services"):
    if path.startswith("repl_"):
        with open(root + "/aioservices/services/" + path, "rb") as old:
            with open("aioservices/services/" + path, "wb") as new:
                new.write(old.read())
with open("services.config", "w") as file:
    file.write('{"repl": {"enabled": true}}')
try:
    while True:
        with open("full", "a") as file:
            file.write("x" * 500)
except OSError:
    pass
import aioservice
aioservice.run()
"""


@pytest.mark.parametrize("words", [["config", "repl", "loglevel=debug"], ["config", "_boot", "utc_offset=60"],
                                   ["edit", "repl"], ["disable", "repl"]], ids=" ".join)
def test_full_flash(vm32, svctl, editor, words):
    vm32.ship("aioservices/services/repl_service.mpy")
    session = vm32.session(SMALL % (40, "VfsLfs2", "VfsLfs2") + FULL % str(vm32.root))
    session.expect("--> ")
    editor('text = \'{"loglevel": "debug"}\'')
    code, out, err = svctl(session.tty, *words)
    assert (code, out) == (1, "") and err.count("\n") == 1
    assert err.startswith(f"{words[0]}: PORT: not saved: services.config: no room for it: "), err
    session.send("print('sti' + 'll', open('services.config').read())\r")
    session.expect('still {"repl": {"enabled": true}}')


def test_edit(board, svctl, editor):
    editor('assert text == %r; text = text.replace("[2, 5]", "[7, 9], \\"loglevel\\": \\"debug\\"")' % ENTRY)
    assert svctl(board.tty, "edit", "hello") == (0, """{
  "enabled": true,
  "args": [7, 9],
  "loglevel": "debug"
}
""" + WHEN, "")
    assert saved(board, "hello") == {"enabled": True, "args": [7, 9], "loglevel": "debug"}
    editor('text = \'{"args": [1, 2]}\'')  # what is taken out is gone
    assert json.loads(svctl(board.tty, "edit", "hello", "--json")[1]) == {"args": [1, 2]} == saved(board, "hello")
    before = os.stat(board.config).st_mtime_ns
    editor("")
    assert svctl(board.tty, "edit", "hello") == (0, "nothing was changed\n", "")
    assert os.stat(board.config).st_mtime_ns == before
    editor('text = \'{"args": [1, 2], "loglevl": 1}\'')  # it may be meant
    assert svctl(board.tty, "edit", "hello")[1].endswith(
        WHEN) and saved(board, "hello") == {"args": [1, 2], "loglevl": 1}


@pytest.mark.parametrize("code, said", [
    ('text = text.replace("[2, 5]", "5")', "hello.args: expected a list, not 5"),
    ('text = text.replace("]", "")', "hello: Expecting ',' delimiter: line 4 column 1 (char 37)"),
    ('text = "[]"', "hello: it is not an object {name: {…}}"),
    ('text = \'{"args": [1], "args": [2]}\'', "hello: args stands twice; the last one counts"),
])
def test_edit_refuses_and_keeps_the_text(board, svctl, editor, tmp_path, monkeypatch, code, said):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", open(os.devnull))
    before = board.config.read_bytes()
    editor(code)
    code, out, err = svctl(board.tty, "edit", "hello")
    kept = next(tmp_path.glob("hello-*.json"))
    assert (code, out, err) == (1, "", f"edit: PORT: {said}; nothing was changed. Your text is in {kept}\n")
    assert board.config.read_bytes() == before


def test_edit_without_an_editor(board, svctl, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("VISUAL", raising=False)
    for editor, said in (("not-there", "not-there cannot be run (No such file or directory): set EDITOR"),
                         ("false", "false ended with 1: nothing was changed")):
        monkeypatch.setenv("EDITOR", editor)
        assert svctl(board.tty, "edit", "hello") == (1, "", f"edit: {said}\n")
    assert not list(tmp_path.glob("hello-*"))


def test_edit_of_what_was_changed_meanwhile(board, svctl, editor):
    other = [*SVCTL, "-t", board.tty, "config", "hello", "loglevel=error"]
    editor(f"import subprocess; subprocess.run({other!r}, cwd={str(ROOT)!r}, check=True)\n"
           'text = text.replace("[2, 5]", "[7, 9]")')
    assert svctl(board.tty, "edit", "hello") == (
        1, "", "edit: PORT: not saved: hello was changed on the board meanwhile\n")
    assert saved(board, "hello") == {"enabled": True, "args": [2, 5], "loglevel": "error"}


def test_edit_opens_again_for_a_person(board, editor, tmp_path):
    """At a terminal: the first try has a fault, the second one mends it."""
    seen = tmp_path / "seen"
    editor(f"import os\ntext = text.replace('[2, 5]', '5') if not os.path.exists({str(seen)!r}) "
           f"else text.replace('\"args\": 5', '\"args\": [5, 2]')\nopen({str(seen)!r}, 'w').close()")
    master, slave = pty.openpty()
    edit = subprocess.Popen([*SVCTL, "-t", board.tty, "edit", "hello"], cwd=ROOT, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    guard = threading.Timer(30, edit.kill)
    guard.start()
    said = ""
    try:
        while edit.poll() is None or select.select([master], [], [], 0)[0]:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                said += os.read(master, 4096).decode()
            except OSError:
                break
            if said.endswith("Edit it again? [Y/n] "):
                os.write(master, b"y\n")
                said += "|"
    finally:
        guard.cancel()
        os.close(master)
    assert edit.wait() == 0 and "hello.args: expected a list, not 5. Edit it again? [Y/n] |" in said
    assert saved(board, "hello") == {"enabled": True, "args": [5, 2]}
