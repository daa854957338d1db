"""How svctl is installed: by make into the environment of the clone, by pip anywhere, as the one package svctl, with
types beside it of what boards have."""
from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.harness import ROOT
from support.wheel import TAKES, Wheel, built, run
from support.typed import OWN, mypy

from svctl import __version__


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Wheel:
    return built(tmp_path_factory)


@pytest.fixture(scope="module")
def python(wheel):
    """The Python of an empty environment into which pip has put the wheel."""
    return wheel.python


def test_script_of_the_environment_is_this_code():
    script = Path(sys.executable).parent / "svctl"
    assert script.exists()
    done = subprocess.run([script, "--help"], cwd="/", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "systemctl and journalctl for a board" in done.stdout
    done = subprocess.run([script, "list"], cwd="/", capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "svctl: name the board: svctl -t /dev/ttyACM0 …\n")


def test_svctl_and_nothing_else_is_importable(python, tmp_path):
    code = ("import pkgutil, sysconfig\nfrom pathlib import Path\nsite = Path(sysconfig.get_path('purelib'))\n"
            "print(sorted(each.name for each in pkgutil.iter_modules([str(site)])))\n"
            "print(sorted(each.name for each in site.iterdir()))\n"
            "from svctl.setup import place\nprint(place.home().relative_to(site), place.IS_CLONE)\n"
            "print(sorted(each.name for each in place.home().iterdir()))\n")
    assert run(python, "-c", code, cwd=tmp_path, PYTHONPATH=TAKES) == (0, f"""\
['svctl']
['aioclass-stubs', 'aioctl-stubs', 'aiolog-stubs', 'aioschedule-stubs', 'aioservice-stubs', \
'aioservices-{__version__}.dist-info', 'svctl']
svctl/shipped False
['aioservices', 'boot.py', 'lib', 'main.py', 'services.config']
""", "")
    shipped = Path(run(python, "-c", "from svctl.setup import place; print(place.home())", cwd=tmp_path, PYTHONPATH=TAKES)[1].strip())
    for name in ("lib", "aioservices"):
        wanted, found = ({path.relative_to(root): path.read_bytes() for path in (root / name).rglob("*")
                          if path.is_file() and path.suffix != ".pyc"} for root in (ROOT, shipped))
        assert found == wanted and wanted
    for command in ["-m", "svctl"], [python.with_name("svctl")]:
        assert run(python, *command, "--version", cwd=tmp_path, PYTHONPATH=TAKES) == (0, f"svctl {__version__}\n", "")
        assert run(python, *command, "list", cwd=tmp_path, PYTHONPATH=TAKES) == (
            2, "", "svctl: name the board: svctl -t /dev/ttyACM0 …\n")


def test_wheel_works_from_anywhere(wheel, python, tmp_path, vm32):
    """What `pip install .` installs, with its dependencies from here, on a board and on another project."""
    clone = wheel.clone
    with zipfile.ZipFile(wheel.path) as file:
        names = file.namelist()
    for folder, there in (("tools/svctl/device", "svctl/device"), ("tools/svctl/templates", "svctl/templates"), ("lib", "svctl/shipped/lib")):
        for path in (ROOT / folder).glob("*.py"):
            assert f"{there}/{path.name}" in names
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")

    def svctl(*args, cwd=tmp_path):
        return run(python, "-m", "svctl", *args, cwd=cwd, PYTHONPATH=TAKES, XDG_CACHE_HOME=str(tmp_path))

    assert svctl("-t", session.tty, "is-active", "hello") == (0, "active\n", "")
    assert svctl("-t", session.tty, "tree", "hello")[1] == "hello.service (running)\n"
    assert "did you mean greeting?" in svctl("-t", session.tty, "config", "hello", "greting=1")[2]
    assert "is in no project" in svctl("check")[2]
    code, out, err = svctl("-t", session.tty, "check", cwd=clone / "docs")
    assert (code, err) == (0, "") and out.count("fine") == 2, out + err
    assert (clone / "build/deploy/lib/aioservice").is_dir()
    code, out, err = svctl("-t", session.tty, "deploy", "--dry-run", cwd=clone / "docs")
    assert code == 0 and "nothing" in out.splitlines()[-1], out + err


# -- types ---------------------------------------------------------------------

AUTHOR = """\
import asyncio

import aioctl
import aioservice
from aioclass import Service


class Door(Service):
    kwargs = {"width": 90}
    require = "wall"

    async def task(self, width: int) -> None:
        self.add_ctask(aioctl, self.look, "look", every=2)
        self.alive()
        self.log.info("%d", width)
        reveal_type(self.error)
        reveal_type(self.state)
        reveal_type(aioservice.service("wall"))
        await aioservice.restart("wall")

    async def look(self, every: float) -> None:
        await asyncio.sleep(every)


service = Door("door")
"""
WRONG = """\
import aioctl
import aioschedule
import aioservice
from aioclass import Service


class Door(Service):
    kwargs = 90

    def setup(self) -> None:
        self.log.info()
        self.add_callback("begin", self.setup)


Door("door").stopp()
aioservice.stop(3)
aioservice.restrt("door")
aioctl.add(len, named="x").stop()
aioschedule.schedule("tick", 3)
"""


def test_mypy_knows_what_an_author_uses(python, tmp_path):
    (tmp_path / "door_service.py").write_text(AUTHOR)
    states = ("init", "waiting", "starting", "running", "scheduled", "stopping", "done", "stopped", "restarting", "failed",
              "blocked", "masked")
    assert mypy(python, tmp_path) == [
        'door_service.py:16: note: Revealed type is "BaseException | None"',
        f'door_service.py:17: note: Revealed type is "{" | ".join(f"Literal[{each!r}]" for each in states)}"',
        'door_service.py:18: note: Revealed type is "Any"',
    ]


def test_mypy_finds_what_is_wrong(python, tmp_path):
    (tmp_path / "door_service.py").write_text(WRONG)
    found = [re.search(r":(\d+): error: .*?(?:  \[(.*)\])?$", line).groups() for line in mypy(python, tmp_path)]
    assert found == [("8", "assignment"), ("11", "call-arg"), ("12", "arg-type"), ("15", "attr-defined"), ("16", "arg-type"),
                     ("17", "attr-defined"), ("18", "func-returns-value"), ("18", "attr-defined"), ("19", "arg-type")]


def test_mypy_finds_nothing_wrong_in_what_the_project_shows(python, tmp_path):
    shutil.copytree(ROOT / "aioservices/services", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        blocks = re.findall(r"^```python ?(.*)\n((?:.*\n)*?)```", page.read_text(encoding="utf-8"), re.M)
        for number, (path, text) in enumerate(blocks):
            if path or "import aio" in text or "from aio" in text:
                (tmp_path / (Path(path).name or f"{page.stem.replace('-', '_')}_{number}.py")).write_text(text)
    assert len(list(tmp_path.glob("*.py"))) > 20
    assert mypy(python, tmp_path) == []
    untyped = [line for line in mypy(python, tmp_path, "--check-untyped-defs") if not OWN.search(line)]
    assert untyped == []
