"""What belongs on a board: the project's tree, built anew, and read."""
from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Optional

from svctl.boards.going import CONFIG, Going
from svctl.build import mpy, overlay, sift, tree
from svctl.deploy import stamp
from svctl.deploy.plan import (
    LEDGER, LIST, MANIFEST, MARK, NEW, NEXT, PREV, SECRETS, SETTINGS, STAMP, SWITCH, File)
from svctl.deploy.uses import Uses
from svctl.errors import DeployError
from svctl.requires import brought
from svctl.setup import place

BUILT = place.BUILD / "deploy"


class Project:
    """The files that should be on a board: `files` {path: File}, `path(name)` where each lies; `notes`: what
    there is to tell of them."""

    def __init__(self, folder: Optional[Path] = None, secrets: Optional[Path] = None,
                 going: Optional[Going] = None):
        """`folder`: a board tree; None: the project's own is built. `secrets`: the `.env` to be sent.
        `going`: what of the project's own goes to the board that it is for."""
        self.going = None if folder else going
        self.elsewhere: set = set()  # files that only other boards get
        self.notes = [] if folder else _notes(place.project())
        self._is_built = folder is None
        # Who uses what its services share; a tree has no sources that would tell.
        self.uses = Uses(overlay.of(place.project())) if folder is None else None
        self.folder = folder or build()
        self._paths = {path.relative_to(self.folder).as_posix(): path
                       for path in sift.walk(self.folder) if path.is_file()}
        self._paths = {name: path for name, path in self._paths.items() if not _is_own(name)}
        if not self._paths:
            raise DeployError(f"{self.folder}: there is nothing in it: {_builds()} a tree")
        if not any(name.startswith(SWITCH) for name in self._paths):
            raise DeployError(f"{self.folder}: no {SWITCH}mpy in it, which has the files take their places: "
                              f"{_builds()} a whole tree")
        if self.going is not None:
            self._take(self.going)
        if secrets is not None:
            if not secrets.is_file():
                raise DeployError(f"{secrets}: no such file")
            self._paths[SECRETS] = secrets
        self.files = {name: _file(path) for name, path in self._paths.items()}
        if self._is_built:
            self._stamp()

    def _take(self, going: Going) -> None:
        """Leave out what does not go to a board, and take its own settings."""
        own = _beside(going)
        self.elsewhere = {name for name in self._paths if not going.has(name)}
        self._paths = {name: path for name, path in self._paths.items() if going.has(name)}
        self._paths[CONFIG] = _written(own / CONFIG, going.text)
        if MANIFEST in self._paths:
            self._paths[MANIFEST] = _written(own / MANIFEST, tree.manifest(self.folder, self._paths))
        if going.board.env is not None:
            self._paths[SECRETS] = going.board.env

    def _stamp(self) -> None:
        path = _beside(self.going) / STAMP
        apart = (*SETTINGS, SECRETS, MANIFEST, STAMP)
        sums = {name: file.sha for name, file in self.files.items() if name not in apart}
        stamp.write(path, place.project(), sums)
        self._paths[STAMP] = path
        self.files[STAMP] = _file(path)

    def path(self, name: str) -> Path:
        return self._paths[name]

    def check(self, version: Optional[int], who: str) -> None:
        """Raise DeployError where the board, whose `sys.implementation._mpy` this is, could not load it."""
        check_loads(self._paths, version, who, self._is_built)


def check_loads(paths: dict, version: Optional[int], who: str, is_built: bool = False) -> None:
    """The same of {path on the board: path}; `is_built`: what was built here is looked at more closely."""
    for name, path in paths.items():
        if not name.endswith(".mpy"):
            continue
        if version is None:
            raise DeployError(f"{who} loads no .mpy files: put a newer firmware on the board")
        mpy.check_loads(path, version, who)
        data = path.read_bytes()
        wrong = mpy.wrong_arch(data, version) or is_built and mpy.fault(data)
        if wrong:
            raise DeployError(f"{name}: {wrong}")


def _notes(root: Path) -> list:
    return [*brought.of(root).notes, *tree.look(overlay.of(root)).notes]


def _builds() -> str:
    return place.words("make board builds", "svctl run builds")


def build() -> Path:
    """Bring build/deploy up to date with the project of the current directory; its settings are always
    the project's own."""
    root = overlay.of(place.project())
    try:
        with tree.alone(BUILT.with_name(BUILT.name + "-settings")):
            for name in SETTINGS:
                if not _is_same(root / name, BUILT / name):
                    (BUILT / name).unlink(missing_ok=True)  # one that was changed there would be kept
            tree.build(BUILT, root)
    except OSError as error:
        raise DeployError(f"{error.filename or BUILT}: {error.strerror}") from error
    return BUILT


def _beside(going: Optional[Going]) -> Path:
    """Where lies what differs between the boards of a project."""
    return BUILT.with_name(f"{BUILT.name}-boards") / (going.board.name if going else "_")


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    return path


def _is_same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _is_own(name: str) -> bool:
    """What a simulated board, or a deploy to it, has written into a tree that is named."""
    if name in (SECRETS, LEDGER, LIST, MARK) or name.endswith(NEW) or name.split("/")[0] in (NEXT, PREV):
        return True
    return name.startswith("services.") and name not in SETTINGS


def _file(path: Path) -> File:
    data = path.read_bytes()
    return File(len(data), hashlib.sha256(data).hexdigest())
