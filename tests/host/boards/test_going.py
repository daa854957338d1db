"""What goes to which board, and how that is shown and checked."""
from __future__ import annotations

import json

import pytest

from svctl.boards import described
from svctl.boards.going import Going
from svctl.deploy.project import Project

SERVICE = "from aioclass import Service\nclass X(Service):\n    enabled = True\n    require = %r\nservice = X(%r)\n"


def going(project, name="north"):
    return Going(project.root, described.named(name, project.root))


def service(project, name, *require):
    path = project.root / f"aioservices/services/{name}_service.py"
    path.write_text(SERVICE % (require, name))


@pytest.mark.parametrize("services, names", [
    ('["a"]', "a b c repl"),
    ('["b"]', "b c repl"),
    ('["c", "hel*"]', "c hello hello_core repl"),
    ('["made"]', "c made repl"),
    ('["e"]', "c e repl"),
    ("[]", "repl"),
])
def test_what_a_service_requires_comes_along(project, services, names):
    service(project, "a", "b")
    service(project, "b", "c")
    service(project, "c", "a")  # a circle is check's to tell
    service(project, "c")
    service(project, "e", "b")
    project.config(json.dumps({"e": {"require": "c"}, "made": {"cls": "aioservices.services.c_service.X"}}))
    project.board("north", f"services = {services}\n")
    found = going(project)
    assert found.names == set(names.split()) and found.faults == []
    assert set(found.settings) - {"_boot"} == {"e", "made"} & found.names


def test_the_files_of_a_board(project):
    project.board("north", 'services = ["hello"]\n[settings.hello]\nargs = [1, 2]\n')
    project.board("south")
    built = {name: Project(going=going(project, name)) for name in ("north", "south")}
    common = Project()
    assert set(common.files) - set(built["north"].files) == {
        f"aioservices/services/{name}_service.mpy" for name in
        ("clock", "dofail", "hello_core", "led", "network", "stats", "watcher", "world")}
    assert set(common.files) == set(built["south"].files)
    assert json.loads(built["north"].path("services.config").read_text()) == {
        "_boot": {"name": "north"}, "hello": {"enabled": True, "args": [1, 2]}, "repl": {"enabled": True}}
    manifest = built["north"].path("manifest.txt").read_text()
    assert "hello_service" in manifest and "led_service" not in manifest
    assert manifest.splitlines()[-1].startswith(f"{len(manifest.splitlines()) - 1} ")
    assert built["south"].files["manifest.txt"] == common.files["manifest.txt"]


def test_the_settings_are_shown(project, svctl):
    project.config('{"hello": {"enabled": true, "args": [2, 5]}, "repl": {"enabled": true}}')
    project.board("north", 'fleet = ["roof"]\n[settings.hello]\nargs = [1, 2]\n')
    assert svctl("", "config", "--show", "north") == (0, """\
  {
+   "_boot": {
+     "fleet": ["roof"],
+     "name": "north"
+   },
    "hello": {
-     "args": [2, 5],
+     "args": [1, 2],
      "enabled": true
    },
    "repl": {
      "enabled": true
    }
  }
""", "")
    assert json.loads(svctl("", "--json", "config", "--show", "north", "hello")[1]) == {"hello": {"enabled": True, "args": [1, 2]}}
    assert svctl("", "config", "--show", "north", "repl")[1] == '  {\n    "repl": {\n      "enabled": true\n    }\n  }\n'
    assert svctl("", "config", "--show", "north", "helo") == (4, "", "config: north has no entry helo; did you mean hello?\n")
    assert svctl("", "config", "--show", "north", "hello", "x=1") == (
        1, "", "config: --show changes nothing: write it into boards/north.toml\n")
    assert svctl("", "config", "--show", "nrth")[2] == "config: there is no board nrth; did you mean north?\n"


def test_each_merged_entry_is_checked(project, svctl):
    project.config('{"hello": {"args": [2, 5]}, "world": {"loglevl": "info"}}')
    (project.root / "boards/north.env").write_text("GREETING=moin\n")
    project.board("north", 'env = "boards/north.env"\n[settings.hello.kwargs]\ngreeting = "${GREETING}"\n')
    project.board("south", '[settings.hello]\nargs = 5\nkwargs = { greeting = "${GREETING}" }\n[settings.helo]\nenabled = true\n')
    code, out, err = svctl("", "check")
    assert (code, err) == (1, "") and out.splitlines() == [
        "services.config: world.loglevl: goes to self.config; did you mean loglevel?",  # once
        "south: services.config: hello.args: expected a list, not 5",
        "south: services.config: hello.kwargs.greeting: ${GREETING} is not defined in .env",
        "south: services.config: helo: there is no such service; did you mean hello?"]
    (project.root / ".env").write_text("GREETING=moin\n")  # of the project
    (project.root / "boards/north.env").write_text("GRETING=moin\n")
    assert [line for line in svctl("", "check")[1].splitlines() if "GREETING" in line] == [
        "north: services.config: hello.kwargs.greeting: ${GREETING} is not defined in boards/north.env"]


def test_what_no_board_has_is_not_told(project, svctl):
    project.config('{"hello": {"args": 5}}')
    project.board("north", "[settings.hello]\nargs = [1, 2]\n")
    assert svctl("", "check")[0] == 0
    project.board("south")
    assert svctl("", "check")[1] == "south: services.config: hello.args: expected a list, not 5\n"


def test_common_settings_that_are_damaged(project, svctl):
    project.config('{"hello": {]')
    project.board("north")
    assert "services.config is damaged: it is not JSON (line 1, column 12" in svctl("", "check")[1]
    assert svctl("", "-t", "north", "deploy")[2].startswith("deploy: services.config is damaged: it is not JSON (line 1,")
