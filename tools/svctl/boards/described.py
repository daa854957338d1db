"""The boards of a project: boards/<name>.toml. The file's name is the board's one name: what people type, and
`_boot.name` in its settings."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from svctl.boards.merge import plain
from svctl.errors import BoardsError
from svctl.setup import place
from svctl.shared import device

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib

FOLDER, SUFFIX = "boards", ".toml"
BOOT = "_boot"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
NAMED = "small letters, digits and, inside, -, at most 32"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_fleet(value: object) -> bool:
    return _is_texts(value) and all(map(NAME.fullmatch, value))


def _is_tables(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, dict) for each in value.values())


def _is_uid(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"([0-9a-fA-F]{2})+", value) is not None


KEYS = {
    "port": (_is_text, "a port, like \"/dev/ttyACM0\""),
    "uid": (_is_uid, "the board's unique id in hexadecimal, as svctl info shows it"),
    "firmware": (_is_text, "what sys.platform says there, like \"rp2\" or \"esp32\""),
    "fleet": (_is_fleet, f"a list of names ({NAMED})"),
    "env": (_is_text, "a file of the project, like \"boards/north.env\""),
    "services": (_is_texts, "a list of names of services, or of patterns with *"),
    "unset": (_is_texts, "a list of paths, like [\"hello.kwargs.period\"]"),
    "settings": (_is_tables, "tables, like [settings.hello]"),
}


@dataclass
class Board:
    """What a file says of a board, and what is wrong with it: lines that begin with the file's name."""

    name: str
    file: Path
    port: Optional[str] = None
    uid: Optional[str] = None
    firmware: Optional[str] = None
    fleet: list = field(default_factory=list)
    env: Optional[Path] = None
    services: Optional[list] = None  # which go there; None: all
    unset: list = field(default_factory=list)
    settings: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)

    @property
    def shown(self) -> str:
        return f"{FOLDER}/{self.file.name}"

    def wrong(self, text: str) -> None:
        self.faults.append(f"{self.shown}: {text}")


def every(root: Path) -> list[Board]:
    """The boards of a project, by name."""
    folder = root / FOLDER
    if not folder.is_dir():
        return []
    found = [_read(path, root) for path in sorted(folder.iterdir())
             if path.suffix.lower() == SUFFIX and path.is_file()]
    for one in found:
        for other in found:
            if one is not other:
                _apart(one, other)
    return found


def _apart(one: Board, other: Board) -> None:
    """What keeps two boards from being told apart."""
    if one.name.lower() == other.name.lower():
        one.wrong(f"{other.shown} is the same name: a board has one, in small letters")
    elif one.uid is not None and one.uid == other.uid:
        one.wrong(f"uid: {other.shown} has the same: a board has one file")
    elif one.port is not None and one.port == other.port and None in (one.uid, other.uid):
        one.wrong(f"port: {other.shown} has the same: give both their uid, which tells them apart")


def _read(path: Path, root: Path) -> Board:
    board = Board(path.stem, path)
    if not NAME.fullmatch(board.name) or path.suffix != SUFFIX:
        better = re.sub(r"[^a-z0-9]+", "-", board.name.lower()).strip("-")[:32].strip("-")
        like = f": call it {better}{SUFFIX}" if better else ""
        board.wrong(f"a board's name has {NAMED}{like}")
    try:
        told = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        told = {}
        board.wrong(str(error.strerror))
    except ValueError as error:  # TOML's, and that of what is no UTF-8
        told = {}
        board.wrong(f"not TOML: {error}")
    for key, value in told.items():
        if key not in KEYS:
            meant = device("aioservice.spelling").near(key, KEYS)
            board.wrong(f"{key}: there is no such key, only {', '.join(KEYS)}{meant}")
        elif not KEYS[key][0](value):
            board.wrong(f"{key}: expected {KEYS[key][1]}, not {value!r}")
        else:
            setattr(board, key, value)
    _settled(board, root)
    return board


def _settled(board: Board, root: Path) -> None:
    """The values as they are used, looked at once more."""
    board.uid = board.uid and board.uid.lower()
    if board.port and "/" in board.port:  # that of a simulated one may be a file of the project
        board.port = str(root / board.port)
    for key in ("name", "fleet"):
        if key in board.settings.get(BOOT, {}):
            says = "the file's name is the board's" if key == "name" else "fleet = [...] at the top says it"
            board.wrong(f"settings.{BOOT}.{key}: {says}")
    names = [plain(name) for name in board.settings]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        board.wrong(f"settings: {twice} and {twice}.service are the same: keep one")
    if board.env is not None:
        board.env = root / board.env
        if not board.env.is_file():
            shown = board.env.relative_to(root) if board.env.is_relative_to(root) else board.env
            board.wrong(f"env: {shown} is not there: it has lines NAME=value")


def asked(root: Path) -> list[str]:
    """The services that the files of a project's boards name."""
    return [plain(name) for board in every(root) for name in (*board.settings, *(board.services or ()))]


def named(name: str, root: Optional[Path] = None) -> Board:
    """The board of that name; BoardsError where there is none, or its file has a fault."""
    root = root or place.project()
    found = every(root)
    board = next((each for each in found if each.name == name), None)
    if board is None:
        names = [each.name for each in found]
        meant = next((f"; did you mean {each}?" for each in names if each.lower() == name.lower()), None)
        meant = meant or device("aioservice.spelling").near(name, names)
        there = f"; there are: {', '.join(names)}" if names else f"; {root} has no {FOLDER}/*{SUFFIX}"
        raise BoardsError(f"there is no board {name}{meant or there}")
    if board.faults:
        raise BoardsError(board.faults[0])
    return board
