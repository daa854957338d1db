"""`svctl deploy`: brings the project onto a board, only what differs."""
from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
import time
from pathlib import Path
from typing import Callable, Optional

from svctl.boards import described, reached
from svctl.boards.described import Board
from svctl.boards.going import Going
from svctl.deploy import plan as plans
from svctl.deploy import send, trial, vet
from svctl.deploy.plan import SECRETS, Plan
from svctl.deploy.project import Project
from svctl.errors import DeployError, LinkError, ToolError
from svctl.link.cable import Link
from svctl.manage import services
from svctl.setup import place
from svctl.setup.place import BUILD
from svctl.shared import device

HELP = "copy what differs to the board; all of it takes its place at once, or goes back"
PROJECT = True
KEPT = BUILD / "settings"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--config", action="store_true", help="replace the board's settings, if they differ: "
                        "shows the difference first, and asks where somebody can answer")
    parser.add_argument("--env", metavar="FILE", type=Path, help="send this file as the board's .env, too")
    parser.add_argument("--reset", action="store_true", help="reset the board, also where services can be "
                        "restarted one by one")
    parser.add_argument("--no-trial", action="store_true", help="what is sent is good at once, whatever "
                        "becomes of it; the set before is kept all the same, for svctl rollback")
    parser.add_argument("--force", action="store_true", help="send settings that a board cannot go by, too, "
                        "and keep them")
    parser.add_argument("--tree", metavar="DIR", type=Path, help="a board tree; else the project's is built")
    parser.add_argument("--all", action="store_true", help="to all boards of the project's boards/, in turn")


def every(args: argparse.Namespace) -> list:
    if not args.all:
        return []
    names = [each.name for each in described.every(place.project())]
    if not names:
        raise DeployError(f"--all: the project has no {described.FOLDER}/*{described.SUFFIX}")
    return names


def prepare(args: argparse.Namespace) -> None:
    if args.all and args.ports != every(args):
        raise DeployError("--all means all boards: name none of them, or leave it out")
    if args.tree is not None and not args.tree.is_dir():
        raise DeployError(f"{args.tree} is not a folder")
    args.projects = {}  # by the name of the board that they are for
    for word in args.ports:
        try:
            _project(args, _named(word))
        except ToolError:
            if len(args.ports) == 1:
                raise
            # else it is told when that board has its turn: the rest go on


def _named(word: str) -> Optional[Board]:
    root = place.find(Path.cwd())
    if reached.is_port(word) or root is None or reached.is_simulated_alone(word, root):
        return None
    return described.named(word)


def _project(args: argparse.Namespace, board: Optional[Board]) -> Project:
    """What goes to a board; one that is not described in the project gets what all have in common."""
    name = board and board.name
    if name not in args.projects:
        going = None
        if board is not None and args.tree is None:
            going = Going(place.project(), board)
            if going.faults:
                raise DeployError(going.faults[0])
        args.projects[name] = Project(args.tree, args.env, going)
    return args.projects[name]


def run(link: Link, args: argparse.Namespace, say: Callable[[str], None]) -> int:
    board, line = reached.behind(link)
    if line:
        say(line)
    found = send.about(link)
    if board is not None and board.firmware not in (None, found["platform"]):
        raise DeployError(f"{link.port}: its firmware is {found['platform']}, and {board.shown} says "
                          f"{board.firmware}: nothing was changed")
    project = _project(args, board)
    tree = project.files
    say(f"{found['machine']}, MicroPython {found['version']}, {kb(found['flash_free'])} of flash free")
    send.check(project, found, link.port)
    if args.dry_run and send.state(link)[0]:
        say("a deploy that was cut lies there: it would be finished, or undone, first")
    if not args.dry_run:
        trial.recover(link, project, found["manager"], say)
        found.update(send.about(link))
    there, owned = send.look(link, tree)
    owned |= project.elsewhere & set(there)
    plan = plans.make(tree, there, owned, args.config, vet.same(link, project, there))
    send.check_room(link, plan, tree, there, found)
    effect = plans.effect(plan, project.uses)
    for line in [*project.notes, *plans.lines(plan, tree, effect)]:
        say(f"  {line}")
    effect.reset = effect.reset or args.reset and bool(effect)
    if plan.is_empty:
        text = "nothing to send: the board has " + ("the rest" if plan.notes else "it all")
        return _end(plan, plans.Effect(), text, say)
    wrong = vet.looked(link, project, plan, there, args.tree)
    vet.tell(wrong, args.force, link.port, say)
    effect.reset = effect.reset or effect.settings and bool(wrong.errors)  # no reload takes such settings
    known = vet.CONFIG if wrong.errors else found["fault"]
    _replacing(link, project, plan, args, say)
    sizes = send.amount(project, plan, there)
    if args.dry_run:
        text = f"{len(plan.send)} files would be sent, {sizes} B; nothing was changed"
        return _end(plan, plans.Effect(), text, say)
    begin = time.monotonic()
    before = services.of(link, None) if found["manager"] else []
    effect.reset = effect.reset or trial.is_of_prompt(effect, before)
    up = vet.unharmed(trial.were_up(before), wrong.errors)
    sender = send.Sender(link, project, plan, there, progress, plans.beside(up, known))
    sender.stage()
    sender.switch(effect.reset, not args.no_trial)
    say(f"{len(plan.send)} files sent, {sizes} B, {len(plan.gone)} removed, in "
        f"{time.monotonic() - begin:.1f} s")
    try:
        told = (take_up if args.no_trial else tried)(link, project, effect, before, up, found["manager"], say)
    except KeyboardInterrupt:
        what = "good" if args.no_trial else "on trial; the next deploy judges them"
        print(f"deploy: the new files are in place, {what}", file=sys.stderr)
        raise
    for line in told:
        say(line)
    return _end(plan, effect, "done", say)


def tried(link: Link, project, effect: plans.Effect, before: list, up: list, runs: bool, say) -> list:
    """Have the new set taken up, and judge it; what there is to say. Raises DeployError if it was undone."""
    if effect.reset:
        judged = trial.after_reset(link.port, project, effect, before, up)
    elif runs:
        try:
            judged = trial.in_place(link, effect, before, up)
        except LinkError as error:
            judged = trial.hangs(link, effect, before, up, error, say)
    else:
        send.settle(link)
        how = place.words(f"make reset PORT={link.port}", f"svctl -t {link.port} reset")
        return [f"no manager runs on the board: {how} starts it"] if effect else []
    if judged.why is not None:
        raise DeployError(f"{link.port}: the files before are back: {judged.why}")
    if effect.reset:
        return ["the board was reset, and is up with it"]
    return _states(judged.states, effect)


def take_up(link: Link, project, effect: plans.Effect, before: list, up: list, runs: bool, say) -> list:
    """Have it taken up, without a trial."""
    if effect.reset:
        return ["the board is reset; nothing is on trial"]
    if not runs:
        return tried(link, project, effect, before, up, runs, say)
    fault = trial.changed(link, effect, before, up)
    send.drop(link)
    found = {each["name"]: each for each in services.of(link, None)}
    return [*([fault] if fault else []), *_states(found, effect), "nothing is on trial"]


def _states(found: dict, effect: plans.Effect) -> list:
    names = [name for name in found if trial.base(name) in (*effect.reload, *effect.load)]
    return [f"{name}.service: {found[name]['state']}" for name in names]


def _end(plan: Plan, effect: plans.Effect, text: str, say) -> int:
    """Say what was done, or is to be."""
    say(text)
    say.data({"new": plan.new, "changed": plan.changed, "removed": plan.gone, "notes": plan.notes,
              "restarted": sorted([*effect.reload, *effect.load]), "reset": effect.reset, "text": text})
    return 0


def _replacing(link: Link, project: Project, plan: Plan, args, say) -> None:
    """Shows how settings and secrets that are to be replaced differ, asks, and keeps them on this
    machine."""
    for path in [*plan.replaced, *([SECRETS] if SECRETS in plan.changed else [])]:
        old, new = send.read(link, path), project.path(path).read_bytes()
        if path == SECRETS:  # names only: what they stand for is nobody's to see
            say(_names(old, new))
        else:
            for line in _difference(path, old, new):
                say(f"  {line}")
        if args.dry_run:
            continue
        if sys.stdin.isatty() and not answer(f"replace {path}?"):
            raise DeployError("nothing was changed")
        say(f"  the board's old {path} is kept in {os.path.relpath(_keep(link.port, path, old))}")


def answer(question: str) -> bool:
    """What a person says, if there is one: False else."""
    try:
        return sys.stdin.isatty() and input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def _difference(path: str, old: bytes, new: bytes) -> list:
    before, after = vet.pretty(old), vet.pretty(new)
    if before == after:  # they say the same, but one of them twice, or not as a board takes it
        before, after = (data.decode("utf-8", errors="replace").splitlines() for data in (old, new))
    return list(difflib.unified_diff(before, after, f"{path} on the board", f"{path} of the project",
                                     lineterm=""))


def _names(old: bytes, new: bytes) -> str:
    parse = device("aioctl.env").parse
    before, after = (parse(text.decode("utf-8-sig", errors="replace")) for text in (old, new))
    changed = sorted(name for name in before if name in after and before[name] != after[name])
    parts = [("changed", changed), ("new", sorted(set(after) - set(before))),
             ("no longer there", sorted(set(before) - set(after)))]
    return f"  {SECRETS}: " + "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)


def _keep(port: str, path: str, data: bytes) -> Path:
    """Keep what is to be replaced, for this user's eyes."""
    KEPT.mkdir(parents=True, exist_ok=True)
    board = re.sub(r"\W+", "-", port).strip("-")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = KEPT / f"{board}-{stamp}-{path.lstrip('.')}"
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    return target


def progress(done: int, total: int) -> None:
    if sys.stdout.isatty():
        end = "" if done < total else "\r\x1b[K"
        print(f"\r  {done * 100 // (total or 1):3d} % of {kb(total)}", end=end, flush=True)


def kb(size) -> str:
    for unit in ("KB", "MB", "GB"):
        size = size and size // 1024
        if size is None or size < 10000 or unit == "GB":
            return "?" if size is None else f"{size} {unit}"


