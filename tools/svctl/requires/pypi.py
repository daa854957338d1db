"""Packages of PyPI, or of what pip's environment has in its place (PIP_INDEX_URL, PIP_FIND_LINKS): pip itself
chooses versions and fetches. A wheel is unpacked only; of a package without one pip makes it here, as pip
install does, by the package's own code."""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple, Optional
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

from packaging.requirements import InvalidRequirement, Requirement

from svctl.errors import RequiresError
from svctl.requires import fetch, store, wheels
from svctl.requires.listed import PYPI, normal
from svctl.requires.locked import Item, Package

# A wheel that is for every Python there is; what a package says of CPython's versions is nothing to a board.
PURE = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")
ARCHIVE = 16 << 20  # bytes of one
_ANY = ("--ignore-requires-python",)
_PIP = [sys.executable, "-m", "pip"]
_QUIET = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries=1", "--timeout=20"]
_ENV = {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"}  # nothing is installed


class Chosen(NamedTuple):
    """What pip would install."""

    name: str
    version: str
    url: str
    sha256: str
    requires: tuple

    @property
    def is_pure(self) -> bool:
        return not self.file.endswith(".whl") or self.file.endswith("-none-any.whl")

    @property
    def file(self) -> str:
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


def resolve(lines: list, kept: list) -> list:
    """The packages that lines ask for, and what those require; `kept`: packages whose version stays, if it
    can."""
    asked = [line.text for line in lines]
    with tempfile.TemporaryDirectory(prefix="aioservices-") as name:
        folder = Path(name)
        pins = folder / "kept.txt"
        pins.write_text("".join(f"{each.name}=={each.version}\n" for each in kept))
        chosen = _choose(folder, [*asked, "--constraint", str(pins)]) if kept else None
        chosen = chosen or _choose(folder, asked)
        if chosen is None:
            chosen = _plan(folder, [*asked, "--prefer-binary"])
        for each in chosen:
            if not each.is_pure:
                raise RequiresError(wheels.impure(_chain(each, chosen, lines), f"there is only {each.file}"))
        names = {line.name: line.text for line in lines}
        return [_locked(each, names.get(each.name), folder) for each in chosen]


def _locked(chosen: Chosen, line: Optional[str], folder: Path) -> Package:
    package = Package(PYPI, chosen.name, chosen.version, (line,) if line else (), chosen.requires,
                      _public(chosen.url), chosen.sha256)
    files = _contents(package, _archive(package, chosen.url, folder), folder)
    return package._replace(files=tuple(Item(path, store.put(data)) for path, data in sorted(files.items())))


def _choose(folder: Path, asked: list) -> Optional[list]:
    """What pip takes as wheels for any Python; None where not all of it is there."""
    try:
        return _plan(folder, [*asked, *PURE, "--target", str(folder / "target")])
    except RequiresError:
        return None


def _plan(folder: Path, asked: list) -> list:
    report = folder / "report.json"
    _pip(["install", "--dry-run", "--ignore-installed", *_ANY, "--report", str(report), *asked])
    told = json.loads(report.read_text(encoding="utf-8"))["install"]
    names = {normal(each["metadata"]["name"]) for each in told}
    return sorted(_chosen(each, names) for each in told)


def _chosen(told: dict, names: set) -> Chosen:
    metadata, info = told["metadata"], told["download_info"]
    archive = info.get("archive_info", {})
    sha = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").rpartition("sha256=")[2]
    name = normal(metadata["name"])
    if not sha:
        raise RequiresError(f"{name}: pip does not say its sha256: pip install --upgrade pip")
    return Chosen(name, metadata["version"], info["url"], sha,
                  tuple(sorted(set(_requires(metadata)) & names - {name})))


def _requires(metadata: dict) -> list:
    found = []
    for text in metadata.get("requires_dist", ()):
        try:
            found.append(normal(Requirement(text).name))
        except InvalidRequirement:
            continue
    return found


def _chain(bad: Chosen, chosen: list, lines: list) -> str:
    asking = [each.name for each in chosen if bad.name in each.requires]
    by = f", which {asking[0]} requires" if asking and bad.name not in [line.name for line in lines] else ""
    return f"{bad.name} {bad.version}{by}"


def again(package: Package) -> dict:
    """{path below lib/: content} of a locked package, fetched once more, and compared."""
    with tempfile.TemporaryDirectory(prefix="aioservices-") as name:
        folder = Path(name)
        return _contents(package, _archive(package, package.url, folder), folder)


def _contents(package: Package, archive: Path, folder: Path) -> dict:
    if archive.suffix != ".whl":
        archive = _made(package.shown, archive, folder / "made" / package.name)
    return wheels.unpack(package.shown, wheels.Archive(archive.name, archive.read_bytes()))


def _archive(package: Package, url: str, folder: Path) -> Path:
    """A package's archive: from its address, which needs no password; else by pip, which may know one."""
    parts = urlsplit(url)
    path = folder / (unquote(parts.path).rpartition("/")[2] or "archive")
    try:
        local = Path(url2pathname(parts.path)) if parts.scheme == "file" else None
        path.write_bytes(local.read_bytes() if local else fetch.fetch(url, ARCHIVE))
        if store.digest(path.read_bytes()) == package.sha256:
            return path
    except (OSError, RequiresError):
        pass
    return _by_pip(package, folder / "got" / package.name)


def _by_pip(package: Package, folder: Path) -> Path:
    folder.mkdir(parents=True)
    wanted = folder.with_suffix(".txt")
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    _pip(["download", "--no-deps", "--prefer-binary", *_ANY, "--dest", str(folder), "-r", str(wanted)])
    found = next(folder.iterdir())
    if store.digest(found.read_bytes()) != package.sha256:
        raise RequiresError(f"{package.shown}: pip brought another file than {package.url}")
    return found


def _made(shown: str, sdist: Path, folder: Path) -> Path:
    """The wheel that pip makes of a source distribution."""
    try:
        _pip(["wheel", "--no-deps", *_ANY, "--wheel-dir", str(folder), str(sdist)])
    except RequiresError as error:
        raise RequiresError(f"{shown}: pip can make no wheel of {sdist.name}: {error}") from None
    found = list(folder.glob("*.whl"))
    if len(found) != 1 or not found[0].name.endswith("-none-any.whl"):
        raise RequiresError(wheels.impure(shown, f"what pip makes of {sdist.name} has C in it"))
    return found[0]


def _pip(words: list) -> None:
    """Have pip do something; RequiresError has what it says."""
    try:
        done = subprocess.run([*_PIP, words[0], *_QUIET, *words[1:]], capture_output=True, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, env={**os.environ, **_ENV})
    except OSError as error:
        raise RequiresError(f"pip cannot be run: {error.strerror}") from error
    if done.returncode:
        raise RequiresError(_why(done.stderr))


def _why(said: str) -> str:
    """What pip says when it fails, in one line."""
    if "No module named pip" in said:
        return "pip is missing: python -m ensurepip"
    if "DO NOT MATCH THE HASHES" in said:
        found = re.search(r"^ +(\S+==\S+|\S+) from .*?:$", said, re.M)
        what = found[1] if found else "a package"
        return (f"{what}: its sha256 is another than the lock's: it was changed where it comes from. "
                f"svctl lock --upgrade {what.partition('==')[0]} takes the new one, if that is meant")
    errors = [line.partition("ERROR: ")[2] for line in said.splitlines() if line.startswith("ERROR: ")]
    errors = [line for line in errors if not line.startswith("Could not find a version")] or errors
    cut = re.search(r"Connection(?:Reset)?Error|ConnectTimeout|NameResolutionError|Retrying \(", said)
    text = errors[-1] if errors else (said.strip().splitlines() or ["it does not say why"])[-1]
    text = f"pip says: {text.strip()}"
    if cut:
        text += (". Is there a network? PIP_INDEX_URL and PIP_FIND_LINKS may name another place. What is "
                 "locked, and was fetched once, is built without")
    return text


def _public(url: str) -> str:
    """An address for others: no names or passwords, and no folder of this machine."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return parts.path.rpartition("/")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
