"""`svctl config`: the entry of a service in the board's services.config; changes it with key=value."""
from __future__ import annotations

from tools.errors import ServiceUnknown, SettingsError
from tools.svctl import settings
from tools.svctl.complete import keys, names

HELP = "the settings of a service; key=value changes them"


def arguments(parser) -> None:
    name = parser.add_argument("name", metavar="NAME", help="a service, or _boot for the board's own")
    name.completer = names
    pairs = parser.add_argument("pairs", metavar="key=value", nargs="*",
                                help="a value is JSON, else text: limit=3 restart=always require='[\"net\"]'")
    pairs.completer = keys


def prepare(args) -> None:
    args.keys = settings.parse(args.pairs)
    if args.keys and "*" in args.name:
        raise SettingsError(f"{args.name}: name one service to change its settings")


def run(link, args, say) -> int:
    try:
        entry = settings.Entry(link, args.name)
    except ServiceUnknown:
        if "cls" not in args.keys:  # a new one, of any class
            raise
        settings.save(link, args.name, args.keys)
        entry = settings.Entry(link, args.name)
        args.keys = {}
        return _show(entry, True, say)
    if args.keys:
        _change(link, entry, args.keys)
        entry = settings.Entry(link, args.name)
    return _show(entry, bool(args.keys), say)


def _change(link, entry, keys: dict) -> None:
    named = {key: value for key, value in keys.items() if not key.startswith("kwargs.")}
    forced = {key[len("kwargs."):]: value for key, value in keys.items() if key not in named}
    wrong = settings.unknown(entry, list(named))
    if wrong:
        raise SettingsError(f"{link.port}: {wrong}")
    if entry.name == settings.BOOT:
        after = {**entry.data, **named}
        wrong = settings.faults(entry.name, after)[0]
        if wrong:
            raise SettingsError(f"{link.port}: not saved: {wrong[0]}")
        settings.replace(link, entry.name, entry.data, after)
        return
    table = set(settings.words(entry.name)) & set(forced)
    if table:
        raise SettingsError(f"{link.port}: kwargs.{min(table)}: {min(table)} is a key of each service; "
                            "svctl edit can set both")
    settings.save(link, entry.name, {**named, **forced})


def _show(entry, changed: bool, say) -> int:
    say.data(entry.data)
    for line in settings.lines(entry.data):
        say(line)
    if changed:
        say(settings.WHEN_BOOT if entry.name == settings.BOOT else settings.WHEN)
    return 0
