"""Who uses what services share: what a change makes old, and what follows of a deploy."""
from __future__ import annotations

import json

import pytest
from support.deploying import SERVICE

from svctl.deploy import plan
from svctl.deploy.plan import File, Plan
from svctl.deploy.uses import Stale, Uses

FILES = {
    "lib/low.py": "from __future__ import x\n",
    "lib/mine.py": "def f():\n    import low\n",
    "lib/pkg/__init__.py": "from . import inner\n",
    "lib/pkg/inner.py": "",
    "lib/alone.py": "",
    "lib/made.py": "",
    "aioservices/services/helper.py": "",
    "aioservices/services/a_service.py": "import mine\n",
    "aioservices/services/b_service.py": "from pkg import inner\nfrom .helper import x\n",
    "aioservices/services/c_service.py": "from aioservices.services.a_service import A\nopen('aioservices/data/t.json')\n",
    "aioservices/services/d_service.py": "mine = __import__('pkg.inner')\n",
    "aioservices/services/broken_service.py": "def (",
    "services.config": json.dumps({"e.service": {"cls": "made.E"}}),
}
MINE = ["aioservices.services.a_service", "mine"]
STALE = {
    "lib/mine.mpy": Stale(MINE, ["a", "c"]),
    "lib/low.mpy": Stale(["aioservices.services.a_service", "low", "mine"], ["a", "c"]),
    "lib/pkg/inner.mpy": Stale(["pkg", "pkg.inner"], ["b", "d"]),
    "lib/alone.mpy": Stale(["alone"], []),
    "lib/made.mpy": Stale(["made"], ["e"]),
    "aioservices/services/helper.mpy": Stale(["aioservices.services.helper"], ["b"]),
    "aioservices/services/a_service.mpy": Stale(MINE[:1], ["c"]),
    "aioservices/services/b_service.mpy": Stale([], []),
    "aioservices/data/t.json": Stale([], ["c"]),
    "aioservices/data/other.json": None,
    "lib/aioclass/__init__.mpy": None,
}


def laid(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.mark.parametrize("path", sorted(STALE))
def test_what_a_change_makes_old(tmp_path, path):
    assert Uses(laid(tmp_path, FILES)).of([path]) == STALE[path]


def test_what_a_boot_begins_with(tmp_path):
    laid(tmp_path, {**FILES, "main.py": "import mine\n"})
    assert Uses(tmp_path).of(["lib/low.mpy"]) is None


def test_damaged_settings_are_told_elsewhere(tmp_path):
    laid(tmp_path, {**FILES, "services.config": "{"})
    assert Uses(tmp_path).of(["lib/made.mpy"]) == Stale(["made"], [])


@pytest.mark.parametrize("paths, known, found", [
    (["lib/mine.mpy"], True, (False, MINE, ["a", "c"])),
    (["lib/mine.mpy", "aioservices/services/c_service.mpy"], True, (False, MINE, ["c", "a"])),
    (["lib/mine.mpy"], False, (True, [], [])),
    (["lib/mine.mpy", "lib/aioswitch.mpy"], True, (True, [], [])),
    (["lib/mine.mpy", "boot.py"], True, (True, [], [])),
], ids=["shared", "and a service", "a tree", "and a room", "and boot.py"])
def test_what_follows(tmp_path, paths, known, found):
    effect = plan.effect(Plan(changed=paths), Uses(laid(tmp_path, FILES)) if known else None)
    assert (effect.reset, effect.forget, effect.reload) == found
    told = plan.lines(Plan(changed=paths), {path: File(1) for path in paths}, effect)
    assert any(line.startswith("shared   ") for line in told) is (not effect.reset)


LAMP = SERVICE.replace("One", "Lamp").replace('"one"', '"lamp"').replace("enabled = True", "enabled = True\n    word = mine.word()")


def test_a_deploy_imports_it_anew_and_brings_it_back(station, svctl):
    """Where a service does not come up with it, the one before is imported again."""
    station.write("lib/low.py", "WORD = 1\n")
    station.write("lib/mine.py", "import low\ndef word(): return low.WORD\n")
    station.write("aioservices/services/lamp_service.py", "import mine" + LAMP)
    tty = station.power()
    assert station.says("service('lamp').word, service('station').count > 0") == "1 True"
    for word, code in ("2", 0), ("1 / 0", 1):
        station.write("lib/low.py", f"WORD = {word}\n")
        found, said = svctl(tty, "deploy")
        assert found == code, said
        assert "shared   low, mine: imported anew with lamp" in said and "reset" not in said
        assert station.says("service('lamp').word, service('lamp').state") == "2 running"
    assert "the files before are back: " in said and "ZeroDivisionError" in said
