"""A deploy whose new set is not healthy goes back, and says why; one that is cut at any moment leaves one set.
On a real VM over a pty."""

# ruff: noqa: E501 - what svctl prints stands here in one piece
from __future__ import annotations

import json
import os
import random
import re
import shutil

import pytest
from harness import ROOT
from test_deploy import contents, still_runs, svctl  # noqa: F401 - a fixture
from wire import Cable

from tools import shorten
from tools.errors import LinkError
from tools.svctl import cli, send, trial, vet

SERVICE = """
import asyncio, sys
from aioclass import Service
class Made(Service):
    enabled = True
    start_timeout = 1
    word = %r
%s
service = Made("%s")
"""
FINE = "    async def task(self): await asyncio.sleep(99)"
RAISES = "    def setup(self): raise ValueError('no sensor')"
SLOW = "    async def setup(self): await asyncio.sleep(99)"
LATER = "    async def task(self):\n        await asyncio.sleep(0.2)\n        raise ValueError('later')"
HELLO = "[ OK ] Service: hello.service"


class Desk:
    """A board with its old set, and the tree of the new one."""

    def __init__(self, vm, tmp_path, power=True):
        self.vm, self.tree = vm, tmp_path / "tree"
        vm.ship()
        self.service("one", "old", FINE)
        shutil.copytree(vm.root, self.tree)
        if power:
            self.power()

    def power(self):
        self.session = self.vm.session()
        self.session.expect("--> ")

    @property
    def tty(self):
        return self.session.tty

    def service(self, name, word, body):
        self.vm.put(f"aioservices/services/{name}_service.py", SERVICE % (word, body, name))

    def new(self, path, text):
        """Write a file of the new set."""
        root, self.vm.root = self.vm.root, self.tree
        self.vm.put(path, text)
        self.vm.root = root

    def new_service(self, name, word, body):
        self.new(f"aioservices/services/{name}_service.py", SERVICE % (word, body, name))

    def says(self, line):
        self.session.send("\rprint('now', %s)\r" % line)
        return re.search(r"now (.*)\r\n", self.session.expect(re.compile(r"\nnow .*\r\n")))[1]

    def is_clean(self):
        """Nothing is under way; the set before is kept behind a deploy that was good."""
        return not [path.name for path in self.vm.root.iterdir() if re.match(r"deploy\.(next|switch)", path.name)]


@pytest.fixture
def desk(vm32, tmp_path):
    return Desk(vm32, tmp_path)


# -- services that changed ------------------------------------------------------------


@pytest.mark.parametrize("body, why", [
    (RAISES, "ValueError: no sensor"), (SLOW, "TimeoutError: setup took longer than 1 s"), ("    1 / 0", "ZeroDivisionError: divide by zero"),
    (LATER, "ValueError: later"),
], ids=["setup", "too-slow", "import", "task"])
def test_service_that_is_not_up_brings_the_old_set_back(desk, svctl, monkeypatch, body, why):  # noqa: F811
    before = contents(desk.vm.root, beside=True)
    desk.new_service("one", "new", body)
    desk.new_service("two", "new", FINE)
    with monkeypatch.context() as patched:
        patched.setattr(trial, "GRACE", 0.5)
        code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    last = said.splitlines()[-1]
    assert code == 1 and last.startswith("deploy: PORT: the files before are back: one.service: ") and why in last, said
    assert contents(desk.vm.root, beside=True) == before and desk.is_clean()
    assert desk.says("service('one').word, service('one').state, service('hello').state") == "old running running"
    # The mended one goes through.
    desk.new_service("one", "newer", FINE)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 0 and "one.service: running\ntwo.service: running\n" in said
    assert desk.says("service('one').word, service('two').word") == "newer new" and desk.is_clean()
    assert contents(desk.vm.root) == contents(desk.tree)


@pytest.mark.parametrize("reloaded", [False, True], ids=["not reloaded", "reloaded"])
@pytest.mark.parametrize("body", [RAISES, FINE], ids=["raises", "fine"])
def test_what_nobody_has_judged_is_judged_by_the_next_deploy(desk, svctl, monkeypatch, capsys, body, reloaded):  # noqa: F811
    """That the service is up is no proof: it may be the version before, which a refused reload has left."""
    before = contents(desk.vm.root, beside=True)
    desk.new_service("one", "new", body)
    command = ["deploy", "--tree", str(desk.tree)]

    def cut(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(trial, "_judge" if reloaded and body is FINE else "_bring_back" if reloaded else "changed", cut)
        if reloaded and body is RAISES:
            patched.setattr(send, "undo", cut)
        with pytest.raises(KeyboardInterrupt):
            svctl(desk.tty, *command)
    assert "on trial; the next deploy judges them" in capsys.readouterr().err
    code, said = svctl(desk.tty, *command)
    if body is FINE:
        assert code == 0 and "a deploy that was cut was finished" in said
        assert desk.says("service('one').word") == "new" and contents(desk.vm.root) == contents(desk.tree)
    else:
        assert code == 1 and "a deploy that was cut was undone: one.service: ValueError: no sensor" in said
        assert "the files before are back: one.service: ValueError: no sensor" in said
        assert desk.says("service('one').word") == "old" and contents(desk.vm.root, beside=True) == before
    assert desk.is_clean()


def test_service_that_ran_and_is_not_up_with_the_new_ones(desk, svctl, monkeypatch):  # noqa: F811
    """It did not change itself: what it imports did."""
    desk.new("lib/aioextra.py", "word = 1")
    desk.new_service("one", "new", "    def setup(self):\n        import aioextra\n        self.word = aioextra.word\n" + FINE)
    assert svctl(desk.tty, "deploy", "--tree", str(desk.tree))[0] == 0
    before = contents(desk.vm.root)
    desk.new("lib/aioextra.py", "world = 1")
    monkeypatch.setattr(trial, "GRACE", 0.5)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 1 and re.search(r"the files before are back: one.service: AttributeError.*word", said.splitlines()[-1]), said
    assert contents(desk.vm.root) == before and desk.is_clean()
    assert desk.says("service('one').word") == "1"


def test_new_service_that_is_not_up_goes_again_and_one_that_left_comes_back(desk, svctl):  # noqa: F811
    for path in desk.tree.glob("aioservices/services/world_service.*"):
        path.unlink()
    desk.vm.put("deploy.txt", "".join(f"{path}\n" for path in contents(desk.vm.root)))
    before = contents(desk.vm.root)
    desk.new_service("two", "new", RAISES)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 1 and said.endswith("the files before are back: two.service: ValueError: no sensor\n"), said
    assert contents(desk.vm.root) == before and desk.is_clean()
    assert desk.says("service('world').state") == "scheduled"
    assert desk.says("'two' in __import__('aioservice.manager', None, None, ('x',)).manager().services") == "False"


# -- lib/, boot.py, main.py ------------------------------------------------------------


@pytest.mark.parametrize("path, text, why", [
    ("lib/aioschedule/__init__.py", "import nothing_of_this_name", "ImportError: no module named 'nothing_of_this_name'"),
    ("main.py", "this is no Python", "SyntaxError: invalid syntax"),
], ids=["lib", "main"])
def test_set_that_does_not_boot_goes_back(desk, svctl, monkeypatch, path, text, why):  # noqa: F811
    if path == "main.py":  # on a board the firmware's prompt is there then, and svctl sees that
        text = "try:\n    import nothing_of_this_name\nexcept ImportError as e:\n    import sys\n    sys.print_exception(e)\n" \
               "    sys.path.append(%r)\nimport asyncio, aioconsole\nasyncio.run(aioconsole.task())\n" % str(ROOT / "lib")
        why = "its manager does not run: ImportError: no module named 'nothing_of_this_name'"
    before = contents(desk.vm.root)
    desk.new(path, text)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 1 and said.startswith("linux") and said.count("files before are back") == 1, said
    assert why in said.splitlines()[-1], said
    assert contents(desk.vm.root) == before and desk.is_clean()
    still_runs(desk.session)
    # The same again with all mended.
    good = (ROOT / path).read_text()
    desk.new(path, shorten.with_texts(good) if path.startswith("lib") else good)
    desk.new("lib/aiomore.py", "more = 1")
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 0 and said.endswith("the board was reset, and is up with it\ndone\n")
    assert contents(desk.vm.root) == contents(desk.tree) and desk.is_clean()


def test_board_with_an_older_manager(desk, svctl):  # noqa: F811
    """One whose boot.py, main.py and lib/ know nothing of a switch."""
    desk.session.close()
    for path in desk.vm.root.glob("lib/aioswitch.*"):
        path.unlink()
    text = (ROOT / "boot.py").read_text()
    begin, end = text.index("try:\n    __import__(\"os\").stat"), text.index("armed = []")
    desk.vm.put("boot.py", text[:begin] + text[end:])
    desk.vm.put("main.py", "import aioctl, aioservice\naioservice.run()\n")
    desk.power()
    # One that does not boot goes back to it, whole.
    before = contents(desk.vm.root)
    good = shorten.with_texts((ROOT / "lib/aioschedule/__init__.py").read_text())
    desk.new("lib/aioschedule/__init__.py", "import nothing_of_this_name")
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 1 and "the files before are back" in said, said
    assert contents(desk.vm.root) == before and desk.is_clean()
    desk.new("lib/aioschedule/__init__.py", good)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 0, said
    assert contents(desk.vm.root) == contents(desk.tree) and desk.is_clean()
    still_runs(desk.session)


# -- cuts --------------------------------------------------------------------------------


def places(desk, svctl, restore):  # noqa: F811
    """After how many bytes to the board each of svctl's writes ends."""
    with Cable(desk.tty) as cable:
        assert svctl(cable.name, "deploy", "--tree", str(desk.tree))[0] == 0
        found = list(cable.marks)
    restore()
    return found


def test_cable_pulled_behind_every_chunk_of_a_small_deploy(desk, svctl, monkeypatch):  # noqa: F811
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


def test_board_that_loses_power_in_the_middle(desk, svctl, monkeypatch):  # noqa: F811
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


# -- what an earlier deploy has left ---------------------------------------------------------


@pytest.mark.parametrize("line, says", [
    ("put move", "a deploy that was cut was undone"),
    ("put move\ntrial", None),
    ("put move\nundo no sensor\nundone", "the deploy before was undone: no sensor"),
], ids=["put", "trial", "undone"])
def test_what_a_deploy_before_has_left(desk, svctl, monkeypatch, line, says):  # noqa: F811
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


# -- a trial that is pending ------------------------------------------------------------------


HANG = "    async def task(self):\n        while True: pass"


def test_service_that_hangs_in_place_goes_back_by_itself(vm32, tmp_path, svctl):  # noqa: F811
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


def left_on_trial(desk, svctl, monkeypatch):  # noqa: F811
    """A deploy whose host has gone when the files were in their places."""
    def gone(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(trial, "changed", gone)
        with pytest.raises(KeyboardInterrupt):
            svctl(desk.tty, "deploy", "--tree", str(desk.tree))


@pytest.mark.parametrize("command", [["list"], ["status", "one"], ["--json", "list"], ["logs", "-n", "1"], ["is-active", "one"]],
                         ids=lambda command: command[-2] if command[-2:-1] else command[0])
def test_each_command_says_that_a_trial_is_pending_and_changes_nothing(desk, svctl, monkeypatch, capsys, command):  # noqa: F811
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


def test_confirm_takes_it_and_rollback_brings_the_set_before_back(desk, svctl, monkeypatch):  # noqa: F811
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


def test_rollback_is_on_trial_itself(desk, svctl):  # noqa: F811
    """What comes back does not boot any more: something has damaged it meanwhile."""
    desk.new("lib/aiologging.py", "word = 1")
    desk.new("main.py", (ROOT / "main.py").read_text() + "# new\n")
    assert svctl(desk.tty, "deploy", "--tree", str(desk.tree))[0] == 0
    new = contents(desk.vm.root)
    (desk.vm.root / "deploy.prev/!main.py").write_text((ROOT / "main.py").read_text().replace("aioservice.run()", "aioservice.ran()"))
    code, said = svctl(desk.tty, "rollback")
    assert code == 1 and "the files before are back: 2 boots with the new files did not last: AttributeError" in said, said
    assert contents(desk.vm.root) == new and desk.is_clean()


def test_new_set_whose_services_cannot_be_looked_at_goes_back(desk, svctl):  # noqa: F811
    before = contents(desk.vm.root)
    broken = "\n\ndef entry(service):\n    raise NotImplementedError\n"  # the reports of a boot do without it
    desk.new("lib/aioservice/report.py", (ROOT / "lib/aioservice/report.py").read_text() + broken)
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree))
    assert code == 1 and "the files before are back: its services cannot be looked at: " in said, said
    assert contents(desk.vm.root) == before and desk.is_clean()


def test_rollback_of_a_trial_at_once(desk, svctl, monkeypatch):  # noqa: F811
    old = contents(desk.vm.root)
    desk.new_service("one", "new", FINE)
    left_on_trial(desk, svctl, monkeypatch)
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and "\nthe files before are back; the board was reset\n" in said
    assert contents(desk.vm.root) == old and desk.is_clean() and desk.says("service('one').word") == "old"


def test_rollback_of_lib_resets_the_board_and_can_be_taken_back(desk, svctl):  # noqa: F811
    desk.new("lib/aiologging.py", "word = 1")
    assert svctl(desk.tty, "deploy", "--tree", str(desk.tree))[0] == 0
    new = contents(desk.vm.root)
    assert "\nup " in (desk.vm.root / "deploy.list").read_text()
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and "the board was reset, and is up with it\ndone: this set is +rolled-back" in said, said
    assert contents(desk.vm.root) != new
    code, said = svctl(desk.tty, "rollback", "--reset")
    assert code == 0 and contents(desk.vm.root) == new, said


def test_no_trial_is_good_at_once_whatever_becomes_of_it(desk, svctl):  # noqa: F811
    old = contents(desk.vm.root)
    desk.new_service("one", "new", RAISES)
    code, said = svctl(desk.tty, "deploy", "--no-trial", "--tree", str(desk.tree))
    assert code == 0 and "one.service: ValueError: no sensor" in said and "nothing is on trial" in said, said
    assert contents(desk.vm.root) == contents(desk.tree) and desk.is_clean()
    code, said = svctl(desk.tty, "rollback")
    assert code == 0 and contents(desk.vm.root) == old, said


@pytest.mark.parametrize("reset", [False, True], ids=["in place", "reset"])
def test_service_that_failed_before_is_no_reason_to_go_back(vm32, tmp_path, svctl, reset):  # noqa: F811
    desk = Desk(vm32, tmp_path, power=False)
    desk.service("one", "old", RAISES)
    desk.power()
    desk.new_service("one", "new", RAISES.replace("no sensor", "still none"))
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree), *(["--reset"] if reset else []))
    assert code == 0 and contents(desk.vm.root) == contents(desk.tree), said


@pytest.mark.parametrize("reset", [False, True], ids=["in place", "reset"])
def test_who_really_failed_is_named(desk, svctl, reset):  # noqa: F811
    """`aaa` requires `bme`, and stands before it."""
    before = contents(desk.vm.root)
    desk.new_service("one", "new", "    require = 'zzz'\n" + FINE)
    desk.new_service("zzz", "new", "    def setup(self): i2c.scan()")
    code, said = svctl(desk.tty, "deploy", "--tree", str(desk.tree), *(["--reset"] if reset else []))
    assert code == 1 and said.endswith("the files before are back: zzz.service: NameError: name 'i2c' isn't defined\n"), said
    assert contents(desk.vm.root) == before


def test_settings_with_a_fault_go_back(desk, svctl, monkeypatch):  # noqa: F811
    """One that is not seen here, before anything is sent."""
    monkeypatch.setattr(vet, "looked", lambda *_: vet.Found([], []))
    before = contents(desk.vm.root)
    desk.new("services.config", '{"_boot": {"groups": 7}}')
    desk.new("lib/aiologging.py", "word = 1")
    code, said = svctl(desk.tty, "deploy", "--config", "--tree", str(desk.tree))
    assert code == 1 and "the files before are back: services.config: _boot.groups" in said, said
    assert contents(desk.vm.root) == before


@pytest.mark.parametrize("command", ["list", "status", "info", "config hello", "last-boot"])
def test_fault_of_the_settings_is_shown(desk, svctl, command):  # noqa: F811
    desk.vm.put("services.config", '{"_boot": {"groups": 7}}')
    desk.says("aioservice.init() or __import__('aioservice').load('hello')")
    code, said = svctl(desk.tty, *command.split())
    assert "services.config: _boot.groups: expected a name or a list of names, not 7" in said, said
