"""What belongs on a board: the project's tree, built anew, and read."""
from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Optional

from svctl.build import mpy, overlay, sift, tree
from svctl.deploy.plan import LEDGER, LIST, MARK, NEW, NEXT, PREV, SECRETS, SETTINGS, SWITCH, File
from svctl.errors import DeployError
from svctl.setup import place

BUILT = place.BUILD / "deploy"


class Project:
    """The files that should be on a board: `files` {path: File}, `path(name)` where each lies; `notes`: what
    there is to tell of them."""

    def __init__(self, folder: Optional[Path] = None, secrets: Optional[Path] = None):
        """`folder`: a board tree; None: the project's own is built. `secrets`: the `.env` to be sent."""
        self.notes = [] if folder else tree.look(overlay.of(place.project())).notes
        self._is_built = folder is None
        self.folder = folder or build()
        self._paths = {path.relative_to(self.folder).as_posix(): path
                       for path in sift.walk(self.folder) if path.is_file()}
        self._paths = {name: path for name, path in self._paths.items() if not _is_own(name)}
        if not self._paths:
            raise DeployError(f"{self.folder}: there is nothing in it: make board builds a tree")
        if not any(name.startswith(SWITCH) for name in self._paths):
            raise DeployError(f"{self.folder}: no {SWITCH}mpy in it, which has the files take their places: "
                              "make board builds a whole tree")
        if secrets is not None:
            if not secrets.is_file():
                raise DeployError(f"{secrets}: no such file")
            self._paths[SECRETS] = secrets
        self.files = {name: _file(path) for name, path in self._paths.items()}

    def path(self, name: str) -> Path:
        return self._paths[name]

    def check(self, version: Optional[int], who: str) -> None:
        """Raise DeployError where the board, whose `sys.implementation._mpy` this is, could not load it."""
        for name, path in self._paths.items():
            if path.suffix != ".mpy":
                continue
            if version is None:
                raise DeployError(f"{who} loads no .mpy files: put a newer firmware on the board")
            mpy.check_loads(path, version, who)
            data = path.read_bytes()
            wrong = mpy.wrong_arch(data, version) or self._is_built and mpy.fault(data)
            if wrong:
                raise DeployError(f"{name}: {wrong}")


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
