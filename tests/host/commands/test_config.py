"""svctl config and edit where keys lie deeper, are taken out, or are of another kind; what a reload tells; and
a fault of the settings in all that looks at a board. On a running board over a pty."""

# ruff: noqa: E501 - what svctl prints stands here in one piece
from __future__ import annotations

import json
import os
import sys

import pytest
from support.saved import WHEN, saved

MADE = """
import asyncio
from aioclass import Service
class Made(Service):
    type = %r
    enabled = True
    require = %r
    kwargs = {"offset": 0, "name": "x", "loud": False, "pins": [1], "mqtt": {"host": "a", "port": 1883}, "none": None}
    schedule = %r
    async def task(self, offset, name, loud, pins, mqtt, none, **more):
        if name == "bad": raise OSError("no sensor")
        await asyncio.sleep(99)
service = Made(%r)
"""
RUNS = ("runtime.service", ())


@pytest.fixture
def board(vm32):
    def begin(settings, *services, copy=None):
        if copy:
            vm32.put("services.config.bak", copy)
        vm32.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy" if vm32.compiled else "aioservices/services/repl_service.py")
        for name, kind, require, schedule in services or [("one", *RUNS, None)]:
            vm32.put(f"aioservices/services/{name}_service.py", MADE % (kind, require, schedule, name))
        settings = {"repl": {"enabled": True}, **settings} if isinstance(settings, dict) else settings
        vm32.put("services.config", settings if isinstance(settings, (str, bytes)) else json.dumps(settings))
        session = vm32.session()
        session.expect("--> ")
        session.config = vm32.root / "services.config"
        session.vm = vm32
        return session

    return begin


# -- keys: deeper ones, taken out, of another kind ---------------------------------


@pytest.mark.parametrize("before, words, after", [
    ({}, ["kwargs.offset=5"], {"kwargs": {"offset": 5}}),
    ({}, ["restart.delay=2"], {"restart": {"policy": "on-failure", "delay": 2}}),
    ({"restart": "always"}, ["restart.delay=2", "restart.limit=[5, 60]"], {"restart": {"policy": "always", "delay": 2, "limit": [5, 60]}}),
    ({"restart": {"delay": 2, "policy": "no"}}, ["--unset", "restart.delay"], {"restart": {"policy": "no"}}),
    ({"kwargs": {"offset": 1, "name": "y"}}, ["--unset", "kwargs.offset"], {"kwargs": {"name": "y"}}),
    ({"kwargs": {"offset": 1}, "loglevel": "debug"}, ["--unset", "offset", "loglevel"], {}),
    ({"kwargs": {"offset": 1}}, ["loglevel=info", "--unset", "offset"], {"loglevel": "info"}),
    ({"kwargs": {"offset": 1}}, ["--unset", "offset", "name=y"], {"kwargs": {"name": "y"}}),
    ({}, ["mqtt.host=b"], {"kwargs": {"mqtt": {"host": "b", "port": 1883}}}),
    ({"kwargs": {"mqtt": {"host": "c"}}}, ["kwargs.mqtt.port=1"], {"kwargs": {"mqtt": {"host": "c", "port": 1}}}),
    ({"kwargs": {"mqtt": {"host": "c"}}}, ["--unset", "mqtt.host"], {}),
    ({"pin": 5, "led": {"on": 1}}, ["pin=6", "led.on=0"], {"pin": 6, "led": {"on": 0}}),  # keys of one's own
    ({"pin": 5}, ["--unset", "pin"], {}),
    ({"kwargs": {"old": 1}}, ["old=2"], {"kwargs": {"old": 2}}),  # that the class does not name, but the entry has
    ({"kwargs": {"a": 1}}, ["kwargs.b.c=1"], {"kwargs": {"a": 1, "b": {"c": 1}}}),
], ids=str)
def test_keys(board, svctl, before, words, after):
    session = board({"one": {"enabled": True, **before}})
    code, out, err = svctl(session.tty, "config", "one", *words)
    assert (code, err) == (0, "") and out.endswith(WHEN) and "meant" not in out, out + err
    assert saved(session, "one") == {"enabled": True, **after}


@pytest.mark.parametrize("schedule, before, words, after", [
    ({"at": "07:30", "days": "mon-fri"}, {}, ["schedule.at=06:00"], {"schedule": {"at": "06:00", "days": "mon-fri"}}),
    ({"at": "07:30", "days": "mon-fri"}, {}, ["--unset", "schedule.days"], {"schedule": {"at": "07:30"}}),
    ({"start_in": 5, "repeat": 60}, {}, ["schedule.repeat=30"], {"schedule": {"start_in": 5, "repeat": 30}}),
    ({"start_in": 5, "repeat": 60}, {}, ["schedule.at=06:00"], {"schedule": {"at": "06:00"}}),
    ({"repeat": 60}, {"schedule": {"at": "07:30", "days": "sat"}}, ["schedule.at=06:00"], {"schedule": {"at": "06:00", "days": "sat"}}),
    ({"repeat": 60}, {"schedule": {"at": "07:30"}}, ["--unset", "schedule"], {}),
], ids=str)
def test_schedules(board, svctl, schedule, before, words, after):
    session = board({"one": before}, ("one", "schedule.service", (), schedule))
    code, out, err = svctl(session.tty, "config", "one", *words)
    assert (code, err) == (0, "") and saved(session, "one") == after


@pytest.mark.parametrize("words, said", [
    (["--unset", "offset"], "one: its entry has no kwargs.offset to take out, only enabled, pin, restart"),
    (["--unset", "schedule.days"], "one: its entry has no schedule.days to take out, only enabled, pin, restart"),
    (["--unset", "ofset"], "one has no setting ofset; did you mean offset? kwargs.ofset=… sets one that its class does not name"),
    (["ofset.x=1"], "one has no setting ofset; did you mean offset? kwargs.ofset=… sets one that its class does not name"),
    (["enabled.x=1"], "enabled is true, and has no x: set all of it"),
    (["schedule.at=25:00"], 'not saved: one.schedule.at: expected times like "07:30", not "25:00"'),
    (["restart.polcy=no"], None),
    (["restart.delay=soon"], None),
    (["kwargs..x=1"], "kwargs..x: say key or key.key"),
    (["kwargs.enabled=1"], "kwargs.enabled: enabled is a key of each service; svctl edit can set both"),
])
def test_what_config_refuses(board, svctl, words, said):
    session = board({"one": {"enabled": True, "pin": 1, "restart": "no"}})
    before = session.config.read_bytes()
    code, out, err = svctl(session.tty, "config", "one", *words)
    if words == ["restart.polcy=no"]:
        return  # it is told by check
    assert code == 1 and out == "" and err.count("\n") == 1 and session.config.read_bytes() == before
    if said and "25:00" not in said:
        assert err == f"config: PORT: {said}\n"


@pytest.mark.parametrize("pair, said", [
    ("offset=abc", 'one: offset is a text now, and was a number, 0: is that meant?'),
    ("offset=true", 'one: offset is true or false now, and was a number, 0: is that meant?'),
    ("name=5", 'one: name is a number now, and was a text, "x": is that meant?'),
    ("loud=1", 'one: loud is a number now, and was true or false, false: is that meant?'),
    ("kwargs.pins=1", 'one: pins is a number now, and was a list, [1]: is that meant?'),
    ("mqtt.port=a", 'one: port is a text now, and was a number, 1883: is that meant?'),
    ("mqtt=a", 'one: mqtt is a text now, and was an object, {"host": "a", "port": 1883}: is that meant?'),
    ("pin=a", 'one: pin is a text now, and was a number, 5: is that meant?'),
    ("old=[]", 'one: old is a list now, and was a number, 1: is that meant?'),
    ("offset=1.5", None), ("none=5", None), ("offset=null", None), ("kwargs.more=a", None), ("loglevel=debug", None),
])
def test_a_value_of_another_kind_is_told_and_saved(board, svctl, pair, said):
    session = board({"one": {"pin": 5, "kwargs": {"old": 1}}})
    code, out, err = svctl(session.tty, "config", "one", pair)
    assert (code, err) == (0, "") and ((said + "\n") in out if said else "meant" not in out), out
    before = session.config.read_bytes()
    if said:  # beside the JSON, and by edit, too
        code, out, err = svctl(session.tty, "config", "one", pair.replace("abc", "abd"), "--json")
        assert code == 0 and json.loads(out) and (before != session.config.read_bytes() or err == f"PORT: {said}\n" or "old" in pair or "pin=" in pair)


@pytest.mark.parametrize("text, said", [
    ('{"kwargs": {"ofset": 1}}', "one.kwargs.ofset: its class does not name it; did you mean offset?"),
    ('{"kwargs": {"offset": 1, "zzz": 1}}', "one.kwargs.zzz: its class does not name it; there are: loud, mqtt, name, none, offset, old, pins"),
    ('{"kwargs": {"old": 1, "lout": true}}', "one.kwargs.lout: its class does not name it; did you mean loud?"),
    ('{"enabled": true, "kwargs": {"mqtt": {}, "mqt": {}}}', "one.kwargs.mqt: its class does not name it; did you mean mqtt?"),
])
def test_edit_refuses_the_names_that_config_refuses(board, svctl, editor, tmp_path, monkeypatch, text, said):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", open(os.devnull))
    session = board({"one": {"kwargs": {"old": 1}}})
    before = session.config.read_bytes()
    editor(f"text = {text!r}")
    code, out, err = svctl(session.tty, "edit", "one")
    assert (code, out) == (1, "") and err.startswith(f"edit: PORT: {said}; --force saves it; nothing was changed. ")
    assert session.config.read_bytes() == before
    code, out, err = svctl(session.tty, "edit", "one", "--force")
    assert (code, err) == (0, "") and said in out and saved(session, "one") == json.loads(text)
    editor("")  # what is there already is asked for no more
    assert svctl(session.tty, "edit", "one") == (0, "nothing was changed\n", "")


@pytest.mark.parametrize("code, said", [
    ("open(path, 'wb').write(b'\\xef\\xbb\\xbf{\"enabled\": true}\\r\\n'); raise SystemExit", None),
    ("open(path, 'wb').write('{}'.encode('utf-16')); raise SystemExit", "one: it is UTF-16; save it as UTF-8"),
    ("open(path, 'wb').write('{\"name\": \"ä\"}'.encode('latin-1')); raise SystemExit", "one: it is not UTF-8 (line 1, byte e4); save it as UTF-8"),
    ("text = '{\"args\": [NaN]}'", "one: NaN is no value in JSON"),
    ("text = '{\"name\": \"\\\\ud800\"}'", "one: \\ud83d and the like are halves of characters; write whole ones"),
])
def test_edit_takes_what_editors_leave(board, svctl, editor, monkeypatch, tmp_path, code, said):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", open(os.devnull))
    session = board({})
    editor(code)
    code, out, err = svctl(session.tty, "edit", "one")
    if said is None:
        assert (code, err) == (0, "") and saved(session, "one") == {"enabled": True}
    else:
        assert (code, out) == (1, "") and err.startswith(f"edit: PORT: {said}; nothing was changed. ")


def test_config_at_the_prompt_takes_out_too(board):
    session = board({"one": {"enabled": True, "loglevel": "debug", "kwargs": {"offset": 1, "pins": 2}}})
    assert session.line("config('one', None, loglevel=..., pins=..., loud=True)") == "True\n"
    assert saved(session, "one") == {"enabled": True, "kwargs": {"offset": 1, "loud": True}}
    assert session.line("config('one', None, offset=..., loud=..., nothing=...)") == "True\n"
    assert saved(session, "one") == {"enabled": True}


# -- what a reload of the settings tells ----------------------------------------------


@pytest.mark.parametrize("change, code, said", [
    ({}, 0, "no service has other settings than before\n"),
    ({"one": {"kwargs": {"offset": 1}}}, 0, "one.service: running\ntwo.service: running\n"),  # and what requires it
    ({"two": {"kwargs": {"offset": 1}}}, 0, "two.service: running\n"),
    ({"three": {"enabled": False}}, 0, "three.service: stopped\n"),
    ({"three": {"kwargs": {"name": "bad"}, "restart": "no"}}, 1, "three.service: failed\n"),
    ({"three": {"args": 5}}, 1, "three.service: running; as it was: services.config: three.args: expected a list, not 5\n"),
    ({"three": {"kwargs": {"name": "bad"}}, "two": {"loglevel": "debug"}}, 1, "two.service: running\n"),
    ({"four": {"cls": "nothing.Here"}}, 1, "four.service: not loaded\n"),
    ({"three@more": {"enabled": True}}, 0, "three@more.service: running\n"),
], ids=str)
def test_reload_of_the_settings_tells_what_became_of_each(board, svctl, change, code, said):
    session = board({}, ("one", *RUNS, None), ("two", "runtime.service", ("one",), None), ("three", *RUNS, None))
    session.vm.put("services.config", json.dumps({"repl": {"enabled": True}, **change}))
    got, out, err = svctl(session.tty, "reload")
    assert (got, err) == (code, "") and (out == said if code == 0 else said in out), out
    if got and "not loaded" in said or "failed" in said:
        assert "Service: " in out  # its status line


def test_reload_of_settings_that_are_damaged(board, svctl):
    session = board({})
    session.vm.put("services.config", '{"one": {"args": [2null]}}')
    code, out, err = svctl(session.tty, "reload", "--json")
    assert code == 1 and json.loads(out) == []
    assert svctl(session.tty, "reload")[1].startswith("reload: services.config is damaged: 2null is no value in JSON; using ")


# -- a fault of all the settings is shown by whatever looks at a board ----------------


@pytest.mark.parametrize("text, said", [
    ("{}".encode("utf-16"), "services.config is damaged: it is UTF-16; save it as UTF-8; using the last good copy, services.config.bak"),
    (b'{"one": {},}', "services.config is damaged: it is cut short, or a bracket, a colon or a comma is wrong; using the last good copy, services.config.bak"),
    (b'{"repl": {"enabled": true}, "_boot": {"exclude": 5}}', "services.config: _boot.exclude: expected a name or a list of names, not 5"),
    (b'{"repl": {"enabled": true}, "_boot": {"utc_offset": 1}, "_boot": {"utc_offset": 2}}', "services.config: _boot stands twice; the last one counts"),
    (b"", "services.config is damaged: it is empty; using the last good copy, services.config.bak"),
], ids=["utf-16", "comma", "boot", "twice", "empty"])
def test_fault_of_the_settings_is_shown(board, svctl, text, said):
    session = board(text, copy='{"repl": {"enabled": true}}')
    for words in (["list"], ["status"], ["status", "one"], ["config", "one"], ["config", "_boot"], ["info"], ["last-boot"]):
        for more in ([], ["--json"]):
            code, out, err = svctl(session.tty, *words, *more)
            assert (code, err) == (0, f"PORT: {said}\n") and (not more or json.loads(out) is not None), words
    for word in ("info", "last-boot"):
        assert json.loads(svctl(session.tty, word, "--json")[1])["fault"] == said
    code, out, err = svctl(session.tty, "check")
    assert code == 1 and f"PORT: {said}\n" in out
    if "damaged" in said:  # mended by config, which says what became of the file
        code, out, err = svctl(session.tty, "config", "one", "loglevel=debug")
        assert code == 0 and saved(session, "one") == {"loglevel": "debug"}
        assert not text or out.splitlines()[0] == said + "; the damaged file is services.config.bad now"


def test_no_fault_is_no_line(board, svctl):
    session = board({})
    for command in ("list", "status", "info", "last-boot"):
        assert svctl(session.tty, command)[2] == ""
    for command in ("info", "last-boot"):
        assert json.loads(svctl(session.tty, command, "--json")[1])["fault"] is None
