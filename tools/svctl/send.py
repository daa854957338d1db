"""Carries out a deploy: looks at the board, sends what differs beside what is there, and has it all
take its place at once. Until then nothing that the board uses is touched."""
from __future__ import annotations

import base64
from typing import Callable

from tools.errors import BoardFault, DeployError, LinkError
from tools.svctl import plan as plans
from tools.svctl.link import Link
from tools.svctl.plan import LEDGER, MANIFEST, NEW, File, Plan
from tools.svctl.project import Project

PIECE = 768  # bytes of a file that are sent at once: what a board has to decode in its heap
FOLDERS = {"lib", "aioservices"}
OLDEST = (1, 24)


def about(link: Link) -> dict:
    """What a board is: see device/about.py."""
    return {key: value for part in link.ask("about", "board") for key, value in part.items()}


def look(link: Link, tree: dict) -> tuple[dict, set]:
    """({path: File} of a board, with hashes where these decide, the paths that earlier deploys put there)."""
    folders = FOLDERS.union(path.split("/")[0] for path in tree if "/" in path)
    board = {path: File(size) for path, size in link.ask("files", "walk", ["", *sorted(folders)])}
    for path, sha in link.ask_each("files", "sums", plans.candidates(tree, board)):
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


def check(project: Project, found: dict, port: str) -> None:
    """Raise DeployError where the board could not run the project."""
    who = f"{port}: {found['name']} {found['version']}"
    if found["name"] != "micropython":
        raise DeployError(f"{who} is no MicroPython: nothing was changed")
    if tuple(int(n) for n in found["version"].split(".")[:2]) < OLDEST:
        raise DeployError(f"{who} is too old: put {OLDEST[0]}.{OLDEST[1]} or newer on the board")
    project.check(found["mpy"], who)


def check_room(plan: Plan, tree: dict, found: dict, port: str) -> None:
    """Raise DeployError where the board's flash cannot hold the new files beside the old."""
    if found["flash_free"] is None:
        return
    needed = plans.room(plan, tree, found["flash_block"] or 4096)
    if needed > found["flash_free"]:
        raise DeployError(f"{port}: the flash is too full: {needed} B are needed beside what is there, "
                          f"{found['flash_free']} B are free. Remove files that are not the project's; "
                          "nothing was changed")


class Sender:
    """Sends the files of a plan; `progress(done, all)` is called with bytes."""

    def __init__(self, link: Link, project: Project, plan: Plan, progress: Callable[[int, int], None]):
        self.link, self.project, self.plan, self.progress = link, project, plan, progress
        self.data = {path: project.path(path).read_bytes() for path in plan.send if path not in plan.staged}
        if plan.ledger:
            self.data[LEDGER] = "".join(f"{path}\n" for path in plan.ledger).encode()

    def stage(self) -> None:
        """Send everything beside what is there, and check it on the board; after a fault the board is as
        it was, after a cut it is but for files that nobody uses."""
        try:
            self._remove(self.plan.stale)
            total = sum(map(len, self.data.values()))
            done = 0
            for path, data in self.data.items():
                if "/" in path:
                    self.link.call("put", "folder", path)
                for at in range(0, len(data) or 1, PIECE):
                    piece = data[at:at + PIECE]
                    text = base64.b64encode(piece).decode()
                    self.link.call("put", "piece", path + NEW, at == 0, text)
                    done += len(piece)
                    self.progress(done, total)
            self._verify()
        except BoardFault as error:
            self._remove([path + NEW for path in [*self.data, *self.plan.staged]])
            raise DeployError(f"{self.link.port}: {_reason(error)}; nothing was changed") from error
        except LinkError as error:
            raise LinkError(f"{error}. Nothing has taken its place yet: deploy again, it goes on from "
                            "there") from error

    def switch(self, damaged: bool, reset: bool) -> None:
        """Have it all take its place. `damaged`: the settings on the board were; `reset`: and reset it."""
        steps = plans.steps(self.plan, damaged)
        for _ in self.link.ask_each("put", "plan", steps):
            pass
        call = self.link.last if reset else self.link.call
        try:
            done = call("put", "switch", reset)
        except BoardFault as error:
            raise DeployError(f"{self.link.port}: not all files took their places: {error.kind}. Deploy "
                              "again before the board is reset") from error
        except LinkError as error:
            raise LinkError(f"{error}. It happened while the files took their places, which the board does "
                            "without the cable: deploy again to see that it has") from error
        if done.strip() != str(len(steps)):
            raise DeployError(f"{self.link.port}: {done.strip()!r} of {len(steps)} files took their places. "
                              "Deploy again before the board is reset")

    def _verify(self) -> None:
        from hashlib import sha256

        names = [path + NEW for path in self.data]
        for path, sha in self.link.ask_each("files", "sums", names):
            if sha != sha256(self.data[path[:-len(NEW)]]).hexdigest():
                raise BoardFault(f"{path} reads back different: is the flash worn out?")

    def _remove(self, paths: list) -> None:
        for _ in self.link.ask_each("put", "remove", paths):
            pass


def _reason(error: BoardFault) -> str:
    if error.kind.startswith("OSError: 28") or "ENOSPC" in error.kind:
        return "the flash is full: remove files that are not the project's"
    if error.kind.startswith("OSError: 30") or "EROFS" in error.kind:
        return "the flash cannot be written: is it mounted read-only, or by the host as a drive?"
    if error.kind.startswith("MemoryError"):
        return "the board has not enough heap left to take a file: stop a service, or reset it"
    return str(error)
