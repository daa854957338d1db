"""`svctl last-boot`: what the last boot ended with."""
from __future__ import annotations

from svctl.build.tree import in_words

HELP = "what the last boot ended with: cause, service, traceback, log"


def arguments(parser) -> None:
    pass


def run(link, args, say) -> int:
    found = {key: value for part in link.ask("boots", "last") for key, value in part.items()}
    say.data(found)
    told = [("cause", found["cause"]), ("lasted", "no" if found["failed"] else "yes"),
            ("this boot", "safe mode" if found["safe"] else None), ("to blame", found["service"]),
            ("why", found["why"])]
    for word, value in told:
        if value:
            say(f"{word:>10}: {value}")
    for line in [*in_words(found["traceback"] or "").splitlines(), *(found["log"] or [])]:
        say(line)
    return 0
