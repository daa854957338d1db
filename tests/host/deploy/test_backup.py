"""A board's files in one file on the host, and back, on a real VM over a pty; and archives that are none."""
from __future__ import annotations

import errno
import json
import os
import zipfile
from hashlib import sha256

import pytest
from support.deploying import SERVICE, contents, still_runs
from support.wire import Cable

from svctl import cli
from svctl.deploy import archive, copied, send, trial
from svctl.errors import DeployError, ToolError

SETTINGS = '{"hello": {"enabled": true, "kwargs": {"greeting": "${GREETING}"}}, "repl": {"enabled": true}}'
DATA = {"data/measured.csv": b"1,2\n3,4\n", "notes.txt": "a Grüße\n".encode(), "empty": b""}


@pytest.fixture
def filled(board):
    """A board with settings, secrets and what services wrote."""
    root = board.vm.root
    (root / "services.config").write_text(SETTINGS)
    (root / ".env").write_text("GREETING=moin\nPASSWORD=secret\n")
    (root / "data").mkdir()
    for name, data in DATA.items():
        (root / name).write_bytes(data)
    return board


def anew(path, change, **files):
    """An archive written anew: `change` does something to backup.json; files by their name in it, None: it goes."""
    with zipfile.ZipFile(path) as old:
        found = {name: old.read(name) for name in old.namelist()}
    told = json.loads(found["backup.json"])
    change(told)
    found = {**found, "backup.json": json.dumps(told).encode(), **files}
    with zipfile.ZipFile(path, "w") as new:
        for name, data in found.items():
            if data is not None:
                new.writestr(name, data)


def members(path):
    with zipfile.ZipFile(path) as found:
        return {name.removeprefix("files/"): found.read(name) for name in found.namelist() if name != "backup.json"}


def test_what_was_backed_up_comes_back_and_nothing_else_of_the_code_stays(filled, svctl, tmp_path):
    root, path = filled.vm.root, tmp_path / "b.zip"
    before = contents(root)
    code, said = svctl(filled.tty, "backup", "-o", str(path))
    assert code == 0 and "left out as secrets: .env; --secrets takes them, too" in said, said
    assert members(path) == {name: data for name, data in contents(root).items() if name != ".env"}
    assert path.stat().st_mode & 0o777 == 0o600 and contents(root) == before
    still_runs(filled)
    # Years later: other settings, lost data, a new service, a library of another build, data of its own.
    (root / "services.config").write_text('{"hello": {"enabled": false}}')
    (root / "data/measured.csv").unlink()
    (root / ".env").write_text("OTHER=1\n")
    (root / "later.txt").write_text("written since")
    filled.vm.put("aioservices/services/one_service.py", SERVICE)
    filled.vm.put("lib/aiofresh.py", "x = 1")
    code, said = svctl(filled.tty, "restore", str(path), "--dry-run")
    assert code == 0 and "2 files would be restored; nothing was changed" in said
    assert "removed  aioservices/services/one_service." in said and "removed  lib/aiofresh." in said
    assert "stays    later.txt: not in the backup" in said
    assert "missing  ${GREETING} in the board's .env" in said and (root / "later.txt").exists()
    code, said = svctl(filled.tty, "restore", str(path))
    assert code == 0 and said.endswith("the board was reset, and is up with it\n"), said
    assert contents(root) == {**before, ".env": b"OTHER=1\n", "later.txt": b"written since",
                              "services.config.bak": SETTINGS.encode()}
    code, said = svctl(filled.tty, "restore", str(path))
    assert code == 0 and "nothing to restore: the board has it all" in said
    code, said = svctl(filled.tty, "rollback")
    assert code == 0 and (root / "services.config").read_text() == '{"hello": {"enabled": false}}', said


def test_secrets_where_they_are_asked_for_and_settings_and_data_alone(filled, svctl, tmp_path):
    root, path = filled.vm.root, tmp_path / "b.zip"
    code, said = svctl(filled.tty, "backup", "--data", "--secrets", "-o", str(path), "--json")
    assert code == 0 and json.loads(said.splitlines()[-1])["kind"] == "data", said
    assert members(path) == {**DATA, "services.config": SETTINGS.encode(), ".env": (root / ".env").read_bytes()}
    board = filled.vm.root / "aioservices/services"
    there = sorted(path.name for path in board.iterdir())
    (root / ".env").unlink()
    (root / "notes.txt").write_text("other")
    code, said = svctl(filled.tty, "restore", str(path))
    assert code == 0 and "2 files restored, 0 removed" in said, said
    assert (root / "notes.txt").read_bytes() == DATA["notes.txt"] and sorted(p.name for p in board.iterdir()) == there


def test_another_board_is_told_and_takes_its_place_where_that_is_meant(filled, svctl, tmp_path):
    path = tmp_path / "b.zip"
    assert svctl(filled.tty, "backup", "--data", "-o", str(path))[0] == 0
    anew(path, lambda told: told.update(uid="0011", board="north", masked={"led": "by hand"}))
    (filled.vm.root / "notes.txt").unlink()
    code, said = svctl(filled.tty, "restore", str(path))
    assert code == 1 and "is another board: its unique id is" in said and "Nothing was changed" in said
    code, said = svctl(filled.tty, "restore", str(path), "--replacement")
    assert code == 0 and (filled.vm.root / "notes.txt").exists(), said
    assert "masked when it was backed up: led; again by: svctl mask led" in said
    assert 'this board takes the place of 0011: uid = "' in said and said.endswith("in boards/north.toml\n")
    anew(path, lambda told: told["about"].update(platform="rp2"))
    code, said = svctl(filled.tty, "restore", str(path), "--replacement")
    assert code == 1 and "its firmware is linux, and the backup is that of rp2: nothing was changed" in said


def test_cable_that_is_pulled_leaves_the_old_or_the_new(filled, svctl, tmp_path, monkeypatch):
    root, path = filled.vm.root, tmp_path / "b.zip"
    assert svctl(filled.tty, "backup", "--data", "-o", str(path))[0] == 0
    new = contents(root)
    changed = {"notes.txt": b"x" * 3000, "data/measured.csv": b"", "services.config": b"{}"}

    def change():
        for name, data in changed.items():
            (root / name).write_bytes(data)

    change()
    with Cable(filled.tty) as cable:
        assert svctl(cable.name, "restore", str(path))[0] == 0
        total = cable.sent
    seen = set()
    for cut in (total // 2, total - 1500, total - 600):
        change()
        with Cable(filled.tty, cut) as cable, monkeypatch.context() as patched:
            patched.setattr(trial, "UP", 1)
            svctl(cable.name, "restore", str(path))
        there = {name: (root / name).read_bytes() for name in changed}
        assert there in (changed, {name: new[name] for name in changed}), cut
        seen.add(there == changed)
        code, said = svctl(filled.tty, "restore", str(path))
        assert code == 0 and {name: (root / name).read_bytes() for name in changed} != changed, said
    assert True in seen
    with Cable(filled.tty, 3000) as cable:
        code, said = svctl(cable.name, "backup", "-o", str(tmp_path / "c.zip"))
    assert code == 1 and "the link was lost" in said and not (tmp_path / "c.zip").exists()
    assert [each.name for each in tmp_path.iterdir() if "zip" in each.name] == ["b.zip"]


def test_what_cannot_be_backed_up_is_one_line(filled, svctl, tmp_path, monkeypatch):
    path = tmp_path / "b.zip"
    (filled.vm.root / "services.config").write_text('{"network": {"kwargs": {"ssid": "x", "password": "12"}}}')
    code, said = svctl(filled.tty, "backup", "--data", "-o", str(path))
    assert code == 1 and "has a secret in network.kwargs.password" in said and "12" not in said.replace(filled.tty, "")
    (filled.vm.root / "services.config").write_text(SETTINGS)
    path.write_text("mine")
    assert "is there already: take another name" in svctl(filled.tty, "backup", "-o", str(path))[1]
    assert "is a folder" in svctl(filled.tty, "backup", "-o", str(tmp_path))[1]
    assert "is not there: make the folder" in svctl(filled.tty, "backup", "-o", str(tmp_path / "no/b.zip"))[1]

    def full(fd):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    code, said = svctl(filled.tty, "backup", "--data", "--force", "-o", str(path))
    assert code == 1 and f"{path} cannot be written: no space is left there" in said
    assert path.read_text() == "mine" and [each.name for each in tmp_path.glob("*b.zip*")] == ["b.zip"]


def test_what_does_not_fit_is_refused_and_nothing_changed(filled, svctl, tmp_path, monkeypatch):
    root, path = filled.vm.root, tmp_path / "b.zip"
    assert svctl(filled.tty, "backup", "-o", str(path))[0] == 0
    for name in DATA:
        (root / name).unlink()
    before, about = contents(root), send.about
    for key, value, says in (("flash_free", 10, "the flash is too full"), ("mpy", 5, "loads v5.0 only")):
        monkeypatch.setattr(send, "about", lambda link, key=key, value=value: {**about(link), key: value})
        code, said = svctl(filled.tty, "restore", str(path))
        assert code == 1 and (says in said or key == "mpy" and not filled.vm.compiled), said
        if code:
            assert contents(root) == before


# -- archives, without a board ---------------------------------------------------


def made(path, files=None, **about):
    archive.write(path, {"format": 1, "kind": "whole", "uid": None, **about}, {"main.py": b"1", "d/a": b"x"}
                  if files is None else files)
    return path


def test_an_archive_is_read_as_it_was_written(tmp_path):
    found = archive.Archive(made(tmp_path / "b.zip", {"services.config": b'{"a": {"args": ["${X}", "${Y}"]}}'}))
    assert found.names() == {"X", "Y"} and found.path("services.config").read_bytes().startswith(b"{")
    assert found.files["services.config"].size == 33 and not found.has_switch


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def flipped(path):
    data = bytearray(path.read_bytes())
    at = data.index(b"files/main.py") + 13
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))


BAD = {
    "cut": (cut, "it is no zip file, is cut short or damaged"),
    "flipped": (flipped, "damaged"),
    "no zip": (lambda path: path.write_bytes(b"hello"), "it is no zip file"),
    "empty": (lambda path: path.write_bytes(b""), "it is no zip file"),
    "another tool's": (lambda path: anew(path, dict.copy, **{"backup.json": None}), "no svctl backup has made it"),
    "no JSON": (lambda path: anew(path, dict.copy, **{"backup.json": b"{"}), "its backup.json is damaged"),
    "a list": (lambda path: anew(path, dict.copy, **{"backup.json": b"[]"}), "its backup.json is damaged"),
    "newer": (lambda path: anew(path, lambda told: told.update(format=2)), "a newer svctl has made it (format 2"),
    "kind": (lambda path: anew(path, lambda told: told.update(kind="x")), "its backup.json is damaged"),
    "a text for a table": (lambda path: anew(path, lambda told: told.update(about="x")), "its backup.json is damaged"),
    "a number for names": (lambda path: anew(path, lambda told: told.update(up=1)), "its backup.json is damaged"),
    "a number for a name": (lambda path: anew(path, lambda told: told.update(uid=1)), "its backup.json is damaged"),
    "sizes": (lambda path: anew(path, lambda told: told["files"]["d/a"].update(size="1")), "its backup.json is damaged"),
    "less than there is": (lambda path: anew(path, lambda told: told["files"]["d/a"].update(size=0)), "damaged"),
    "hash": (lambda path: anew(path, dict.copy, **{"files/main.py": b"2"}), "main.py is damaged"),
    "missing": (lambda path: anew(path, dict.copy, **{"files/d/a": None}), "it has not the files"),
    "more": (lambda path: anew(path, dict.copy, **{"files/x": b""}), "it has not the files"),
}
PATHS = ("../x", "/etc/passwd", "a/../b", "a//b", "a\\b", "", "x\ny", "deploy.switch", "deploy.next/a", "a" * 201,
         "services.state0", "c:\0", "a!b")


@pytest.mark.parametrize("name", BAD)
def test_an_archive_that_is_none(name, tmp_path):
    path = made(tmp_path / "b.zip")
    BAD[name][0](path)
    with pytest.raises(DeployError) as caught:
        archive.Archive(path)
    assert BAD[name][1] in str(caught.value) and "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.parametrize("bad", PATHS, ids=ascii)
def test_a_path_that_leads_elsewhere_is_refused(bad, tmp_path):
    def change(told):
        told["files"][bad] = {"size": 1, "sha256": sha256(b"x").hexdigest()}

    path = made(tmp_path / "b.zip")
    anew(path, change, **{f"files/{bad}": b"x"})
    with pytest.raises(DeployError, match="is no path of a board's file"):
        archive.Archive(path)
    assert [each.name for each in tmp_path.iterdir()] == ["b.zip"]


def test_no_such_file_and_no_right_to_read_it(tmp_path):
    with pytest.raises(DeployError, match="no such file"):
        archive.Archive(tmp_path / "no.zip")
    with pytest.raises(DeployError, match="cannot be read: Is a directory"):
        archive.Archive(tmp_path)


SECRET = {".env": True, "boards/north.env": True, "secrets.py": True, "tls/client.key": True, "my_key.pem": True,
          "webrepl_cfg.py": True, "ca.pem": False, "lib/aioctl/env.mpy": False, "keys.csv": False, "monkey.txt": False}


@pytest.mark.parametrize("path", SECRET)
def test_what_holds_secrets_is_known_by_its_name(path):
    assert archive.is_secret(path) is SECRET[path]


OPEN = {
    '{"a": {"kwargs": {"password": "x"}}}': ["a.kwargs.password"],
    '{"a": {"kwargs": {"password": "${P}"}}}': [],
    '{"a": {"kwargs": {"mqtt": {"auth_token": "x", "keys": "y"}}}}': ["a.kwargs.mqtt.auth_token"],
    '{"a": {"kwargs": {"password": ""}}}': [],
    '{"a"': [],
}


@pytest.mark.parametrize("text", OPEN)
def test_a_secret_in_settings_is_found(text):
    assert archive.open_secrets(text.encode()) == OPEN[text]


class Writing:
    """A board whose files change while they are read: {path: what is read, one after the other}."""

    port = "PORT"

    def __init__(self, **files):
        self.files = {name.replace("_", "."): list(values) for name, values in files.items()}

    def now(self, path):
        values = self.files[path]
        return values.pop(0) if len(values) > 1 else values[0]

    def ask(self, script, function, *args):
        if function == "walk":
            return iter([[path, 1] for path in self.files])
        return iter([])

    def ask_each(self, script, function, items):
        return iter([[path, sha256(self.now(path)).hexdigest()] for path in items])


@pytest.fixture
def writing(monkeypatch):
    monkeypatch.setattr(send, "read", lambda link, path: link.now(path))
    return lambda **files: copied.take(Writing(**files), lambda path: True, lambda *_: None)


def test_a_file_that_changes_while_it_is_read_is_read_again(writing):
    assert writing(a_txt=[b"1", b"2", b"3", b"3"]) == ({"a.txt": b"3"}, [])


def test_one_that_changes_between_two_looks_is_that_of_one_moment(writing):
    found = writing(a_txt=[each for n in range(9) for each in (b"%d" % n,) * 2 + (b"x%d" % n,)])
    assert found.restless == ["a.txt"] and list(found.files) == ["a.txt"]


def test_one_that_is_never_twice_the_same_is_named(writing):
    with pytest.raises(ToolError, match="a.txt was another each of 4 times"):
        writing(a_txt=[b"%d" % n for n in range(99)])


def test_one_backup_is_of_one_board(capsys, tmp_path):
    path = made(tmp_path / "b.zip")
    assert cli.main(["-t", "/dev/a", "-t", "/dev/b", "restore", str(path)]) == 1
    assert cli.main(["-t", "/dev/a", "-t", "/dev/b", "backup", "-o", str(tmp_path / "c.zip")]) == 1
    assert "name one" in capsys.readouterr().err and os.listdir(tmp_path) == ["b.zip"]
