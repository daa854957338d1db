"""Fetches Debian packages with all they need into a private folder, by the machine's own apt: its
mirrors, proxies and keyring are used, its lists, cache and status stay untouched."""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Optional, Sequence

from svctl.errors import InterpreterError

SUITES = ("trixie", "sid")
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg",
            "/usr/share/keyrings/debian-archive-keyring.pgp")
TIMEOUT = 600


def architecture() -> str:
    """Debian's name of this machine's architecture; InterpreterError where there is no apt."""
    for tool in ("apt-get", "apt-config", "dpkg", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise InterpreterError("there is no apt to fetch one with")
    return run(["dpkg", "--print-architecture"]).strip()


def fetch(package: str, arches: list[str], dest: Path) -> None:
    """Unpack `package` and what it depends on into dest/ARCH for each architecture."""
    with_apt(dest, lambda temp, env: _fetch(package, arches, dest, temp, env), arches=arches)


def _fetch(package: str, arches: list[str], dest: Path, temp: Path, env: dict) -> None:
    for arch in arches:
        for archive in closure([f"{package}:{arch}"], temp, env):
            run(["dpkg-deb", "--extract", str(archive), str(temp / "unpacked" / arch)])
            archive.unlink()
    for arch in arches:
        shutil.rmtree(dest / arch, ignore_errors=True)
        (temp / "unpacked" / arch).replace(dest / arch)


def closure(packages: list[str], temp: Path, env: dict) -> list[Path]:
    """Download packages with all they need; the .deb files."""
    # With an empty status file apt works out and fetches all that the packages need.
    run(["apt-get", "-q", "-y", "--download-only", "install", *packages], env)
    return sorted((temp / "cache/archives").glob("*.deb"))


def with_apt(dest: Path, work: Callable[[Path, dict], None], suites: tuple[str, ...] = SUITES,
             arches: Sequence[str] = (), sources: bool = False) -> None:
    """Call work(temp, env) with a private apt set-up, of each suite and mirror until it succeeds.

    `temp` is a folder below `dest` that goes away, `env` the environment of apt-get there;
    `sources`: for source packages, too. Raises InterpreterError with the first reason.
    """
    native = architecture()
    keyring = next((path for path in KEYRINGS if os.path.exists(path)), None)
    if keyring is None:
        raise InterpreterError("the Debian archive keyring is not installed")
    dest.mkdir(parents=True, exist_ok=True)
    reasons = []
    for suite in suites:
        for uri in _mirrors():
            with tempfile.TemporaryDirectory(prefix="apt-", dir=dest) as folder:
                temp = Path(folder)
                lines = [f"{kind} [signed-by={keyring}] {uri} {suite} main\n"
                         for kind in ("deb", "deb-src")[: 1 + sources]]
                try:
                    config = _configure("".join(lines), native, list(arches), temp)
                    env = {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C"}
                    run(["apt-get", "-q", "update"], env)
                    work(temp, env)
                    return
                except InterpreterError as error:
                    reasons.append(str(error))
    raise InterpreterError("apt could not fetch one: " + (reasons[0] if reasons else "it knows no mirror"))


def _mirrors() -> list[str]:
    """The repositories that this machine uses, in its order, each once."""
    lines = run(["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI)"]).split()
    return list(dict.fromkeys(lines))


def _configure(source: str, native: str, arches: list[str], temp: Path) -> Path:
    """Write a configuration that keeps how the machine downloads (Acquire) and nothing else."""
    for folder in ("lists/partial", "cache/archives/partial", "state", "unpacked"):
        (temp / folder).mkdir(parents=True)
    (temp / "sources.list").write_text(source)
    (temp / "status").touch()
    dump = run(["apt-config", "dump"]).splitlines()
    lines = [line for line in dump if line.startswith("Acquire::") and "Languages" not in line]
    settings = {
        # The system's parts are left out: they may hold hooks that run on the system.
        "Dir::Etc::main": "/dev/null", "Dir::Etc::parts": "/dev/null",
        "Dir::Etc::sourcelist": temp / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null", "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": temp / "state", "Dir::State::lists": temp / "lists",
        "Dir::State::status": temp / "status", "Dir::Cache": temp / "cache",
        "APT::Architecture": native, "APT::Install-Recommends": "0",
        # No unprivileged helper user: it could not enter this folder in somebody's home.
        "APT::Sandbox::User": "root", "APT::Update::Error-Mode": "any", "Debug::NoLocking": "1",
        "Acquire::Languages": "none", "Acquire::GzipIndexes": "1", "Acquire::Retries": "1",
        "Acquire::http::Timeout": "20", "Acquire::https::Timeout": "20",
        "Acquire::PDiffs": "0",
    }
    lines += [f'{key} "{value}";' for key, value in settings.items()]
    names = " ".join(f'"{arch}";' for arch in dict.fromkeys([native, *arches]))
    lines += ["#clear APT::Architectures;", f"APT::Architectures {{ {names} }};"]
    path = temp / "apt.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def run(command: list[str], env: Optional[dict] = None, cwd: Optional[Path] = None) -> str:
    """A command's output; when it fails, InterpreterError with its first error line."""
    try:
        done = subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InterpreterError(f"{command[0]} failed: {error}") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        raise InterpreterError(f"{command[0]} says: {(lines or [f'exit code {done.returncode}'])[0]}")
    return done.stdout
