"""`svctl info`: what a board is: firmware, heap, flash, uptime, and what it carries."""
from __future__ import annotations

from svctl.deploy import send, stamp

HELP = "board, firmware, heap, flash, version of the project"


def arguments(parser) -> None:
    pass


def run(link, args, say) -> int:
    found = send.about(link)
    found["uid"] = send.uid(link)
    found["carries"] = send.carried(link)
    found["rolled_back"] = send.kept(link).back
    say.data(found)
    mpy = found["mpy"]
    flash = "?" if found["flash"] is None else f"{found['flash_free']} B of {found['flash']} B free"
    for word, value in (
        ("board", found["machine"]), ("uid", found["uid"] or "none"),
        ("firmware", f"{found['name']} {found['version']} ({found['platform']})"),
        (".mpy", "none" if mpy is None else f"v{mpy & 0xFF}.{mpy >> 8 & 3}"),
        ("heap", f"{found['heap_free']} B of {found['heap']} B free"), ("flash", flash),
        ("manager", f"runs, for {found['uptime']} s" if found["manager"] else "none runs"),
        ("version", stamp.line(found["carries"])),
        ("files", "+rolled-back" if found["rolled_back"] else ""),
    ):
        if value:
            say(f"{word:>8}: {value}")
    return 0
