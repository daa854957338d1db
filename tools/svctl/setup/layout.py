"""The layout of a project of one's own: what `svctl init` writes, and what it brings up to date later. The
mark, aioservices.json, says by which layout a project was made, and which of its files svctl wrote how."""
from __future__ import annotations

import difflib
import hashlib
import json
import keyword
import re
from pathlib import Path
from typing import NamedTuple, Optional

from svctl import __version__
from svctl.build import sift
from svctl.errors import ToolError
from svctl.requires import firmware
from svctl.setup import place

# Grows when what svctl writes changes so that projects should follow; CHANGES says in a line what that is.
LAYOUT = 1
CHANGES = {1: "the first layout"}
TEMPLATES = place.PACKAGE / "templates"
# How the service and its project are called in the templates.
NAME, CLASS, VERSION = "new_name", "NewName", "VERSION"
# Written by svctl, and again by --update where nobody has changed them: {path: template}.
GIVEN = {
    "README.md": "README.md",
    ".gitignore": "gitignore",
    ".env.example": "env.example",
    ".github/workflows/test.yml": "test.yml",
    "boards/north.toml.example": "north.toml",
    "requirements.txt": "requirements.txt",
}
SETTINGS = "services.config"


class Mark(NamedTuple):
    """What stands in aioservices.json: the layout, the project's name, {path: hash} of what svctl wrote."""

    layout: int
    name: str
    files: dict


class Updated(NamedTuple):
    """What an update did: paths that were written, and {path: lines of the difference} of those that somebody
    has changed, which stay."""

    written: list
    left: dict


def check_name(name: str) -> None:
    """Raise ToolError where a service cannot be called so."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ToolError(f"{name}: a name has small letters, digits and _, like door_lock")


def check_free(name: str, root: Optional[Path] = None) -> None:
    """Raise ToolError where a new service of the project at `root` would take the place of what is there."""
    path = service_paths(name)["service"]
    if (place.CODE / path).is_file() and not (root and (root / path).is_file()):
        raise ToolError(f"{name}: svctl has a service of that name: take another; to replace it on "
                        f"purpose write {path} yourself")
    own = sift.entries(root / "lib") if root else []
    if name in firmware.MODULES or name in {path.stem for path in [*sift.entries(place.LIB), *own]}:
        raise ToolError(f"{name}: boards have a module of that name: take another")


def service_paths(name: str) -> dict[str, str]:
    """Where a service and its test lie in a project."""
    return {"service": f"aioservices/services/{name}_service.py", "test": f"tests/test_{name}.py"}


def service_text(template: str, name: str) -> str:
    """A service or its test, like "runtime_test", for a name like door_lock."""
    text = (TEMPLATES / f"{template}.py").read_text(encoding="utf-8")
    camel = "".join(part.capitalize() for part in name.split("_"))
    return text.replace(NAME, name).replace(CLASS, camel)


def put(path: Path, text: str) -> None:
    """Write a file of a project."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def create(root: Path, name: str) -> list[str]:
    """Make a project, in a folder that is not there yet; the paths that were written."""
    check_name(name)
    check_free(name)
    if root.exists() or root.is_symlink():
        known = ": svctl init --update in it brings it up to date" if place.is_own(root) else ""
        raise ToolError(f"{root.name} is there already{known or ': take another name'}. Nothing was written")
    texts = {path: _given(path, name) for path in GIVEN}
    texts[SETTINGS] = _template(SETTINGS, name)
    texts.update({path: service_text(f"runtime_{kind}", name) for kind, path in service_paths(name).items()})
    try:
        for path, text in texts.items():
            put(root / path, text)
        _sign(root, name, {path: _hash(texts[path]) for path in GIVEN})
    except OSError as error:
        raise ToolError(f"{error.filename}: {error.strerror}") from error
    return sorted([*texts, place.MARK])


def update(root: Path) -> Updated:
    """Bring what svctl wrote up to date. A file that somebody has changed, or removed, stays so."""
    mark = read(root)
    done = Updated([], {})
    known = dict(mark.files)
    for path in GIVEN:
        text, there, wrote = _given(path, mark.name), _text(root / path), mark.files.get(path)
        if there == text:
            known[path] = _hash(text)
        elif wrote is None if there is None else wrote == _hash(there):
            put(root / path, text)
            known[path] = _hash(text)
            done.written.append(path)
        elif there is not None and wrote != _hash(text):  # svctl's own has changed since, too
            done.left[path] = list(difflib.unified_diff(
                there.splitlines(), text.splitlines(), path, f"{path} of svctl", lineterm="", n=0))
    if mark._replace(layout=LAYOUT, files=known) != mark:
        _sign(root, mark.name, known)
    return done


def read(root: Path) -> Mark:
    """The mark of a project; ToolError where it cannot be one, or is of a newer svctl."""
    path = root / place.MARK
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        mark = Mark(int(found["layout"]), str(found["name"]), dict(found["files"]))
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError):
        raise ToolError(f"{path} is damaged: take it from git, or one that svctl init NAME writes") from None
    if mark.layout > LAYOUT:
        raise ToolError(f"the project was made by a newer svctl (layout {mark.layout}, this one knows "
                        f"{LAYOUT}): pip install --upgrade aioservices")
    return mark


def told(root: Path) -> Optional[str]:
    """What there is to say of a project's age, in a line; None if nothing. ToolError as of read()."""
    mark = read(root)
    if mark.layout == LAYOUT:
        return None
    what = "; ".join(CHANGES[number] for number in range(mark.layout + 1, LAYOUT + 1))
    return (f"the project is of an older svctl (layout {mark.layout}, now {LAYOUT}: {what}); svctl init "
            "--update follows, and leaves what is yours")


def _sign(root: Path, name: str, files: dict) -> None:
    mark = {"layout": LAYOUT, "name": name, "files": files}
    put(root / place.MARK, json.dumps(mark, indent=2) + "\n")


def _given(path: str, name: str) -> str:
    return _template(GIVEN[path], name)


def _template(file: str, name: str) -> str:
    text = (TEMPLATES / "project" / file).read_text(encoding="utf-8")
    return text.replace(NAME, name).replace(VERSION, __version__)


def _text(path: Path) -> Optional[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
