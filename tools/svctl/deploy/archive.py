"""A backup of a board: a zip that any program opens, with `backup.json`, which says of which board it is and
has the hash of each file, and the board's files below `files/`.

    {"format": 1, "tool": "svctl 0.1.0", "made": "…", "kind": "whole" or "data", "secrets": false,
     "board": "north", "uid": "e661…", "about": {what svctl info shows}, "carries": {version.json},
     "up": [services that were], "masked": {service: why}, "left_out": [paths that hold secrets],
     "files": {"services.config": {"size": 320, "sha256": "…"}, …}}

Nothing is unpacked into a folder: what is in it goes from here to a board, when all of it was seen to be
whole.
"""
from __future__ import annotations

import errno
import json
import os
import re
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Optional

from svctl.deploy.plan import COPY, LIST, MARK, NEW, NEXT, PREV, SETTINGS, SWITCH, File
from svctl.deploy.project import check_loads
from svctl.errors import DeployError
from svctl.shared import device

FORMAT = 1
ABOUT, FILES = "backup.json", "files/"
WHOLE, DATA = "whole", "data"
MOST = 256 << 20  # bytes of all files: more than the flash of any board
LONGEST = 200  # characters of a path
# What a board writes of its boots, what deploys leave, what a save of settings has put aside; and what
# surrounds a simulated board.
_OWN = ("services.state0", "services.state1", "services.step", LIST, MARK, SETTINGS[0] + COPY,
        SETTINGS[0] + ".bad", "simulation.json")
# Names of files that hold secrets, and of keys in settings that do.
_SECRET = re.compile(r"(.*/)?([^/]*(\.env|\.key|secret[^/]*|key[^/]*\.(pem|der))|webrepl_cfg\.py)", re.I)
_WORD = re.compile(r"(^|_)(password|passwd|passphrase|psk|secret|token|api_?key|private_?key)$", re.I)
_NAME = re.compile(r"\$\{([^}]*)\}")


def is_own(path: str) -> bool:
    """Whether a file is of a board's own affairs, and no backup has it."""
    return path in _OWN or path.endswith(NEW) or path.split("/")[0] in (NEXT, PREV)


def is_secret(path: str) -> bool:
    return _SECRET.fullmatch(path) is not None


def open_secrets(settings: bytes) -> list:
    """The places in settings where a secret stands itself, and not as ${NAME}."""
    try:
        found = device("aioservice.settingsfile").parse(device("aioctl.utf8").decoded(settings))[0]
    except (ValueError, RecursionError):
        return []
    return sorted(_open("", found))


def _open(place: str, value: object) -> list:
    if not isinstance(value, dict):
        return []
    found = [f"{place}{key}" for key, each in value.items()
             if isinstance(each, str) and each and _WORD.search(key) and not _NAME.search(each)]
    return found + [name for key, each in value.items() for name in _open(f"{place}{key}.", each)]


def state(data: bytes) -> dict:
    """What a file says in which a board keeps what it knows of its boots, as lib/aioboot/kept.py writes it;
    {} where that is damaged."""
    text = data.decode("utf-8", errors="replace")
    try:
        found = json.loads(text[8:]) if text[:8] == device("aioboot.kept")._check(text[8:]) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, about: dict, files: dict) -> None:
    """Write {path: bytes} of a board, readable by this user alone; `path` holds all of it in the end, or is
    as it was."""
    told = {**about, "files": {name: {"size": len(data), "sha256": sha256(data).hexdigest()}
                               for name, data in sorted(files.items())}}
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
                made.writestr(ABOUT, json.dumps(told, indent=1) + "\n")
                for name, data in sorted(files.items()):
                    made.writestr(FILES + name, data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        why = "no space is left there" if error.errno == errno.ENOSPC else error.strerror
        raise DeployError(f"{path} cannot be written: {why}. The board was only read") from error
    finally:
        fresh.unlink(missing_ok=True)


class _Held:
    """Stands for the path of a file."""

    def __init__(self, name: str, data: bytes):
        self.name, self._data = name.rpartition("/")[2], data

    def read_bytes(self) -> bytes:
        return self._data


class Archive:
    """A backup that was read and found to be whole; to a deploy what a project is. `about`: what its
    backup.json says. DeployError says what is wrong with it."""

    notes: list = []
    uses = None  # nobody knows who uses what

    def __init__(self, path: Path):
        self.shown = str(path)
        try:
            with zipfile.ZipFile(path) as found:
                self._read(found)
        except FileNotFoundError:
            raise DeployError(f"{path}: no such file") from None
        except OSError as error:
            raise DeployError(f"{path} cannot be read: {error.strerror}") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise self._wrong("it is no zip file, is cut short or damaged") from None
        self.files = {name: File(len(data), sha256(data).hexdigest()) for name, data in self._data.items()}

    def _wrong(self, why: str) -> DeployError:
        return DeployError(f"{self.shown} cannot be restored: {why}")

    def _read(self, found: zipfile.ZipFile) -> None:
        names = found.namelist()
        if ABOUT not in names:
            raise self._wrong("no svctl backup has made it")
        try:
            told = json.loads(self._member(found, ABOUT, MOST >> 4))
            kind = told["format"]
            list(told.get("left_out") or []), list(told.get("up") or [])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._wrong(f"its {ABOUT} is damaged") from None
        if not isinstance(kind, int) or kind > FORMAT:
            raise self._wrong(f"a newer svctl has made it (format {kind}, this one knows {FORMAT}): "
                              "pip install --upgrade aioservices")
        if not _is_about(told):
            raise self._wrong(f"its {ABOUT} is damaged")
        self.about, listed = told, told["files"]
        for name in listed:
            if not can_name(name):
                raise self._wrong(f"{name[:80]!r} is no path of a board's file")
        if sorted(names) != sorted([ABOUT, *(FILES + name for name in listed)]):
            raise self._wrong(f"it has not the files that its {ABOUT} lists")
        if sum(found.getinfo(name).file_size for name in names) > MOST:
            raise self._wrong(f"it has more than {MOST >> 20} MB, which no board holds")
        self._data = {name: self._member(found, FILES + name, each["size"]) for name, each in listed.items()}
        for name, data in self._data.items():
            if listed[name] != {"size": len(data), "sha256": sha256(data).hexdigest()}:
                raise self._wrong(f"{name} is damaged: it is not what was backed up")

    @staticmethod
    def _member(found: zipfile.ZipFile, name: str, most: int) -> bytes:
        if found.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile
        with found.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise zipfile.BadZipFile
        return data

    @property
    def is_whole(self) -> bool:
        return self.about["kind"] == WHOLE

    @property
    def has_switch(self) -> bool:
        return any(name.startswith(SWITCH) for name in self.files)

    def path(self, name: str) -> _Held:
        return _Held(name, self._data[name])

    def check(self, version: Optional[int], who: str) -> None:
        """As Project.check(); what was no .mpy on the board either is as good as it was."""
        check_loads({name: self.path(name) for name, data in self._data.items()
                     if data[:1] == b"M" and len(data) > 3}, version, who)

    def names(self) -> set:
        """The ${NAME}s in its settings."""
        found = set()
        for name in SETTINGS:
            found.update(_NAME.findall(self._data.get(name, b"").decode("utf-8", errors="replace")))
        return found


def defined(env: bytes) -> set:
    """The names that a .env has."""
    return set(device("aioctl.env").parse(env.decode("utf-8-sig", errors="replace")))


def _is_about(told: dict) -> bool:
    """Whether backup.json has what it should."""
    texts = [told.get("uid"), told.get("board"), *(told.get("left_out") or []), *(told.get("up") or [])]
    tables = [told.get("about") or {}, told.get("masked") or {}, told.get("files")]
    if not all(isinstance(each, dict) for each in tables) or told.get("kind") not in (WHOLE, DATA):
        return False
    return all(isinstance(each, (str, type(None))) for each in texts) and all(
        isinstance(each, dict) and isinstance(each.get("size"), int) and 0 <= each["size"] <= MOST
        for each in told["files"].values())


def can_name(name: object) -> bool:
    """Whether it is a path below a board's root, which a list of a deploy can name."""
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST or is_own(name):
        return False
    if any(part in ("", ".", "..") for part in name.split("/")):
        return False
    return all(c.isprintable() and c not in "\\!" for c in name)
