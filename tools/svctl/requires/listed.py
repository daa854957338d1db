"""requirements-board.txt, line by line: which packages boards get beside what is in lib/.

    bme280>=1,<2                    of PyPI, as pip takes it
    ./drivers/bme                   a package, a module, or a folder with package.json; of the project
    github:org/repo@v1              what mip takes: github:, gitlab:, codeberg:, https://…/package.json,
    logging@0.6                     and micropython-lib, with a version or @latest
    --firmware-has ulab             modules that the firmware of one's boards has, and others do not
"""
from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, NoReturn

from svctl.errors import RequiresError

FILE = "requirements-board.txt"
PYPI, FOLDER, MIP = "pypi", "folder", "mip"
HOSTS = ("github:", "gitlab:", "codeberg:")
HAS = "--firmware-has"
KINDS = "name==1.0 (PyPI), name@1.0 (micropython-lib), github:org/repo@v1, https://…/package.json or ./folder"
_VERSION = r"(?!.*\.\.)[A-Za-z0-9][\w.+/-]*"
_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*")
_HOSTED = re.compile(r"(?:github|gitlab|codeberg):[\w.-]+/[\w.-]+(?:/[\w.-]+)*/?")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class Line(NamedTuple):
    """`text`: as written, without spaces that do not count; `version`: what mip is told, or ""."""

    number: int
    text: str
    kind: str
    name: str
    version: str = ""

    @property
    def shown(self) -> str:
        return f"{FILE}, line {self.number}: {self.text}"


class Listed(NamedTuple):
    lines: list
    firmware: set  # modules of --firmware-has


def read(root: Path) -> Listed:
    """What a project requires; RequiresError names the line that nobody understands."""
    found = Listed([], set())
    path = root / FILE
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return found
    except UnicodeDecodeError:
        raise RequiresError(f"{FILE}: it is not UTF-8: save it so") from None
    except OSError as error:
        raise RequiresError(f"{path}: {error.strerror}") from error
    for number, each in enumerate(text.splitlines(), 1):
        each = re.sub(r"(^|\s)#.*", "", each).strip()
        if each.startswith(HAS):
            found.firmware.update(_modules(number, each))
        elif each:
            found.lines.append(line(number, each))
    first: dict = {}
    for each in found.lines:
        same = first.setdefault((each.kind, each.name), each)
        if same is not each:
            raise RequiresError(f"{each.shown}: line {same.number} has it already: keep one")
    return found


def line(number: int, text: str) -> Line:
    """A line that asks for something."""
    if not text.isprintable():
        _refuse(number, ascii(text)[1:-1], "there are characters in it that cannot be printed")
    if text.startswith(("./", "../", "/", "~")) or text in (".", ".."):
        return _folder(number, text)
    if text.startswith("-"):
        _refuse(number, text, f"there is one option here, {HAS} NAME; those of pip stand in its environment, "
                "like PIP_INDEX_URL")
    if text.startswith(("http:", "https:")):
        return _address(number, text)
    if text.startswith(HOSTS) or "@" in text and " @" not in text:
        return _mip(number, text)
    return _pypi(number, text)


def mip(text: str) -> tuple:
    """(name, version) of what mip takes, as a package.json may ask for it, too; ValueError if it is none."""
    name, _, version = text.partition("@")
    if text.startswith("https://") or text.startswith("http://"):
        name, version = text, ""
        if not text.isascii() or not re.fullmatch(r"https?://[\w.\[\]:-]+(/[\w.~%+/-]*)?", text):
            raise ValueError("no address")
    elif not (_HOSTED if text.startswith(HOSTS) else _PLAIN).fullmatch(name) or ".." in name.split("/"):
        raise ValueError("no name")
    if ("@" in text and not text.startswith("http")) and not re.fullmatch(_VERSION, version):
        raise ValueError("no version")
    return name.rstrip("/"), version


def _refuse(number: int, text: str, why: str) -> NoReturn:
    raise RequiresError(f"{FILE}, line {number}: {text}: {why}")


def _modules(number: int, text: str) -> list:
    names = re.split(r"[\s,=]+", text[len(HAS):].strip())
    if text[len(HAS):][:1] not in (" ", "=", "\t") or not all(map(_MODULE.fullmatch, names)):
        _refuse(number, text, f"expected names of modules, like {HAS} ulab lvgl")
    return names


def _folder(number: int, text: str) -> Line:
    if text.startswith(("/", "~")):
        _refuse(number, text, "other machines do not have that path: write it as seen from here, like "
                "./drivers/bme")
    return Line(number, text.rstrip("/"), FOLDER, text.rstrip("/"))


def _address(number: int, text: str) -> Line:
    try:
        name, version = mip(text)
    except ValueError:
        _refuse(number, text, "expected an address like https://example.com/bme/package.json")
    return Line(number, text, MIP, name, version)


def _mip(number: int, text: str) -> Line:
    try:
        name, version = mip(text)
    except ValueError:
        _refuse(number, text, "nobody understands it: expected " + KINDS)
    if text.startswith(HOSTS) and name.count("/") < 1:
        _refuse(number, text, "expected org and repo, like github:org/repo@v1")
    return Line(number, text, MIP, name, version)


def normal(name: str) -> str:
    """A name of PyPI as all its spellings are one there."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pypi(number: int, text: str) -> Line:
    from packaging.requirements import InvalidRequirement, Requirement  # which takes a while to load

    try:
        found = Requirement(text)
    except InvalidRequirement:
        _refuse(number, text, "nobody understands it: expected " + KINDS)
    if found.url is not None:
        _refuse(number, text, "an address is for mip: put the wheel into a folder that PIP_FIND_LINKS names")
    if found.marker is not None:
        _refuse(number, text, "a board is none of pip's environments: leave out what stands behind ;")
    if not found.specifier and not found.extras:
        _refuse(number, text, f"which one? {text}@latest is micropython-lib's, {text}>=0 that of PyPI")
    name = normal(found.name)
    extras = f"[{','.join(sorted(found.extras))}]" if found.extras else ""
    versions = ",".join(sorted(map(str, found.specifier)))
    return Line(number, f"{name}{extras}{versions}", PYPI, name)
