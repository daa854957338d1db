"""`svctl config`: the entry of a service in the board's services.config; changes it with key=value. With
--show no board is asked: how the settings of a board are made of services.config and the board's file."""
from __future__ import annotations

import copy
import difflib
import json

from svctl.boards import described, going
from svctl.boards.merge import plain
from svctl.deploy import vet
from svctl.errors import BoardsError, ServiceUnknown, SettingsError
from svctl.manage import settings
from svctl.manage.complete import keys, names
from svctl.setup import place
from svctl.shared import device

HELP = "the settings of a service; key=value changes them, --unset key takes them out; --show BOARD"


def arguments(parser) -> None:
    name = parser.add_argument("name", metavar="NAME", nargs="?",
                               help="a service, or _boot for the board's own")
    name.completer = names
    parser.add_argument("--show", metavar="BOARD", help="the settings that a board of the project's boards/ "
                        "gets: with - what of services.config does not count there, with + what does instead")
    pairs = parser.add_argument("pairs", metavar="key=value", nargs="*",
                                help="a value is JSON, else text: limit=3 restart=always schedule.at=06:00 "
                                "kwargs.period=5 require='[\"net\"]'")
    pairs.completer = keys
    parser.add_argument("--unset", metavar="KEY", nargs="+", action="extend", default=[],
                        help="takes out a key, like loglevel, kwargs.period or schedule.days")


def is_alone(args) -> bool:
    return args.show is not None


def alone(args, say) -> int:
    """Without a board: how one of the project's boards comes to its settings."""
    root = place.project()
    mine = going.Going(root, described.named(args.show, root))
    if mine.faults:
        raise BoardsError(mine.faults[0])
    common, merged = ({key: entry for key, entry in each.items() if args.name in (None, plain(key))}
                      for each in (going.read(root), mine.settings))
    if args.name is not None and not common and not merged:
        meant = device("aioservice.spelling").near(args.name, mine.settings)
        raise ServiceUnknown(f"{args.show} has no entry {args.name}{meant}")
    say.data(merged)
    before, after = (vet.pretty(json.dumps(each).encode()) for each in (common, merged))
    lines = list(difflib.ndiff(before, after)) if before != after else [f"  {line}" for line in after]
    for line in lines:
        if not line.startswith("?"):
            say(line)
    args.ports = []
    return 0


def prepare(args) -> None:
    if args.show is not None:
        if args.pairs or args.unset:
            raise SettingsError(f"--show changes nothing: write it into {described.FOLDER}/{args.show}.toml")
        return
    if args.name is None:
        raise SettingsError("NAME is missing: a service, or _boot for the board's own")
    args.keys = settings.parse([*args.pairs, *(word for word in args.unset if "=" in word)])
    args.unset = [word for word in args.unset if "=" not in word]
    if (args.keys or args.unset) and "*" in args.name:
        raise SettingsError(f"{args.name}: name one service to change its settings")


def run(link, args, say) -> int:
    try:
        entry = settings.Entry(link, args.name)
    except ServiceUnknown:
        if "cls" not in args.keys:  # a new one, of any class
            raise
        entry = settings.Entry(None, args.name)
    if not (args.keys or args.unset):
        return _show(entry.data, say)
    try:
        after, notes = changed(entry, args.keys, args.unset)
    except SettingsError as error:
        raise SettingsError(f"{link.port}: {error}") from error
    for line in [*settings.replace(link, entry.name, entry.data, after), *notes]:
        say.note(line)
    _show(after, say)
    say(settings.WHEN_BOOT if entry.name == settings.BOOT else settings.WHEN)
    return 0


def changed(entry: settings.Entry, keys: dict, unset: list) -> tuple[dict, list]:
    """(the entry with keys set and others taken out, what there is to say); SettingsError for a fault."""
    after = copy.deepcopy(entry.data) if isinstance(entry.data, dict) else {}
    for key in unset:
        settings.drop(entry, after, key)
    notes = [settings.put(entry, after, settings.where(entry, key), value) for key, value in keys.items()]
    wrong, slips = settings.faults(entry.name, after)
    if wrong:
        raise SettingsError(f"not saved: {wrong[0]}")
    return after, [*filter(None, notes), *slips]


def _show(data, say) -> int:
    say.data(data)
    for line in settings.lines(data):
        say(line)
    return 0
