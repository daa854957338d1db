"""What a board of a project gets: its settings, and the services that go there."""
from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import Iterator, Optional

from svctl.boards.described import BOOT, Board
from svctl.boards.merge import merge, nulls, plain
from svctl.build import check, overlay
from svctl.build.console import NAME as CONSOLE
from svctl.build.tree import SERVICES, is_service, sources
from svctl.deploy.plan import SECRETS, SETTINGS
from svctl.errors import BoardsError
from svctl.shared import device

CONFIG = SETTINGS[0]
END = "_service"
UNDEFINED = "is not defined in .env"  # as lib/ says it


class Going:
    """`settings`: those of a board, merged; `names`: the services that go there, None for all; `faults`:
    lines that begin with the board's file."""

    def __init__(self, root: Path, board: Board):
        self.root, self.board = root, board
        self.sources = overlay.of(root)
        self.faults = list(board.faults)
        common = read(root)
        try:
            common = merge(common, nulls(common, tuple(board.unset)))
        except KeyError as error:
            self.faults.append(f"{board.shown}: unset: {error.args[0]}")
        ours = {"name": board.name, **({"fleet": board.fleet} if board.fleet else {})}
        merged = merge(merge(common, board.settings), {BOOT: ours})
        self.names = None if board.services is None else self._going(merged)
        self.settings = {key: entry for key, entry in merged.items() if key == BOOT or self.takes(key)}
        for key in board.settings:
            if key != BOOT and not self.takes(key):
                self.faults.append(f"{board.shown}: settings.{key}: by `services` it does not go there")

    def takes(self, name: str) -> bool:
        """Whether a service goes there; one that nobody knows would, and is told by check."""
        return self.names is None or plain(name).split("@")[0] in self.names

    def has(self, path: str) -> bool:
        """Whether a file of the project's tree goes there, by its path on a board."""
        return not is_service(path) or self.takes(PurePosixPath(path).stem[:-len(END)])

    @property
    def text(self) -> str:
        """services.config: an entry a line, as people write it."""
        lines = ",\n".join(f"  {json.dumps(key, ensure_ascii=False)}: {json.dumps(entry, ensure_ascii=False)}"
                           for key, entry in sorted(self.settings.items()))
        return f"{{\n{lines}\n}}\n"

    def _going(self, merged: dict) -> set:
        """Those that `services` names, what they require, and the console."""
        found = check.read(self.sources)
        entries = {plain(key): entry for key, entry in merged.items()
                   if key != BOOT and isinstance(entry, dict)}
        known = {*found.services, *(name.split("@")[0] for name, entry in entries.items() if "cls" in entry)}
        names = {CONSOLE} & known
        for pattern in map(plain, self.board.services):
            fits = fnmatch.filter(known, pattern)
            names.update(fits)
            if not fits:
                meant = device("aioservice.spelling").near(pattern, known)
                self.faults.append(f"{self.board.shown}: services: there is no service {pattern}{meant}")
        look = device("aioservice.findings")._Look(entries, found.services, {}, {})
        todo = list(names)
        while todo:
            name = todo.pop()
            wanted = set(_files(entries, name))
            for each in {name, *(key for key in entries if key.split("@")[0] == name)}:
                wanted.update(device("aioservice.findings")._names(look._value(each, "require")))
            new = {each.split("@")[0] for each in wanted} & known - names
            names |= new
            todo += new
        return names


def _files(entries: dict, name: str) -> Iterator[str]:
    """The service whose file has the class of an entry."""
    parts = str((entries.get(name) or {}).get("cls", "")).split(".")
    yield from [part[:-len(END)] for part in parts[-2:-1] if part.endswith(END)]


def read(root: Path) -> dict:
    """The settings that all boards have in common; {} where there are none. BoardsError where they are
    damaged."""
    try:
        data = (root / CONFIG).read_bytes()
    except OSError:
        return {}
    try:
        return device("aioservice.settingsfile").parse(device("aioctl.utf8").decoded(data))[0]
    except (ValueError, RecursionError) as error:
        raise BoardsError(check.placed(f"{CONFIG} is damaged: {error}", data)) from error


@contextlib.contextmanager
def laid(root: Path, data: Optional[bytes], secrets: Optional[bytes],
         going: Optional[Going] = None) -> Iterator[Path]:
    """A folder with the services of a project, or of a board of it, and these settings and secrets."""
    with tempfile.TemporaryDirectory(prefix="aioservices-") as name:
        folder = Path(name)
        if going is not None:
            for path, source in sources(root):
                if path.startswith(f"{SERVICES}/") and going.has(path):
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).symlink_to(source.resolve())
        elif (root / "aioservices").is_dir():
            (folder / "aioservices").symlink_to((root / "aioservices").resolve())
        for path, text in ((CONFIG, data), (SECRETS, secrets)):
            if text is not None:
                (folder / path).write_bytes(text)
        yield folder


def tree_of(going: Going, folder: Path) -> Path:
    """`folder` as the sources of a board: links to what goes there of its project, and its settings."""
    files = {path: source for path, source in sources(going.sources) if going.has(path) and path != CONFIG}
    for path in [each for each in folder.rglob("*") if each.is_symlink() or each.is_file()]:
        name = path.relative_to(folder).as_posix()
        is_link = path.is_symlink()
        if name != CONFIG and name not in files or is_link and os.readlink(path) != str(files.get(name)):
            path.unlink()
    for name, source in files.items():
        if not (folder / name).is_symlink():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(source)
    if not (folder / CONFIG).is_file() or (folder / CONFIG).read_text(encoding="utf-8") != going.text:
        (folder / CONFIG).write_text(going.text, encoding="utf-8")
    return folder


def faults(going: Going) -> list[str]:
    """What check finds in the settings and services of a board, and in its file."""
    env = going.board.env or going.root / SECRETS
    secrets = env.read_bytes() if env.is_file() else None
    with laid(going.sources, going.text.encode(), secrets, going) as folder:
        found = check.of_settings(folder)
    shown = str(env.relative_to(going.root)) if env.is_relative_to(going.root) else str(env)
    return [*going.faults, *(line.replace(UNDEFINED, f"is not defined in {shown}") for line in found)]
