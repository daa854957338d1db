"""What modules of packages import, and whether a board has it."""
from __future__ import annotations

import ast

import pytest

from svctl.requires import firmware, imports, own
from svctl.setup import layout

HAS = {"os", "asyncio", "p", "p.a", "json"}.__contains__
NEEDED = {
    "import os, zlib": [("os", 1), ("zlib", 1)],
    "import os.path": [("os.path", 1)],
    "from zlib import x": [("zlib", 1)],
    "from . import a": [],
    "from .a import x": [("p.a", 1)],
    "from .gone import x": [("p.gone", 1)],
    "from ..a import x": [],  # above all packages: a board says so
    "def f():\n    import zlib": [],
    "class A:\n    import zlib": [("zlib", 2)],
    "if True:\n    import zlib": [],
    "for i in x:\n    import zlib": [("zlib", 2)],
    "with x:\n    import zlib": [("zlib", 2)],
    "try:\n    import zlib\nexcept ImportError:\n    pass": [],
    "try:\n    import zlib\nexcept:\n    pass": [],
    "try:\n    import zlib\nexcept (OSError, ImportError):\n    zlib = None": [],
    "try:\n    import zlib\nexcept OSError:\n    pass": [("zlib", 2)],
    "try:\n    import zlib\nexcept ImportError:\n    import gzip": [("gzip", 4)],
    "try:\n    import json\nexcept ImportError:\n    import simplejson": [("json", 2)],
    "try:\n    import os\nexcept ImportError:\n    pass\nelse:\n    import gzip": [("os", 2), ("gzip", 6)],
    "try:\n    import os, zlib\nexcept ImportError:\n    import gzip\nelse:\n    import x\nfinally:\n    import y":
        [("os", 2), ("gzip", 4), ("y", 8)],
}


@pytest.mark.parametrize("text", NEEDED)
def test_what_a_module_needs(text):
    assert list(imports.needed(ast.parse(text), "p", HAS)) == NEEDED[text]


def reach(begin, **texts):
    trees = {name.replace("__", "."): None if text is None else ast.parse(text) for name, text in texts.items()}
    packages = {name.rpartition(".")[0] for name in trees if "." in name}
    return imports.reach(begin, trees, packages, lambda name: name in trees or name == "os")


def test_imports_are_followed_and_nothing_else_counts():
    found = reach({"p"}, p="from .a import x\nimport q.b", p__a="import os", p__b="import zlib", q="", q__b="import gone\n", r="import gone")
    assert found.modules == {"p", "p.a", "q", "q.b"}
    assert found.missing == [("q.b", 1, "gone")]


def test_modules_behind_from_and_in_functions_are_reached_too():
    found = reach({"p"}, p="from . import a\ndef f():\n    from p import b", p__a="", p__b="import p", p__c="import gone")
    assert found.modules == {"p", "p.a", "p.b"} and found.missing == []


def test_a_module_that_is_compiled_imports_what_nobody_knows():
    assert reach({"x"}, x=None, y="import gone") == ({"x"}, [])


def test_the_interpreters_own_modules_are_known(vm32):
    said = vm32.run("help('modules')").out.partition("Plus any")[0].split()
    names = {name.replace("/__init__", "").replace("/", ".") for name in said}
    assert names - firmware.MODULES == set() and "asyncio.core" in names


# -- of the project itself ---------------------------------------------------------

OWN = {
    "import nothere": ": add what brings it to requirements-board.txt",
    "import mashine": "; did you mean machine?",
    "import datetime": ": add datetime@latest to requirements-board.txt",
    "import machine, esp32, rp2, neopixel, ffi, aioctl, aiolog": None,
    "import helper, brought.part": None,
    "import aiorepl, ulab\nfrom aioble.client import x": None,
    "from aioservices.services import other_service": None,
    "try:\n    import nothere\nexcept ImportError:\n    pass": None,
    "if x:\n    import nothere": None,
    "def f():\n    import nothere": None,
}


@pytest.mark.parametrize("text", OWN)
def test_imports_of_a_service(tmp_path, text):
    layout.put(tmp_path / "aioservices/services/x_service.py", text)
    layout.put(tmp_path / "lib/helper.py", "")
    layout.put(tmp_path / "requirements-board.txt", "--firmware-has ulab\n")
    found = own.missing(tmp_path, {"brought/part.py": None})
    if OWN[text] is None:
        assert found == []
    else:
        name = text.split()[1]
        assert len(found) == 1
        assert found[0].startswith(f"aioservices/services/x_service.py:1: import {name}: no board has it{OWN[text]}")


def test_imports_of_modules_count_where_somebody_imports_these(tmp_path):
    layout.put(tmp_path / "aioservices/services/x_service.py", "import a\ndef f():\n    import b.c")
    for name in ("a.py", "b/__init__.py", "b/c.py", "tool.py"):
        layout.put(tmp_path / "lib" / name, "\nimport nothere\n")
    layout.put(tmp_path / "lib/a.py", "from b import c\n")
    layout.put(tmp_path / "lib/broken.py", "def\n")
    assert [line.partition(": no")[0] for line in own.missing(tmp_path, {})] == [
        "lib/b/__init__.py:2: import nothere", "lib/b/c.py:2: import nothere"]
