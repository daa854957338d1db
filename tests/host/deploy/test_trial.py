"""A deploy whose new set is not healthy goes back, and says why. On a real VM over a pty."""

# ruff: noqa: E501 - what svctl prints stands here in one piece
from __future__ import annotations

import re

import pytest
from support.deploying import contents, still_runs
from support.harness import ROOT
from support.trials import FINE, RAISES

from svctl.build import shorten
from svctl.deploy import send, trial

SLOW = "    async def setup(self): await asyncio.sleep(99)"
LATER = "    async def task(self):\n        await asyncio.sleep(0.2)\n        raise ValueError('later')"


# -- services that changed -----------------------------------------------------


@pytest.mark.parametrize("body, why", [
    (RAISES, "ValueError: no sensor"), (SLOW, "TimeoutError: setup took longer than 1 s"), ("    1 / 0", "ZeroDivisionError: divide by zero"),
    (LATER, "ValueError: later"),
], ids=["setup", "too-slow", "import", "task"])
def test_service_that_is_not_up_brings_the_old_set_back(desk, svctl, monkeypatch, body, why):
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
def test_what_nobody_has_judged_is_judged_by_the_next_deploy(desk, svctl, monkeypatch, capsys, body, reloaded):
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


def test_service_that_ran_and_is_not_up_with_the_new_ones(desk, svctl, monkeypatch):
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


def test_new_service_that_is_not_up_goes_again_and_one_that_left_comes_back(desk, svctl):
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


# -- lib/, boot.py, main.py ----------------------------------------------------


@pytest.mark.parametrize("path, text, why", [
    ("lib/aioschedule/__init__.py", "import nothing_of_this_name", "ImportError: no module named 'nothing_of_this_name'"),
    ("main.py", "this is no Python", "SyntaxError: invalid syntax"),
], ids=["lib", "main"])
def test_set_that_does_not_boot_goes_back(desk, svctl, monkeypatch, path, text, why):
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


def test_board_with_an_older_manager(desk, svctl):
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
