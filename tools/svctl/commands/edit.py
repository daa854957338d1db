"""`svctl edit`: the entry of a service in $EDITOR; what comes back is checked before it is written."""
from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from svctl.errors import SettingsError
from svctl.link.cable import Link
from svctl.manage import settings
from svctl.manage.complete import names
from svctl.shared import device

HELP = "the settings of a service in $EDITOR"
LINK = False  # the board is left alone while somebody types


def arguments(parser) -> None:
    name = parser.add_argument("name", metavar="NAME", help="a service, or _boot for the board's own")
    name.completer = names
    parser.add_argument("--force", action="store_true",
                        help="save names in kwargs that the class does not have where nobody can be asked")


def run(port: str, args, say) -> int:
    with Link(port) as link:
        entry = settings.Entry(link, args.name)
        fault = link.fault
    if "*" in entry.name:
        raise SettingsError(f"{entry.name}: name one service")
    say.note(fault or "")
    after, slips = edited(entry, port, args.force)
    if after == entry.data:
        say("nothing was changed")
    else:
        with Link(port) as link:
            slips = [*settings.replace(link, entry.name, entry.data, after), *slips]
        for line in settings.lines(after):
            say(line)
        say.note("\n".join(slips))
        say(settings.WHEN_BOOT if entry.name == settings.BOOT else settings.WHEN)
    say.data(after)
    return 0


def edited(entry: settings.Entry, port: str, force: bool) -> tuple[dict, list]:
    """What a person makes of an entry: one without a fault, and what may be a slip in it. Else
    SettingsError, which says where the text is. Names in kwargs that the class does not have are saved with
    `force`, or as a person says that they are meant."""
    name = entry.name
    fd, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".json")
    text = "\n".join(settings.lines(entry.data)) + "\n"
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
    while True:
        _open(Path(path))
        try:
            after, slips = _checked(entry, Path(path).read_bytes())
            unnamed = settings.slips(entry, after)
            if unnamed and not force and not sys.stdin.isatty():
                raise SettingsError(f"{unnamed[0]}; --force saves it")
            slips += unnamed
        except SettingsError as error:
            if _again(f"{error}. Edit it again?"):
                continue
            raise SettingsError(f"{port}: {error}; nothing was changed. Your text is in {path}") from error
        if slips and _again(f"{'; '.join(slips)} Edit it again?"):
            continue
        os.unlink(path)
        return after, slips


def _open(path: Path) -> None:
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    try:
        code = subprocess.run([*editor, str(path)]).returncode
    except OSError as error:
        path.unlink()
        raise SettingsError(f"{editor[0]} cannot be run ({error.strerror}): set EDITOR") from error
    if code:
        path.unlink()
        raise SettingsError(f"{editor[0]} ended with {code}: nothing was changed")


def _checked(entry: settings.Entry, data: bytes) -> tuple[dict, list]:
    """(the entry that a text says, what may be a slip in it)."""
    name, text = entry.name, ""
    try:
        text = device("aioctl.utf8").decoded(data)
        after, odd = device("aioservice.settingsfile").parse(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(_where(name, text, str(error))) from error
    wrong, slips = settings.faults(name, after)
    if odd:
        wrong.append(f"{name}: {odd}")
    if wrong:
        raise SettingsError(wrong[0])
    return after, [*slips, *settings.changes(entry, after)]


def _where(name: str, text: str, why: str) -> str:
    """What is wrong with a text that is no JSON, with its place where Python knows it."""
    try:
        json.loads(text or "{}")
    except ValueError as error:
        return f"{name}: {error}"
    return f"{name}: {why}"


def _again(question: str) -> bool:
    """Whether a person wants another go; nobody there does not."""
    if not sys.stdin.isatty():
        return False
    try:
        return input(f"{question} [Y/n] ").strip().lower() in ("", "y", "yes")
    except EOFError:
        print()
        return False
