"""`svctl edit`: the entry of a service in $EDITOR; what comes back is checked before it is written."""
from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.check import device
from tools.errors import SettingsError
from tools.svctl import settings
from tools.svctl.complete import names
from tools.svctl.link import Link

HELP = "the settings of a service in $EDITOR"
LINK = False  # the board is left alone while somebody types


def arguments(parser) -> None:
    name = parser.add_argument("name", metavar="NAME", help="a service, or _boot for the board's own")
    name.completer = names


def run(port: str, args, say) -> int:
    with Link(port) as link:
        entry = settings.Entry(link, args.name)
    if "*" in entry.name:
        raise SettingsError(f"{entry.name}: name one service")
    after, slips = edited(entry.name, entry.data, port)
    if after == entry.data:
        say("nothing was changed")
    else:
        with Link(port) as link:
            settings.replace(link, entry.name, entry.data, after)
        for line in [*settings.lines(after), *slips]:
            say(line)
        say(settings.WHEN_BOOT if entry.name == settings.BOOT else settings.WHEN)
    say.data(after)
    return 0


def edited(name: str, entry: dict, port: str) -> tuple[dict, list]:
    """What a person makes of an entry: one without a fault, and what may be a slip in it. Else
    SettingsError, which says where the text is."""
    fd, path = tempfile.mkstemp(prefix=f"{name}-", suffix=".json")
    text = "\n".join(settings.lines(entry)) + "\n"
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
    while True:
        _open(Path(path))
        try:
            after, slips = _checked(name, Path(path).read_text(encoding="utf-8"))
        except (SettingsError, UnicodeDecodeError) as error:
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


def _checked(name: str, text: str) -> tuple[dict, list]:
    """(the entry, what may be a slip in it)."""
    try:
        entry, twice = device("aioservice.settings").parse(text)
    except ValueError as error:
        raise SettingsError(_where(name, text, str(error))) from error
    wrong, slips = settings.faults(name, entry)
    if twice:
        wrong.append(f"{name}: {twice}")
    if wrong:
        raise SettingsError(wrong[0])
    return entry, slips


def _where(name: str, text: str, why: str) -> str:
    """What is wrong with a text that is no JSON, with its place where Python knows it."""
    try:
        json.loads(text)
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
