"""`svctl config`: the entry of a service in the board's services.config; changes it with key=value."""
from __future__ import annotations

import copy

from svctl.errors import ServiceUnknown, SettingsError
from svctl.manage import settings
from svctl.manage.complete import keys, names

HELP = "the settings of a service; key=value changes them, --unset key takes them out"


def arguments(parser) -> None:
    name = parser.add_argument("name", metavar="NAME", help="a service, or _boot for the board's own")
    name.completer = names
    pairs = parser.add_argument("pairs", metavar="key=value", nargs="*",
                                help="a value is JSON, else text: limit=3 restart=always schedule.at=06:00 "
                                "kwargs.period=5 require='[\"net\"]'")
    pairs.completer = keys
    parser.add_argument("--unset", metavar="KEY", nargs="+", action="extend", default=[],
                        help="takes out a key, like loglevel, kwargs.period or schedule.days")


def prepare(args) -> None:
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
