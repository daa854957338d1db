"""`svctl is-active`: systemd's words and exit codes: 0 active, 3 not, 4 no such service."""
from __future__ import annotations

from svctl.manage import complete, services

HELP = "whether a service is active; exit code 0, 3 (not), 4 (unknown)"


def arguments(parser) -> None:
    complete.name_argument(parser)


def run(link, args, say) -> int:
    found = services.of(link, args.name)
    say.data({each["name"]: services.word(each) for each in found})
    for each in found:
        say(services.word(each))
    return services.code(found)
