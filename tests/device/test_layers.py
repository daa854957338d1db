"""The rooms of lib/: imports point down, and close no circle. See tools/docs/tower.py."""
import shutil

import pytest

from tools.docs import tower


def test_no_import_of_lib_points_up_or_closes_a_circle():
    assert tower.faults() == []


def test_each_module_of_lib_is_in_a_room():
    assert {tower.room(name) for name in tower.modules(tower.LIB)} == set(tower.FLOORS)


@pytest.mark.parametrize("file, text, told", [
    ("aiolog/lines.py", "import aioctl", "aioctl is on a floor above"),
    ("aiolog/lines.py", "from aioctl import jobs", "aioctl.jobs is on a floor above"),
    ("aioctl/jobs.py", "def f():\n    from aioclass.callers import path", "aioclass.callers is on a floor above"),
    ("aioboot/kept.py", 'x = __import__("aioservice.settings")', "aioservice.settings is on a floor above"),
    ("aioctl/env.py", 'x = import_module("aioconsole")', "aioconsole is on a floor above"),
    ("aioboot/rom.py", "from aioschedule import uptime", "aioschedule is another room of the same floor"),
    ("aiobase/trace.py", 'def f(name):\n    return lookup("aioctl", " =jobs add =env getenv ", name)',
     "aioctl.jobs is on a floor above"),
    ("aiobase/trace.py", '_T = {"jobs": "add"}\n\n\ndef f(name):\n    return lookup("aioctl", _T, name)',
     "aioctl.jobs is on a floor above"),
    ("aioswitch.py", "import aiolog", "aiolog is on a floor above"),
    ("aioservice/order.py", "from .verbs import start",
     "closes a circle: aioservice.order -> aioservice.verbs -> aioservice.order"),
    ("aioctl/text.py", "import sys\nimport aiofleet", None),
    ("aiothing.py", "", "belongs to no room"),
])
def test_one_that_does_is_told_with_its_line(tmp_path, file, text, told):
    lib = tmp_path / "lib"
    shutil.copytree(tower.LIB, lib)
    path = lib / file
    before = path.read_text() if path.exists() else ""
    path.write_text(before + text + "\n")
    found = tower.faults(lib)
    if told is None:
        assert found == []
    else:
        assert any(told in line for line in found), found
        line = (before + text).count("\n") + 1
        assert f"lib/{file}:{line}: {told}" in found or "circle" in told or "no room" in told


def test_the_picture_shows_these_imports():
    assert tower.PICTURE.read_text(encoding="utf-8") == tower.draw()
