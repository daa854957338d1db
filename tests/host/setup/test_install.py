"""How svctl is installed: by make into the environment of the clone, by pip anywhere, as the one package svctl."""
from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.harness import ROOT
from support.wheel import TAKES, Wheel, built, run

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
['aioservices-{__version__}.dist-info', 'svctl']
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
