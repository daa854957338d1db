"""requirements-board.lock: what each requirement was when it was locked, its files with their sha256. It is
TOML, a line a file, in an order that stays, as it belongs into git."""
from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import NamedTuple, Optional

from svctl.errors import RequiresError
from svctl.requires import addresses, paths
from svctl.requires.listed import FOLDER, MIP, PYPI

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib

FILE = "requirements-board.lock"
FORMAT = 1
HEAD = """\
# What requirements-board.txt brings to boards, with the sum of each file. svctl lock writes it.
"""
_SHA = re.compile(r"[0-9a-f]{64}")
_NAME, _VERSION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), re.compile(r"[0-9A-Za-z][0-9A-Za-z.!+_-]*")


class Item(NamedTuple):
    """A file of a package, `path` below lib/. Those of PyPI's packages lie in one archive, and have no
    `url`."""

    path: str
    sha256: str
    url: str = ""


class Package(NamedTuple):
    """`lines`: those that ask for it; `requires`: what it asks for itself; `url`, `sha256`: of its archive,
    or of its package.json, which has no sum. A folder of the project has no files here, as they are the
    project's."""

    source: str
    name: str
    version: str = ""
    lines: tuple = ()
    requires: tuple = ()
    url: str = ""
    sha256: str = ""
    files: tuple = ()

    @property
    def key(self) -> tuple:
        return self.source, self.name, self.version

    @property
    def shown(self) -> str:
        return f"{self.name} {self.version}".strip()


def read(root: Path) -> Optional[list]:
    """The packages of a project's lock; None where it has none. RequiresError where it is damaged, or
    newer."""
    try:
        text = (root / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise RequiresError(_damaged(getattr(error, "strerror", None) or "it is not UTF-8")) from error
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RequiresError(_damaged(str(error))) from None
    number = told.get("format")
    if isinstance(number, int) and number > FORMAT:
        raise RequiresError(f"{FILE} is of a newer svctl (format {number}, this one knows {FORMAT}): "
                            "pip install --upgrade aioservices")
    if number != FORMAT or not isinstance(told.get("package", []), list):
        raise RequiresError(_damaged("there is no format = 1 in it"))
    return [_package(each) for each in told.get("package", [])]


def _damaged(why: str) -> str:
    return f"{FILE} is damaged: {why}: take it from git, or remove it, and svctl lock writes one"


def _package(told: object) -> Package:
    try:
        files = tuple(Item(**each) for each in told.get("files", ()))
        package = Package(**{**told, "files": files, "lines": tuple(told.get("lines", ())),
                             "requires": tuple(told.get("requires", ()))})
    except (TypeError, AttributeError):
        raise RequiresError(_damaged(f"nobody understands {_shown(told)}")) from None
    texts = [package.name, package.version, package.url, package.sha256, *package.lines, *package.requires]
    are_texts = all(isinstance(each, str) and each.isprintable() for each in texts)
    if not are_texts or not _is_known(package):
        raise RequiresError(_damaged(f"nobody understands {_shown(told)}"))
    for item in files:
        wrong = paths.fault(item.path)
        if wrong:
            raise RequiresError(_damaged(f"{package.name}: {item.path} {wrong}"))
        if not (isinstance(item.sha256, str) and _SHA.fullmatch(item.sha256)):
            raise RequiresError(_damaged(f"{package.name}: {item.path} has no sha256"))
        if package.source != PYPI and (not isinstance(item.url, str) or addresses.fault(item.url)):
            raise RequiresError(_damaged(f"{package.name}: {item.path}: only https:// is fetched"))
    if package.source == PYPI and not _SHA.fullmatch(package.sha256):
        raise RequiresError(_damaged(f"{package.name} has no sha256"))
    return package


def _is_known(package: Package) -> bool:
    """Whether its source is one; names that pip gets are names, and a folder is one of a line."""
    if package.source == PYPI:
        return bool(_NAME.fullmatch(package.name) and _VERSION.fullmatch(package.version))
    return package.source == MIP or package.source == FOLDER and package.name in package.lines


def _shown(told: object) -> str:
    return str(told.get("name", told) if isinstance(told, dict) else told)[:60]


def text(packages: list) -> str:
    """A lock, as it is written."""
    parts = [HEAD, f"format = {FORMAT}\n"]
    for each in sorted(packages):
        lines = [f"{key} = {_quoted(value)}" for key in ("source", "name", "version", "url", "sha256")
                 for value in [getattr(each, key)] if value]
        lines += [f"{key} = [{', '.join(map(_quoted, sorted(value)))}]" for key in ("lines", "requires")
                  for value in [getattr(each, key)] if value]
        if each.files:
            lines += ["files = [", *(f"  {_inline(item)}," for item in sorted(each.files)), "]"]
        parts.append("\n[[package]]\n" + "\n".join(lines) + "\n")
    return "".join(parts)


def _inline(item: Item) -> str:
    pairs = [f"{key} = {_quoted(value)}" for key, value in item._asdict().items() if value]
    return "{ " + ", ".join(pairs) + " }"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def write(root: Path, packages: list) -> bool:
    """Write a project's lock, whole or not at all; whether it differs from the one before."""
    path, fresh = root / FILE, root / f".{FILE}.{os.getpid()}"
    made = text(packages)
    try:
        if path.is_file() and path.read_bytes() == made.encode():
            return False
        try:
            fresh.write_text(made, encoding="utf-8")
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise RequiresError(f"{error.filename or path}: {error.strerror}") from error
    return True
