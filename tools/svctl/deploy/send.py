"""Carries out a deploy up to the switch: looks at the board, and sends what differs into a second set beside
the running one. Nothing that the board uses is touched here; lib/aioswitch.py has it take its place."""
from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import Callable, NamedTuple, Optional

from svctl.deploy import plan as plans
from svctl.deploy.plan import BACK, COPY, LEDGER, LIST, MANIFEST, MARK, NEXT, PREV, SHIM, SWITCH, File, Plan
from svctl.deploy.project import Project
from svctl.errors import BoardFault, DeployError, LinkError
from svctl.link.cable import Link
from svctl.link.source import DEVICE
from svctl.shared import device

COPIED = 4096  # bytes of a file of its own that a board copies at once
PIECE = 768  # bytes of a file that are sent at once: what a board has to decode in its heap
FOLDERS = {"lib", "aioservices", NEXT, PREV}
OLDEST = (1, 24)
BOOT = "boot.py"
FAULT = "! "


def about(link: Link) -> dict:
    """What a board is: see device/about.py."""
    return {key: value for part in link.ask("about", "board") for key, value in part.items()}


def uid(link: Link) -> Optional[str]:
    """The unique id of a board; None where it has none."""
    return link.call("who", "uid").strip() or None


def carried(link: Link) -> Optional[dict]:
    """What a board carries, as its version.json has it; None without one."""
    try:
        found = json.loads(link.call("who", "carried"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def look(link: Link, tree: dict, known: Optional[dict] = None) -> tuple[dict, set]:
    """({path: File} of a board, with hashes where these decide, the paths that earlier deploys put there).
    `known`: files of which it is known what is in them, unless their size is another."""
    folders = FOLDERS.union(path.split("/")[0] for path in tree if "/" in path)
    board = {path: File(size) for path, size in link.ask("files", "walk", ["", *sorted(folders)])}
    board.update({path: file for path, file in (known or {}).items() if board.get(path) == (file.size, None)})
    asked = [path for path in plans.candidates(tree, board) if board[path].sha is None]
    for path, sha in link.ask_each("files", "sums", asked):
        if sha is not None:
            board[path] = File(board[path].size, sha)
    for name in (LEDGER, MANIFEST):
        if name in board:
            text = read(link, name).decode("utf-8", errors="replace")
            columns = 0 if name == LEDGER else 2  # "size sha256 path" in a manifest
            return board, {line.split(" ", columns)[-1] for line in text.splitlines() if line}
    return board, set()


def read(link: Link, path: str) -> bytes:
    """What is in a file of the board; empty where there is none."""
    return b"".join(base64.b64decode(piece) for piece in link.ask("files", "read", path))


def state(link: Link) -> tuple[str, str, int]:
    """(what a switch on the board has come to, why, boots on trial): see lib/aioswitch.py; "" where there is
    none."""
    text = read(link, MARK)
    found = device("aioswitch").parse(text) if text else ["", "", 0, ""]
    return found[0], found[3], found[2]


class Kept(NamedTuple):
    """Of a deploy: whether the set before is kept; whether this one was brought back; the services that were
    up before it, None where nobody knows."""

    whole: bool
    back: bool
    up: Optional[list]


def kept(link: Link) -> Kept:
    there = {path for path, _ in link.ask("files", "walk", ["", NEXT, PREV])}
    text, back = read(link, LIST), read(link, BACK) if BACK in there else b""
    beside = device("aioswitch").beside(text)
    up = beside["up"].split() if "up" in beside else None
    return Kept(plans.is_kept(text, back, there), "back" in beside, up)


def check(project: Project, found: dict, port: str) -> None:
    """Raise DeployError where the board could not run the project."""
    who = f"{port}: {found['name']} {found['version']}"
    if found["name"] != "micropython":
        raise DeployError(f"{who} is no MicroPython: nothing was changed")
    if tuple(int(n) for n in found["version"].split(".")[:2]) < OLDEST:
        raise DeployError(f"{who} is too old: put {OLDEST[0]}.{OLDEST[1]} or newer on the board")
    project.check(found["mpy"], who)


def check_room(link: Link, plan: Plan, tree: dict, board: dict, found: dict) -> None:
    """Raise DeployError where the board's flash cannot hold the new files beside the old."""
    if found["flash_free"] is None:
        return
    block = found["flash_block"] or 4096
    needed = plans.room(plan, tree, board, block, _is_fat(link, board))
    needed -= sum(board[path].size // block * block for path in plan.kept)  # these go before
    if needed > found["flash_free"]:
        raise DeployError(f"{link.port}: the flash is too full: {needed} B are needed beside what is there, "
                          f"{found['flash_free']} B are free. Remove files that are not the project's; "
                          "nothing was changed")


def _is_fat(link: Link, board: dict) -> bool:
    """Whether the board takes large letters for small ones; old files are copied there, and not moved."""
    sizes = {file.size: path for path, file in board.items() if "/" not in path and path.upper() not in board}
    if not sizes:
        return False
    return any(sha for _, sha in link.ask("files", "sums", [sizes[min(sizes)].upper()]))


def amount(project: Project, plan: Plan, board: dict) -> int:
    """Bytes of the files of a plan that go over the cable."""
    sizes = {path: project.files[path].size for path in plan.send if path not in plan.staged}
    if MANIFEST in sizes:
        sizes[MANIFEST] = _sent(plans.parts(project.path(MANIFEST).read_bytes(), board, plan))
    return sum(sizes.values())


def _sent(parts: list) -> int:
    return sum(len(part) for part in parts if isinstance(part, bytes))


class Sender:
    """Sends the files of a plan; `progress(done, all)` is called with bytes. `beside`: what the board is to
    know of the time before."""

    def __init__(self, link: Link, project: Project, plan: Plan, board: dict,
                 progress: Callable[[int, int], None], beside: str = ""):
        self.link, self.plan, self.board, self.progress, self.beside = link, plan, board, progress, beside
        self.data = {path: project.path(path).read_bytes() for path in plan.send}
        for path in plan.replaced:  # else what the board has kept would count if this were damaged
            self.data[path + COPY] = self.data[path]
        if plan.ledger:
            self.data[LEDGER] = "".join(f"{path}\n" for path in plan.ledger).encode()
        self.shim = None
        if BOOT in self.data or BOOT in project.files and not knows(project.path(BOOT).read_bytes()):
            old = read(link, BOOT) if BOOT in board else b""
            if not knows(old):
                self.shim = (DEVICE / "shim.py").read_bytes() + b"\n" + old
                self.data[BOOT] = project.path(BOOT).read_bytes()

    def stage(self) -> None:
        """Send the new set beside the running one, and check it on the board; after a fault the board is as
        it was, after a cut it is but for files that nobody uses."""
        files = {plans.staged(path): data for path, data in self.data.items() if path not in self.plan.staged}
        if self.shim is not None:
            files[SHIM] = self.shim
        sizes = {path: len(data) for path, data in self.data.items()}
        files[LIST] = plans.steps(self.plan, sizes, self.board, self.shim and len(self.shim), self.beside)
        try:
            self._remove([*self.plan.kept, *self.plan.stale])
            parts = {path: plans.parts(files[path], self.board, self.plan) for path in files
                     if path == plans.staged(MANIFEST)}
            write(self.link, files, self.progress, parts)
        except BoardFault as error:
            self._remove([*files, *map(plans.staged, self.plan.staged)])
            raise self._refused(error) from error
        except LinkError as error:
            raise LinkError(f"{error}. Nothing has taken its place yet: deploy again, it goes on from "
                            "there") from error

    def switch(self, reset: bool, trial: bool = True) -> None:
        """Have the new set take its place; it is on trial then. `reset`: and reset the board at once."""
        try:
            load(self.link)
            way = list(self.link.ask("switch", "prepare"))[-1]
        except BoardFault as error:
            settle(self.link)
            raise self._refused(error) from error
        go(self.link, way, reset, trial)

    def _refused(self, error: BoardFault) -> DeployError:
        return DeployError(f"{self.link.port}: {_reason(str(error), error.kind)}; nothing was changed")

    def _remove(self, paths: list) -> None:
        for _ in self.link.ask_each("put", "remove", paths):
            pass


def knows(boot: bytes) -> bool:
    """Whether a boot.py goes on with a switch."""
    return b"aioswitch" in boot


def write(link: Link, files: dict, progress: Callable[[int, int], None] = lambda *_: None,
          parts: Optional[dict] = None) -> None:
    """Write files, {path: bytes}, and see that they read back the same. `parts`: what they are made of, as
    plans.parts() has it, where not all of it is sent."""
    parts = parts or {}
    made = {path: parts.get(path, [data]) for path, data in files.items()}
    total = sum(map(_sent, made.values()))
    done = 0
    for path, pieces in made.items():
        if "/" in path:
            link.call("put", "folder", path)
        first = True
        for piece in pieces:
            size = COPIED if isinstance(piece, tuple) else PIECE
            for at in range(0, (piece[1] if isinstance(piece, tuple) else len(piece)) or 1, size):
                if isinstance(piece, tuple):
                    link.call("put", "copy", MANIFEST, piece[0] + at, min(size, piece[1] - at), path, first)
                else:
                    data = piece[at:at + size]
                    link.call("put", "piece", path, first, base64.b64encode(data).decode())
                    done += len(data)
                    progress(done, total)
                first = False
    wrong = [path for path, sha in link.ask_each("files", "sums", list(files))
             if sha != sha256(files[path]).hexdigest()]
    again = [path for path in wrong if path in parts]  # the board's own was another
    if again:
        write(link, {path: files[path] for path in again}, progress)
    if wrong != again:
        raise BoardFault(f"{wrong[0]} reads back different: is the flash worn out?")


# --- what lib/aioswitch does on the board ---


def go(link: Link, way: str, reset: bool, trial: bool = True) -> None:
    """Decide it. Raises DeployError where the files before are back."""
    try:
        said = (link.last if reset else link.call)("switch", "go", way, reset, trial).strip()
    except LinkError as error:
        raise LinkError(f"{error}. It happened while the files took their places, which the board does "
                        "without the cable: deploy again to see that it has") from error
    if not said.isdigit():
        why = _reason(said, said.removeprefix(FAULT))
        raise DeployError(f"{link.port}: {why.removeprefix(FAULT)}; the files before are back")


def roll_back(link: Link, beside: str) -> str:
    """Make the set before the next one; the way in which it is to take its place."""
    link.call("switch", "load")  # that of the set in place: what is kept may have another
    try:
        for _ in link.ask("back", "make", beside):
            pass
        return list(link.ask("switch", "prepare"))[-1]
    except BoardFault as error:
        for _ in link.ask("back", "leave"):
            pass
        raise DeployError(f"{link.port}: {_reason(str(error), error.kind)}; nothing was changed") from error


def load(link: Link, project: Project = None) -> None:
    """Load it there. `project`: from here, if the board has none, or none that can be loaded."""
    try:
        link.call("switch", "load", NEXT, PREV)
    except BoardFault:
        if project is None:
            raise
        path = next(path for path in project.files if path.startswith(SWITCH))
        write(link, {plans.staged(path): project.path(path).read_bytes()})
        link.call("switch", "load", NEXT, PREV)


def settle(link: Link) -> None:
    """Remove what the set that is in its place needs no more, and forget the module."""
    for _ in link.ask("switch", "settle"):
        pass
    drop(link)


def drop(link: Link) -> None:
    """Forget the module: the next deploy brings its own."""
    link.call("switch", "drop")


def undo(link: Link, why: str, reset: bool) -> None:
    """Put the old set back. `reset`: and reset the board at once."""
    load(link)
    (link.last if reset else link.call)("switch", "undo", why, reset)


def hold(link: Link, seconds: int) -> None:
    """Judge the boot on trial from here."""
    load(link)
    link.call("switch", "hold", seconds)


def _reason(text: str, kind: str) -> str:
    if kind.startswith("OSError: 28") or "ENOSPC" in kind:
        return "the flash is full: remove files that are not the project's"
    if kind.startswith("OSError: 30") or "EROFS" in kind:
        return "the flash cannot be written: is it mounted read-only, or by the host as a drive?"
    if kind.startswith("MemoryError"):
        return "the board has not enough heap left to take a file: stop a service, or reset it"
    return text
