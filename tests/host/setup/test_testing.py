"""The fixtures that come with svctl, in a project of one's own: what testing.md shows passes there as it stands."""
from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from support import docpage
from support.harness import ROOT

from svctl.commands import new
from svctl.setup import layout, unixport
from svctl.testing.needed import Needed

PAGE = ROOT / "docs/testing.md"


@pytest.fixture
def project(tmp_path):
    """A project, and `run(*args)`: pytest in it."""
    root = tmp_path / "station"
    layout.create(root, "station")

    def run(*args):
        env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
        env.update(MICROPYTHON=str(unixport.interpreter(unixport.smallest())), PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", root, *args],
                              cwd=root, env=env, capture_output=True, text=True, timeout=280)
        return done.returncode, done.stdout + done.stderr

    run.root = root
    return run


WAYS = {
    "an attribute": ('    info = "', '    require = ("other",)\n    info = "'),
    "kwargs": ("class NewName(Service):\n", 'class NewName(Service):\n    kwargs = {"require": ["other"]}\n'),
}
OTHER = 'from aioclass import Service\nclass Other(Service):\n    require = "more"\nservice = Other("other")\n'


def page(root):
    """Write what the page shows."""
    tests = ""
    for block in docpage.blocks(PAGE.read_text(encoding="utf-8")):
        service = docpage.SERVICE.search(block.text)
        if service:
            layout.put(root / f"aioservices/services/{service[1]}_service.py", block.text)
        elif block.tag == "python":
            tests += block.text + "\n\n"
    layout.put(root / "tests/test_page.py", tests)


def news(root):
    """Write what `svctl new` does, of each type, as it stands and with a requirement that takes more along."""
    layout.put(root / "aioservices/services/other_service.py", OTHER)
    layout.put(root / "aioservices/services/more_service.py", OTHER.replace("Other", "More").replace('"other"', '"more"')
               .replace('    require = "more"\n', '    enabled = False\n'))
    for kind in new.TYPES:
        for number, (old, text) in enumerate([("", ""), *WAYS.values()]):
            name = f"{kind}{number}"
            paths = layout.service_paths(name)
            service = layout.service_text(f"{kind}_service", name)
            old, text = (each.replace("NewName", name.capitalize()) for each in (old, text))
            if kind == "runtime" and number == 2:
                old, text = "kwargs = {", 'kwargs = {"require": ["other"], '
            assert old in service
            layout.put(root / paths["service"], service.replace(old, text, 1))
            layout.put(root / paths["test"], layout.service_text(f"{kind}_test", name))


def test_what_the_page_shows_and_svctl_new_writes_passes(project):
    page(project.root)
    news(project.root)
    code, said = project("tests")
    count = sum(path.read_text().count("def test_") for path in (project.root / "tests").glob("*.py"))
    assert count > 14 and code == 0 and f"{count} passed" in said, said


def test_what_comes_along(tmp_path):
    text = "from aioclass import Service\nclass X(Service):\n%s\nservice = X(%r)\n"
    says = {"a": "    require = {'x': 'b.service'}", "b": "    kwargs = {'require': ['c']}", "c": "    require = 'a'", "d": "    want = 'a'"}
    for name, line in says.items():
        layout.put(tmp_path / f"aioservices/services/{name}_service.py", text % (line, name))
    needed = Needed(tmp_path)
    assert needed.all == set("abcd") and needed.of([]) == set()
    assert needed.of(["a"]) == needed.of(["c.service"]) == set("abc")
    assert needed.of(["d"]) == {"d"} and needed.of(["d"], {"d": {"require": ["b"]}}) == set("abcd")
    assert needed.of(["a@2"]) == set("abc") and needed.of(["z"]) == set()
    assert needed.of(["z"], {"z": {"cls": "aioservices.services.d_service.X"}}) == {"d"}


def test_the_table_of_the_page_is_the_class():
    from svctl.testing.board import Board

    public = {name for name in vars(Board) if not name.startswith("_")} - {"close", "link"}
    assert public | {"vm"} == set(re.findall(r"board\.(\w+)", PAGE.read_text().partition("## All of it")[2]))
