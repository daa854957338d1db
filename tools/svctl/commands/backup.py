"""`svctl backup`: a board's settings and files into one file on this machine, its services running."""
from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

from svctl import __version__
from svctl.commands.deploy import kb, progress
from svctl.deploy import archive, copied, send, trial
from svctl.deploy.plan import LEDGER, MANIFEST, SECRETS, SETTINGS, STAMP, SWITCH
from svctl.errors import DeployError
from svctl.manage import services

HELP = "a board's settings and files into one file on this machine"
STATE = ("services.state0", "services.state1")
BUILT = ("boot.py", "main.py", MANIFEST, STAMP, LEDGER)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to; else a name with the "
                        "board and the time, in the current directory")
    parser.add_argument("--data", action="store_true", help="settings and what services wrote alone, without "
                        "what a deploy brings")
    parser.add_argument("--secrets", action="store_true", help="and .env, and what else holds secrets")
    parser.add_argument("--force", action="store_true", help="write over a FILE that is there")


def prepare(args: argparse.Namespace) -> None:
    path = args.output
    if path is None:
        return
    if len(args.ports) > 1:
        raise DeployError("-o is one file, and these are several boards: leave it out")
    if path.is_dir():
        raise DeployError(f"{path} is a folder: name a file in it")
    if path.exists() and not args.force:
        raise DeployError(f"{path} is there already: take another name, or --force writes over it")
    if not path.parent.is_dir():
        raise DeployError(f"{path.parent} is not there: make the folder first")


def run(link, args, say) -> int:
    if send.state(link)[0] in ("put", "undo"):
        raise DeployError(f"{link.port}: a deploy that was cut lies there, and its files are of two sets: "
                          "reset the board, which finishes it, or deploy again")
    about, uid, begin = send.about(link), send.uid(link), time.monotonic()
    built = _built(link) if args.data else set()
    left_out: list = []
    unnamed: list = []

    def wanted(path: str) -> bool:
        if archive.is_own(path) or path in built or args.data and _is_code(path):
            return False
        if archive.is_secret(path) and not args.secrets:
            left_out.append(path)
            return False
        if not archive.can_name(path):
            unnamed.append(path)
            return False
        return True

    got = copied.take(link, wanted, progress)
    if not args.secrets:
        _no_secrets(link, got.files.get(SETTINGS[0], b""))
    before = services.of(link, None) if about["manager"] else []
    left_out = sorted(set(left_out))
    told = {"format": archive.FORMAT, "tool": f"svctl {__version__}", "made": _now("%Y-%m-%dT%H:%M:%SZ"),
            "kind": archive.DATA if args.data else archive.WHOLE, "secrets": args.secrets,
            "board": link.board.name if link.board else None, "uid": uid, "about": about,
            "carries": send.carried(link), "up": trial.were_up(before), "masked": _masked(link),
            "left_out": left_out}
    path = args.output or Path(f"{_called(link, uid)}-{_now('%Y%m%d-%H%M%S')}.zip")
    if path.exists() and not args.force:
        raise DeployError(f"{path} is there already: wait a second, or name another with -o")
    archive.write(path, told, got.files)
    say.note("\n".join(_notes(got.restless, unnamed, left_out)))
    say(f"{path}: {len(got.files)} files, {sum(map(len, got.files.values()))} B, of {about['machine']}, "
        f"{kb(path.stat().st_size)}, in {time.monotonic() - begin:.1f} s")
    say.data({"file": str(path), **told, "files": sorted(got.files)})
    return 0


def _notes(restless: list, unnamed: list, left_out: list) -> list:
    found = [f"changes  {path}: services write it all the time; it is as it was at one moment"
             for path in restless]
    found += [f"left out {path!r}: no restore could name it" for path in sorted(set(unnamed))]
    if left_out:
        found.append(f"left out as secrets: {', '.join(left_out)}; --secrets takes them, too")
    return found


def _built(link) -> set:
    """What deploys have put there."""
    owned = send.look(link, {})[1]
    return (owned | set(BUILT)) - {*SETTINGS, SECRETS}


def _is_code(path: str) -> bool:
    return path.startswith(("lib/", SWITCH)) or path in BUILT or is_service(path)


def is_service(path: str) -> bool:
    return re.fullmatch(r"aioservices/services/[^/]+_service\.m?py", path) is not None


def _no_secrets(link, settings: bytes) -> None:
    found = archive.open_secrets(settings)
    if found:
        raise DeployError(f"{link.port}: services.config has a secret in {', '.join(found)}: --secrets "
                          "takes it along; or keep it in .env, and write ${NAME} in its place. Nothing was "
                          "written")


def _masked(link) -> dict:
    """{service: why} of those that are held back for good, as a board keeps it."""
    newest: dict = {}
    for name in STATE:
        found = archive.state(send.read(link, name))
        if found.get("i", -1) > newest.get("i", -1):
            newest = found
    return newest.get("masked", {})


def _called(link, uid) -> str:
    return link.board.name if link.board else uid or re.sub(r"\W+", "-", link.port).strip("-")


def _now(form: str) -> str:
    return time.strftime(form, time.gmtime())
