"""What a deploy has to do: a pure function of the files that should be on a board and those that are."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple, Optional

# Settings: sent when a board has none, else only when asked for. Secrets (.env): only when named.
SETTINGS = ("services.config",)
SECRETS = ".env"
# What an earlier deploy put there, one path a line; kept on the board.
LEDGER = "deploy.txt"
# What the build says should be there: the last to take its place.
MANIFEST = "manifest.txt"
NEW = ".new"
SERVICES = "aioservices/services/"


class File(NamedTuple):
    """A file by its size in bytes and its sha256 in hexadecimal, None where that was not asked for."""

    size: int
    sha: Optional[str] = None


@dataclass
class Plan:
    """Paths on the board. `send` and `gone` are in the order in which they take their places."""

    new: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    gone: list = field(default_factory=list)
    staged: list = field(default_factory=list)  # of those, what lies beside already: a deploy was cut
    stale: list = field(default_factory=list)  # left beside by a deploy that was cut, and of no use
    replaced: list = field(default_factory=list)  # settings, of those that changed
    notes: list = field(default_factory=list)
    ledger: list = field(default_factory=list)  # what it is to hold; empty: it is right as it is

    @property
    def send(self) -> list:
        return sorted([*self.new, *self.changed], key=lambda path: (path == MANIFEST, path))

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.gone or self.stale or self.ledger)


def candidates(tree: dict, board: dict) -> list:
    """The files of a board whose hash has to be asked for: those that could be what they should be."""
    same = [path for path in tree if path in board and board[path].size == tree[path].size]
    beside = [path + NEW for path in tree if path + NEW in board
              and board[path + NEW].size == tree[path].size]
    return sorted(same + beside)


def make(tree: dict, board: dict, owned: set, config: bool = False) -> Plan:
    """Compare {path: File} of the project with that of a board, of which `owned` was put there earlier.

    `config`: settings that differ are replaced.
    """
    plan = Plan()
    for path in sorted(tree):
        if board.get(path) == tree[path]:
            continue
        if path not in board:
            plan.new.append(path)
        elif path not in SETTINGS:
            plan.changed.append(path)
        elif config:
            plan.changed.append(path)
            plan.replaced.append(path)
        else:
            plan.notes.append(f"kept     {path}: the board has its own; CONFIG=1 shows the difference "
                              "and replaces it")
    plan.staged = [path for path in plan.send if board.get(path + NEW) == tree[path]]
    plan.gone = sorted(path for path in owned if path in board and path not in tree and _may_go(path))
    for path in sorted(tree):
        twin = _twin(path)
        if twin not in board or twin in tree or twin in plan.gone:
            continue
        if path.startswith("lib/"):  # it would be used instead of the .mpy, and fits no other file
            plan.gone.append(twin)
        elif path.startswith(SERVICES):
            plan.notes.append(f"beside   {twin} is on the board, too, and so neither is used: remove one")
    known = owned | set(tree) | {LEDGER}
    plan.stale = sorted(path for path in board if path.endswith(NEW) and path[:-len(NEW)] in known
                        and path[:-len(NEW)] not in plan.staged)
    ours = {path for path in tree if path not in SETTINGS and path != SECRETS}
    if not ours <= owned or plan.new or plan.changed or plan.gone:
        wanted = sorted(ours.union(path for path in plan.gone))
        plan.ledger = [] if set(wanted) == owned else wanted
    return plan


def _may_go(path: str) -> bool:
    return path not in SETTINGS and path not in (SECRETS, LEDGER)


def _twin(path: str) -> str:
    """The same module in its other form, which would be in the way."""
    pure = PurePosixPath(path)
    return {".mpy": str(pure.with_suffix(".py")), ".py": str(pure.with_suffix(".mpy"))}.get(pure.suffix, "")


def steps(plan: Plan, damaged: bool = False) -> list:
    """What device/put.py is to do at the end, in this order. `damaged`: the board's settings were."""
    found = ["+" + LEDGER] if plan.ledger else []
    sent = plan.send
    for path in sent:
        if path != MANIFEST:
            found.append((("!" if damaged else "=") if path in plan.replaced else "+") + path)
    found += ["-" + path for path in plan.gone]
    return found + (["+" + MANIFEST] if MANIFEST in sent else [])


def room(plan: Plan, tree: dict, block: int) -> int:
    """Bytes of flash that the files to be sent take beside those that are there, in whole blocks; with two
    more for folders and the list of files."""
    sizes = [tree[path].size for path in plan.send if path not in plan.staged]
    return sum(-(-size // block) * block for size in sizes) + (2 * block if sizes or plan.ledger else 0)


def afterwards(plan: Plan) -> list:
    """What a person has to do for it to take effect: commands for the board's prompt; "reset" alone
    where everything has to be loaded anew."""
    touched = [*plan.send, *plan.gone]
    if any(not path.startswith(SERVICES) and path not in (*SETTINGS, SECRETS, MANIFEST) for path in touched):
        return ["reset"]
    found = []
    for path in touched:
        stem = PurePosixPath(path).stem
        if not path.startswith(SERVICES):
            continue
        if not stem.endswith("_service"):
            return ["reset"]  # services may have imported it
        name = stem[:-len("_service")]
        verb = "unload" if path in plan.gone else "load" if path in plan.new else "await reload"
        found.append(f'{verb}("{name}")')
    if any(path in (*SETTINGS, SECRETS) for path in touched):
        found.append("await reload()")
    return found


def lines(plan: Plan, tree: dict) -> list:
    """The plan for people."""
    found = [f"new      {path}  {tree[path].size} B" for path in plan.new]
    found += [f"changed  {path}  {tree[path].size} B" for path in plan.changed]
    found += [f"removed  {path}" for path in plan.gone]
    found += plan.notes
    libs = [path for path in [*plan.send, *plan.gone] if path.startswith("lib/")]
    if libs:
        found.append(f"together lib/ comes from one build: its {len(libs)} files take their places at once, "
                     "and count from the next reset on")
    return found
