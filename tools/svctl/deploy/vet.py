"""What a deploy looks at before anything is sent: settings that a board could not go by, what check finds."""
from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple, Optional

from svctl.boards.going import laid
from svctl.build import check, console, overlay
from svctl.deploy import send
from svctl.deploy.plan import SECRETS, SETTINGS, Plan
from svctl.deploy.project import Project
from svctl.errors import DeployError
from svctl.link.cable import Link
from svctl.setup import place

CONFIG = SETTINGS[0]
MARK = b"\xef\xbb\xbf"


class Found(NamedTuple):
    """Lines: `errors` keep a deploy from being sent."""

    errors: list
    findings: list


def unharmed(up: list, errors: list) -> list:
    """Those of the services that were up which errors in settings, sent all the same, leave as they were."""
    if any("is damaged" in line for line in errors):
        return []  # other settings count
    named = {re.split("[.:@ ]", line.partition("services.config: ")[2])[0] for line in errors}
    return [name for name in up if name.split("@")[0] not in named]


def same(link: Link, project: Project, board: dict) -> set:
    """The settings files that say the same on a board as here, however they are written."""
    found = set()
    for path in SETTINGS:
        if path in board and path in project.files and board[path] != project.files[path]:
            texts = [_said(data) for data in (send.read(link, path), project.path(path).read_bytes())]
            if texts[0] is not None and texts[0] == texts[1]:
                found.add(path)
    return found


def _said(data: bytes) -> Optional[str]:
    """What settings say, in one form; None for what a board does not take as it stands."""
    try:
        found, odd = check.device("aioservice.settingsfile").parse(check.device("aioctl.utf8").decoded(data))
    except (ValueError, RecursionError):
        return None
    return None if odd else json.dumps(found, sort_keys=True)


def pretty(data: bytes) -> list:
    """Settings in sorted lines; as they stand where they cannot be read."""
    said = _said(data)
    if said is None:
        return data.decode("utf-8", errors="replace").splitlines()
    return _lines(json.loads(said))


def _lines(value, lead: str = "") -> list:
    """JSON with a line for each name of an object, in their order."""
    if not isinstance(value, dict) or not value:
        return [json.dumps(value, ensure_ascii=False)]
    found = ["{"]
    for name in sorted(value):
        first, *more = _lines(value[name], lead + "  ")
        found += [f"{lead}  {json.dumps(name, ensure_ascii=False)}: {first}", *more]
        found[-1] += ","
    return [*found[:-1], found[-1][:-1], lead + "}"]


def looked(link: Link, project: Project, plan: Plan, board: dict, tree: Optional[Path]) -> Found:
    """What is wrong with what a board would have then. `tree`: a board tree; None for the project."""
    errors: list = []
    data = secrets = None
    if CONFIG in plan.send:
        data = project.path(CONFIG).read_bytes()
        errors = check.errors(data)
        if data.startswith(MARK):
            errors.insert(0, f"{CONFIG} begins with a byte order mark, which older versions on a board "
                             "cannot read; save it as UTF-8 without one")
    elif CONFIG in board:
        data = send.read(link, CONFIG)
        how = place.words("CONFIG=1", "--config")
        errors = [f"on the board, where {how} replaces it, {line}" for line in check.errors(data)]
    if SECRETS in plan.send:
        secrets = project.path(SECRETS).read_bytes()
        try:
            check.device("aioctl.utf8").decoded(secrets)
        except ValueError as error:
            errors.append(f"{SECRETS}: {error}")
    unknown = secrets is None and SECRETS in board  # what names that has is the board's secret
    with laid(tree or overlay.of(place.project()), data, secrets, project.going) as folder:
        lines = [line.replace("; using defaults", "") for line in check.check(folder)]
    errors += [line for line in lines if line == console.FAULT]
    found = [line for line in lines
             if not (unknown and line.endswith("is not defined in .env"))]
    return Found(errors, [line for line in found if not any(error.endswith(line) for error in errors)])


def tell(found: Found, force: bool, port: str, say) -> None:
    """Tell it; raises DeployError for errors that nobody means."""
    for line in found.findings:
        say(f"  finding  {line}")
    if force:
        for line in found.errors:
            say(f"  forced   {line}")
    elif found.errors:
        *more, last = found.errors
        for line in more:
            print(f"deploy: {port}: {line}", file=sys.stderr)
        raise DeployError(f"{port}: {last}. Nothing was sent; FORCE=1 (--force) sends it all the same")
