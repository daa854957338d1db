"""`svctl restore`: what a backup has takes its place on a board, all of it or nothing, as with a deploy."""
from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import Optional

from svctl.boards import described
from svctl.commands.backup import is_service
from svctl.commands.deploy import answer, progress
from svctl.deploy import copied, send, trial
from svctl.deploy import plan as plans
from svctl.deploy.archive import Archive, defined, is_own
from svctl.deploy.plan import SECRETS, SWITCH
from svctl.deploy.send import BOOT
from svctl.errors import DeployError, LinkError
from svctl.manage import services
from svctl.setup import place

HELP = "bring a backup onto the board, all of it or nothing"
SHOWN = 5  # paths in one line


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="what svctl backup has made")
    parser.add_argument("--replacement", action="store_true", help="the board is another one than that of "
                        "the backup, and takes its place")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    parser.add_argument("--no-trial", action="store_true", help="what is restored stays, whatever becomes "
                        "of it")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def prepare(args: argparse.Namespace) -> None:
    if len(args.ports) > 1:
        raise DeployError("a backup is that of one board: name one")
    args.archive = Archive(args.file)


def run(link, args, say) -> int:
    kept, found = args.archive, send.about(link)
    who = f"{link.port}: {found['name']} {found['version']}"
    say(f"{args.file}: {_told(kept)}")
    uid = send.uid(link)
    _see_which(link, kept, found, uid, args.replacement)
    kept.check(found["mpy"], who)
    _can_switch(link, kept)
    if not args.dry_run:
        trial.recover(link, kept, found["manager"], say)
        found.update(send.about(link))
    there, owned = send.look(link, kept.files)
    whole = copied.there(link)
    code = {path for path in whole if path.startswith("lib/") or is_service(path)}
    plan = plans.make(kept.files, {**{path: plans.File(whole[path]) for path in code}, **there},
                      owned | code if kept.is_whole else set(), config=True)
    plan.ledger = []  # that of the board, or of the backup, counts
    there = {**{path: plans.File(whole[path]) for path in plan.gone if path in whole}, **there}
    send.check_room(link, plan, kept.files, there, found)
    told = plans.lines(plan, kept.files, plans.Effect(reset=True))
    for line in [*told, *_stays(whole, kept, plan), *_missing(link, kept)]:
        say(f"  {line}")
    if plan.is_empty:
        return _end(plan, "nothing to restore: the board has it all", say, kept, uid)
    if args.dry_run:
        return _end(plan, f"{len(plan.send)} files would be restored; nothing was changed", say)
    if not args.yes and sys.stdin.isatty() and not answer("restore it? The board is reset then."):
        raise DeployError("nothing was changed")
    begin = time.monotonic()
    with _again():
        sender = send.Sender(link, kept, plan, there, progress, plans.beside([], found["fault"]))
        sender.stage()
        sender.switch(True, not args.no_trial)
        say(f"{len(plan.send)} files restored, {len(plan.gone)} removed, in {time.monotonic() - begin:.1f} s")
        if args.no_trial:
            return _end(plan, "the board is reset; nothing is on trial", say, kept, uid)
        judged = trial.after_reset(link.port, kept, plans.Effect(reset=True), [], [])
    if judged.why is not None:
        raise DeployError(f"{link.port}: the files before are back: {judged.why}; --no-trial restores "
                          "all the same")
    for line in _states(kept, judged.states):
        say(line)
    return _end(plan, "the board was reset, and is up with it", say, kept, uid)


def _told(kept: Archive) -> str:
    about = kept.about
    of = about.get("board") or about.get("uid") or "a board without a unique id"
    kind = "a backup" if kept.is_whole else "the settings and data"
    return f"{kind} of {of}, {(about.get('about') or {}).get('machine')}, of {about.get('made')}"


def _see_which(link, kept: Archive, found: dict, uid: Optional[str], is_meant: bool) -> None:
    """DeployError where it is another board than that of the backup, and nobody has said so."""
    was, now = (kept.about.get("about") or {}).get("platform"), found["platform"]
    if was not in (None, now):
        raise DeployError(f"{link.port}: its firmware is {now}, and the backup is that of {was}: nothing was "
                          "changed")
    mine = kept.about.get("uid")
    if None not in (mine, uid) and mine != uid and not is_meant:
        raise DeployError(f"{link.port} is another board: its unique id is {uid}, and the backup is of {mine}"
                          ". If it takes that one's place: --replacement. Nothing was changed")


def _can_switch(link, kept: Archive) -> None:
    """Raises DeployError where nothing would put the files into their places."""
    if kept.is_whole and (kept.has_switch and BOOT in kept.files):
        return
    if kept.is_whole:
        raise DeployError(f"{kept.shown} has no {SWITCH}mpy or no {BOOT}: it was no board with aioservices. "
                          "Copy its files with mpremote fs cp")
    switches = any(path.startswith(SWITCH) for path in copied.there(link))
    if not switches or not send.knows(send.read(link, BOOT)):
        raise DeployError(f"{link.port}: {kept.shown} has settings and data alone, and the board has no "
                          "aioservices: deploy the project first. Nothing was changed")


def _stays(whole: dict, kept: Archive, plan: plans.Plan) -> list:
    """What of a board the backup does not know."""
    if not kept.is_whole:
        return []
    found = sorted(path for path in whole if path not in kept.files and path not in plan.gone
                   and not is_own(path) and path != SECRETS)
    return [f"stays    {_few(found)}: not in the backup"] if found else []


def _few(paths: list) -> str:
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + more


def _missing(link, kept: Archive) -> list:
    """What of the secrets a board will not have."""
    found = []
    if SECRETS not in kept.files:
        missing = sorted(kept.names() - defined(send.read(link, SECRETS)))
        if missing:
            named = ", ".join(f"${{{name}}}" for name in missing)
            found.append(f"missing  {named} in the board's {SECRETS}, which stays: svctl deploy --env FILE "
                         "brings one")
    lost = [path for path in kept.about.get("left_out") or [] if path != SECRETS]
    if lost:
        found.append(f"missing  {_few(lost)}: left out of the backup as secrets; the board's own stay")
    return found


def _states(kept: Archive, states: dict) -> list:
    """The services that were up when the board was backed up, and are not."""
    names = [name for name in kept.about.get("up") or [] if name in states]
    return [states[name].get("line", f"{name}.service: {states[name]['state']}") for name in names
            if services.word(states[name]) in ("failed", "inactive")]


def _end(plan: plans.Plan, text: str, say, kept: Optional[Archive] = None, uid: Optional[str] = None) -> int:
    """Say what was done, or is to be; and with `kept` what a person has to do still."""
    say(text)
    todo = _todo(kept, uid) if kept is not None else []
    for line in todo:
        say(line)
    say.data({"new": plan.new, "changed": plan.changed, "removed": plan.gone, "text": text, "todo": todo})
    return 0


def _todo(kept: Archive, uid: Optional[str]) -> list:
    mine, root = kept.about.get("uid"), place.find(Path.cwd())
    found = [f"masked when it was backed up: {name}; again by: svctl mask {name}"
             for name in kept.about.get("masked") or {}]
    if uid is not None and mine not in (None, uid):
        board = next((each for each in described.every(root) if each.uid == mine), None) if root else None
        where = board.shown if board else f"{described.FOLDER}/{kept.about.get('board') or 'NAME'}.toml"
        found.append(f'this board takes the place of {mine}: uid = "{uid}" in {where}')
    return found


@contextlib.contextmanager
def _again():
    """What goes wrong is told in the words of a restore."""
    try:
        yield
    except (LinkError, DeployError) as error:
        raise type(error)(str(error).replace("deploy again", "restore again")) from error
