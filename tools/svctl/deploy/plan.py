"""What a deploy has to do: a pure function of the files that should be on a board and those that are."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Collection, NamedTuple, Optional

from svctl.setup.place import words
from svctl.shared import device

# Settings: sent when a board has none, else only when asked for. Secrets (.env): only when named.
SETTINGS = ("services.config",)
SECRETS = ".env"
# What an earlier deploy put there, one path a line; kept on the board.
LEDGER = "deploy.txt"
# What the build says should be there.
MANIFEST = "manifest.txt"
# What the board carries, see stamp.py: sent with something else only.
STAMP = "version.json"
# What an earlier svctl left beside a file when it was cut off.
NEW = ".new"
# Where the next set of files is sent, and the one before is kept: see lib/aioswitch.py.
NEXT, PREV, LIST, MARK = "deploy.next", "deploy.prev", "deploy.list", "deploy.switch"
SHIM = f"{NEXT}/!"
BACK = f"{NEXT}/="  # the list of a rollback: see device/back.py
SERVICES = "aioservices/services/"
# The last to take their places, in this order: each boot goes on with the switch until they have.
SWITCH = "lib/aioswitch."
LAST = ("main.py", SWITCH, "boot.py")
COPY = ".bak"


class File(NamedTuple):
    """A file by its size in bytes and its sha256 in hexadecimal, None where that was not asked for."""

    size: int
    sha: Optional[str] = None


@dataclass
class Plan:
    """Paths on the board."""

    new: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    gone: list = field(default_factory=list)
    staged: list = field(default_factory=list)  # of those, what was sent already: a deploy was cut
    stale: list = field(default_factory=list)  # left by a deploy that was cut, and of no use
    kept: list = field(default_factory=list)  # the set before, which goes first; its list before all
    replaced: list = field(default_factory=list)  # settings, of those that changed
    notes: list = field(default_factory=list)
    ledger: list = field(default_factory=list)  # what it is to hold; empty: it is right as it is

    @property
    def send(self) -> list:
        return sorted([*self.new, *self.changed])

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.gone or self.stale or self.ledger)


def staged(path: str) -> str:
    """Where a file is sent, until it takes its place."""
    return f"{NEXT}/{device('aioswitch').flat(path)}"


def candidates(tree: dict, board: dict) -> list:
    """The files of a board whose hash has to be asked for: those that could be what they should be."""
    return sorted(name for path in tree for name in (path, staged(path))
                  if name in board and board[name].size == tree[path].size)


def make(tree: dict, board: dict, owned: set, config: bool = False, same: Collection = ()) -> Plan:
    """Compare {path: File} of the project with that of a board, of which `owned` was put there earlier.

    `config`: settings that differ are replaced. `same`: those that say the same.
    """
    plan = Plan()
    for path in sorted(tree):
        if board.get(path) == tree[path] or path in same or path == STAMP:
            continue
        if path not in board:
            plan.new.append(path)
        elif path not in SETTINGS:
            plan.changed.append(path)
        elif config:
            plan.changed.append(path)
            plan.replaced.append(path)
        else:
            how = words("CONFIG=1", "--config")
            plan.notes.append(f"kept     {path}: the board has its own; {how} shows the difference "
                              "and replaces it")
    plan.staged = [path for path in plan.send if board.get(staged(path)) == tree[path]]
    plan.gone = sorted(path for path in owned if path in board and path not in tree and _may_go(path))
    for path in sorted(tree):
        twin = _twin(path)
        if twin not in board or twin in tree or twin in plan.gone:
            continue
        if path.startswith("lib/"):  # it would be used instead of the .mpy, and fits no other file
            plan.gone.append(twin)
        elif path.startswith(SERVICES):
            plan.notes.append(f"beside   {twin} is on the board, too, and so neither is used: remove one")
    if STAMP in tree and board.get(STAMP) != tree[STAMP] and (plan.send or plan.gone):
        (plan.changed if STAMP in board else plan.new).append(STAMP)
        plan.staged += [STAMP] * (board.get(staged(STAMP)) == tree[STAMP])
    known = owned | set(tree) | {LEDGER}
    kept = {staged(path) for path in plan.staged}
    plan.stale = sorted(path for path in board if path.startswith(f"{NEXT}/") and path not in kept
                        or path.endswith(NEW) and path[:-len(NEW)] in known)
    plan.kept = [LIST] * (LIST in board) + [path for path in board if path.startswith(f"{PREV}/")]
    ours = {path for path in tree if path not in SETTINGS and path != SECRETS}
    if STAMP not in board and STAMP not in plan.send:
        ours.discard(STAMP)
    if not ours <= owned or plan.new or plan.changed or plan.gone:
        wanted = sorted(ours)
        plan.ledger = [] if set(wanted) == owned else wanted
    return plan


def _may_go(path: str) -> bool:
    return path not in SETTINGS and path not in (SECRETS, LEDGER)


def _twin(path: str) -> str:
    """The same module in its other form, which would be in the way."""
    pure = PurePosixPath(path)
    return {".mpy": str(pure.with_suffix(".py")), ".py": str(pure.with_suffix(".mpy"))}.get(pure.suffix, "")


def parts(text: bytes, board: dict, plan: Plan) -> list:
    """The new manifest as what is sent of it, bytes, and what the board has of it in its own, (from, length):
    its lines are known by the sizes of the files. All of it is sent where it is not as long as these say."""
    lines = text.splitlines(keepends=True)
    new = {line.split(b" ", 2)[-1].strip().decode(): line for line in lines[:-1]}
    found: list = []
    at = old = 0
    for path in sorted({*new, *plan.gone}):
        line = new.get(path, b"")
        if path in board:
            old += 1
            is_same = path not in plan.changed and path not in plan.gone
            length = len(line) if is_same else len(f"{board[path].size} {'0' * 64} {path}\n".encode())
            if is_same and found and isinstance(found[-1], tuple) and sum(found[-1]) == at:
                found[-1] = (found[-1][0], found[-1][1] + length)
            elif is_same:
                found.append((at, length))
            at += length
            line = b"" if is_same else line
        if line and found and isinstance(found[-1], bytes):
            found[-1] += line
        elif line:
            found.append(line)
    at += len(f"{old} {'0' * 64} end\n")
    return [*found, *lines[-1:]] if MANIFEST in board and board[MANIFEST].size == at else [text]


def steps(plan: Plan, sizes: dict, board: dict, shim: Optional[int] = None, beside: str = "") -> bytes:
    """The list that the board works off: see lib/aioswitch.py. `sizes`: {path: bytes} of what is sent;
    `shim`: how long what stands in for boot.py is, where the board's own knows nothing of a switch;
    `beside`: lines behind its sum."""
    sent = sorted(sizes, key=lambda path: (_late(path), path))
    found = [f"{'=' if path in board else '+'}{sizes[path]} {path}\n" for path in sent]
    early = sum(not _late(path) for path in sent)
    gone = sorted(plan.gone, key=lambda path: (_late(path), path))
    found[early:early] = [f"-0 {path}\n" for path in gone if not _late(path)]
    found += [f"-0 {path}\n" for path in gone if _late(path)]
    if shim is not None:
        found.insert(0, f"~{shim} boot.py\n")
    return "".join([*found, f".{_sum(found)}\n", beside]).encode()


def _sum(found: list) -> int:
    total = 0
    for line in found:
        total = (total << 1 & 0xFFFFFF) + sum(line.encode())
    return total


def beside(up: list, fault: Optional[str], back: bool = False) -> str:
    """What a board is to know of the time before: the services that were up, and the manager's fault."""
    found = ["up " + " ".join(up)] + ([f"fault {fault.splitlines()[0]}"] if fault else []) + ["back"] * back
    return "".join(f"{line}\n" for line in found)


def is_kept(text: bytes, back: bytes, there: set) -> bool:
    """Whether a set before is kept, whole. `text`, `back`: what is in deploy.list and in the list of a
    rollback that was cut; `there`: the files of a board."""
    cut = _is_whole(back)
    staging = not cut and any(path.startswith(f"{NEXT}/") for path in there)
    if MARK in there or staging or not cut and not _is_whole(text):
        return False
    lines = (back if cut else text).decode().partition("\n.")[0].splitlines()
    files = [staged(line.partition(" ")[2]) for line in lines if line[0] in ("=+" if cut else "=-")]
    return bool(files) and all(path.replace(NEXT, PREV, 1) in there or path in there for path in files)


def _is_whole(text: bytes) -> bool:
    lines = text.decode("utf-8", errors="replace").splitlines(keepends=True)
    end = next((i for i, line in enumerate(lines) if line.startswith(".")), None)
    return end is not None and lines[end] == f".{_sum(lines[:end])}\n"


def _late(path: str) -> int:
    """0 for most files."""
    return LAST.index(SWITCH if path.startswith(SWITCH) else path) + 1 if path.startswith(LAST) else 0


def room(plan: Plan, tree: dict, board: dict, block: int, copies: bool) -> int:
    """Bytes of flash that the files to be sent take beside those that are there, in whole blocks, with
    blocks for folders and lists. `copies`: the old ones are copied, as on FAT, and not moved."""
    sizes = [tree[path].size for path in plan.send if path not in plan.staged]
    old = [board[path].size for path in [*plan.changed, *plan.gone] if copies or _late(path)]
    entries = len(plan.send) + len(plan.changed) + len(plan.gone)
    if not (entries or plan.ledger):
        return 0
    folders = 4 + 2 * (entries * 80 // block)
    return sum(-(-size // block) * block for size in sizes + old) + folders * block


@dataclass
class Effect:
    """What has to happen for the new set to count: `reset`, or else these services, by the names of their
    files, and `settings`, if these changed. `forget`: modules that services share, first."""

    reset: bool = False
    forget: list = field(default_factory=list)
    unload: list = field(default_factory=list)
    reload: list = field(default_factory=list)
    load: list = field(default_factory=list)
    settings: bool = False

    def __bool__(self) -> bool:
        return bool(self.reset or self.unload or self.reload or self.load or self.settings)


def effect(plan: Plan, uses=None) -> Effect:
    """What follows a plan. `uses`: who uses what services share, see uses.py; None: nobody knows."""
    touched = [*plan.send, *plan.gone]
    found = Effect(settings=any(path in (*SETTINGS, SECRETS) for path in touched))
    touched = [path for path in touched if path not in (*SETTINGS, SECRETS, MANIFEST, STAMP)]
    for path in touched:
        stem = PurePosixPath(path).stem
        if path.startswith(SERVICES) and stem.endswith("_service"):
            to = found.unload if path in plan.gone else found.load if path in plan.new else found.reload
            to.append(stem[:-len("_service")])
        elif uses is None:
            found.reset = True  # all has to be loaded anew; services may have imported it
    stale = uses and uses.of(touched)
    if uses is not None and stale is None:
        found.reset = True
    elif stale:
        found.forget = stale.modules
        known = {*found.unload, *found.reload, *found.load}
        found.reload += [name for name in stale.services if name not in known]
    return found


def listed(text: bytes) -> Plan:
    """What a deploy was to do, of the list that it has sent; see lib/aioswitch.py."""
    found = Plan()
    kinds = {"+": found.new, "=": found.changed, "-": found.gone}
    for line in text.decode("utf-8", errors="replace").splitlines():
        path = line.partition(" ")[2]
        if line[:1] in kinds and path != LEDGER and not path.endswith(COPY):
            kinds[line[0]].append(path)
    return found


def lines(plan: Plan, tree: dict, effect: Effect) -> list:
    """The plan for people, and what follows."""
    found = [f"new      {path}  {tree[path].size} B" for path in plan.new]
    found += [f"changed  {path}  {tree[path].size} B" for path in plan.changed]
    found += [f"removed  {path}" for path in plan.gone]
    found += plan.notes
    libs = [path for path in [*plan.send, *plan.gone] if path.startswith("lib/")]
    if libs and effect.reset:
        text = f"its {len(libs)} files take their places" if len(libs) > 1 else "its file takes its place"
        found.append(f"together lib/ comes from one build: {text} at once, and the board is reset")
    elif effect.forget and effect.reload:
        services = ", ".join(sorted(effect.reload))
        found.append(f"shared   {', '.join(effect.forget)}: imported anew with {services}")
    return found
