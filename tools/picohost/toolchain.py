"""The compiler for the RP2040 and CMake: those on PATH, else Debian's packages, unpacked into the cache.
Nothing is installed; what the packages place for their post-install scripts is linked here."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from svctl.errors import InterpreterError, PicoError
from svctl.setup import apt

GCC = "arm-none-eabi-gcc"
# The C++ library itself (300 MB, of all kinds of Arm) is not needed: no C++ object is linked that uses it.
COMPILER = ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi", "libstdc++-arm-none-eabi-dev")
# Libraries for other cores than the Cortex-M0+: 700 MB.
LEFT_OUT = ("*/thumb/v[78]*", "*/thumb/v6", "*/arm/v*", "*/thumb/nofp", "*/thumb/v5*", "./usr/share/doc",
            "./usr/share/man", "./usr/share/locale", "*/arm-none-eabi-lto-dump")
# The machine's own: another one beside it would not fit its loader.
OWN = ("libc6_", "libc-bin_")
PROBE = "#include <cstdlib>\n#include <new>\n#include <stdio.h>\nint main() { return 0; }\n"
HELP = """
Install a compiler and CMake, and type the command again:
  Debian, Ubuntu:  apt install gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib cmake
  macOS:  brew install --cask gcc-arm-embedded && brew install cmake
or name a firmware for RPI_PICO that you have:  make pico PICO_FIRMWARE=file.uf2"""


def environment(cache: Path) -> dict:
    """The environment in which arm-none-eabi-gcc and cmake can be run; fetches what is missing."""
    missing = [] if _works(dict(os.environ)) else list(COMPILER)
    if shutil.which("cmake") is None:
        missing.append("cmake")
    if not missing:
        return dict(os.environ)
    tree = cache / ("toolchain-cmake" if "cmake" in missing else "toolchain")
    env = _inside(tree)
    if not _ready(env):
        shutil.rmtree(tree, ignore_errors=True)
        print(f"pico: fetching {', '.join(missing)} from Debian …", flush=True)
        try:
            apt.with_apt(cache, lambda temp, around: _unpack(missing, tree, temp, around), suites=(_suite(),))
        except InterpreterError as error:
            raise PicoError(f"no compiler for the RP2040 on PATH, and {error}{HELP}") from error
    if not _ready(env):
        shutil.rmtree(tree, ignore_errors=True)
        raise PicoError(f"the compiler of Debian's packages does not run on this machine{HELP}")
    return env


def _suite() -> str:
    """The name of this Debian: a compiler of another one might need another libc."""
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        lines = []
    fields = dict(line.split("=", 1) for line in lines if "=" in line)
    if fields.get("ID") != "debian" or "VERSION_CODENAME" not in fields:
        raise InterpreterError("this is no Debian release to fetch one of")
    return fields["VERSION_CODENAME"]


def _unpack(packages: list[str], tree: Path, temp: Path, env: dict) -> None:
    exclude = [f"--exclude={pattern}" for pattern in LEFT_OUT]
    fresh = temp / "tree"
    fresh.mkdir()
    for archive in apt.closure(packages, temp, env):
        if archive.name.startswith(OWN):
            continue
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as tar:
            done = subprocess.run(["tar", "-x", "-C", str(fresh), "--wildcards", *exclude], stdin=tar.stdout,
                                  capture_output=True, text=True)
        if done.returncode or tar.returncode:
            raise InterpreterError(f"{archive.name} cannot be unpacked: {done.stderr.strip()}")
    base = fresh / "usr/lib/arm-none-eabi"
    # Where a gcc that is not at /usr looks for headers and libraries, relative to itself.
    for name, target in (("include", "../../include/newlib"), ("lib", "newlib")):
        if base.is_dir() and not (base / name).exists():
            (base / name).symlink_to(target)
    for folder in base.glob("newlib/thumb/v6-m/nofp"):
        if not (folder / "libstdc++.a").exists():  # the linker wants one: an empty archive
            (folder / "libstdc++.a").write_bytes(b"!<arch>\n")
    fresh.replace(tree)


def _inside(tree: Path) -> dict:
    libraries = [str(path) for path in sorted(tree.glob("usr/lib/*-linux-gnu*"))]
    libraries = libraries or [str(tree / "usr/lib")]
    before = os.environ.get("LD_LIBRARY_PATH")
    return {**os.environ, "PATH": f"{tree / 'usr/bin'}:{os.environ.get('PATH', '')}",
            "LD_LIBRARY_PATH": ":".join(libraries + ([before] if before else []))}


def _ready(env: dict) -> bool:
    return _works(env) and shutil.which("cmake", path=env["PATH"]) is not None


def _works(env: dict) -> bool:
    """Whether there is a compiler that finds its own headers."""
    program = shutil.which(GCC, path=env.get("PATH"))
    if program is None:
        return False
    command = [program, "-x", "c++", "-mcpu=cortex-m0plus", "-mthumb", "-c", "-o", os.devnull, "-"]
    return subprocess.run(command, input=PROBE.encode(), env=env, capture_output=True).returncode == 0
