"""`svctl test-board`: twenty checks that an owner of hardware runs, and whose report can be pasted."""
from __future__ import annotations

import argparse
import sys
import time
from typing import Iterator

from svctl import __version__
from svctl.commands.deploy import answer
from svctl.deploy import send, stamp
from svctl.errors import LinkError, ToolError
from svctl.hardware.bench import Bench
from svctl.hardware.checks import CHECKS, NotHere
from svctl.shared import device

HELP = "twenty checks of a board in a few minutes, with a report that can be pasted"
NO_MANAGER = "no manager runs: svctl reset starts one, svctl deploy brings one"
LINK = False  # the board is reset meanwhile
RESETS = ("reset", "watchdog")  # disturb services, and need none
ALONE = ("lifecycle", "loop", "interrupts", "soft-reset")  # go without the guest
WORDS = {True: "ok", False: "FAILED", None: "n/a"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", metavar="CHECK", nargs="*",
                        help=f"these alone: {', '.join(each.name for each in CHECKS)}")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before services are disturbed")
    parser.add_argument("--watchdog", action="store_true", help="have the hardware watchdog reset the board, "
                        "too")


def prepare(args: argparse.Namespace) -> None:
    known = [each.name for each in CHECKS]
    for name in args.names:
        if name not in known:
            meant = device("aioservice.spelling").near(name, known)
            raise ToolError(f"there is no check {name}{meant or '; there are: ' + ', '.join(known)}")


def run(port: str, args, say) -> int:
    bench = Bench(port)
    begin = time.monotonic()
    bench.asked_watchdog = args.watchdog
    rows: list = []
    try:
        bench.begin()
        _may_disturb(bench, args)
    except BaseException:
        bench.detach()
        raise
    try:
        head = _head(bench)
        for line in head:
            say(line)
        for number, name, result, text in _tried(bench, args.names):
            rows.append({"check": name, "ok": result, "text": text})
            say(f"{number:2d} {WORDS[result]:6} {name:10} {' '.join(text.split())[:160]}")
    finally:
        changed = _left(bench)
    counts = [sum(row["ok"] is word for row in rows) for word in (True, False, None)]
    after = "; ".join(changed) if changed else "the board is as it was"
    took = time.monotonic() - begin
    say(f"{counts[0]} ok, {counts[1]} failed, {counts[2]} not applicable, in {took:.0f} s; {after}")
    say.data({"head": head, "checks": rows, "changed": changed})
    return 1 if counts[1] or changed else 0


def _may_disturb(bench: Bench, args) -> None:
    """ToolError where services run, and nobody agrees."""
    wanted = [each for each in CHECKS if not args.names or each.name in args.names]
    if args.yes or not bench.running or not any(each.needs_manager or each.name in RESETS for each in wanted):
        return
    text = f"services run there ({', '.join(bench.running)}), and the board is reset several times"
    if not sys.stdin.isatty():
        raise ToolError(f"{bench.port}: {text}: --yes agrees. Nothing was done")
    if not answer(f"{text}: go on?"):
        raise ToolError("nothing was done")


def _head(bench: Bench) -> list:
    """What is tried, of what no secret is: of the unique id the beginning alone."""
    about, link = bench.about, bench.attach()
    uid = send.uid(link)
    kind = about["mpy"]
    flash = "?" if about["flash"] is None else f"{about['flash_free']} B of {about['flash']} B free"
    rows = (("board", f"{about['machine']}, uid {uid[:6] + '…' if uid else 'none'}"),
            ("firmware", f"{about['name']} {about['version']} ({about['platform']})"
             + (f", .mpy v{kind & 0xFF}.{kind >> 8 & 3}" if kind else "")),
            ("heap", f"{about['heap_free']} B of {about['heap']} B free"), ("flash", flash),
            ("services", f"{len(bench.running)} run" if bench.has_manager else NO_MANAGER),
            ("version", stamp.line(send.carried(link))))
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return [f"svctl test-board {__version__}, {sys.platform}, {date}",
            *(f"{word:>8}: {text}" for word, text in rows if text)]


def _tried(bench: Bench, names: list) -> Iterator[tuple]:
    """(number, name, whether it is as it should be or None, what was measured) of each check."""
    gone = None
    wanted = set(names) or {each.name for each in CHECKS}
    if any(each.needs_manager and each.name not in ALONE for each in CHECKS if each.name in wanted):
        wanted.add("lifecycle")  # it brings what the others are tried on
    for number, check in enumerate(CHECKS, 1):
        if check.name not in wanted:
            continue
        try:
            if gone is not None:
                raise NotHere(f"the board was lost before: {gone}")
            if check.needs_manager and not bench.has_manager:
                raise NotHere("no manager runs on the board")
            if check.needs_manager and check.name not in ALONE and not bench.has_guest:
                raise NotHere("the service did not come up")
            yield number, check.name, True, check.run(bench)
        except NotHere as error:
            yield number, check.name, None, str(error)
        except ToolError as error:
            yield number, check.name, False, str(error).removeprefix(f"{bench.port}: ")
            gone = _recovered(bench, error)


def _recovered(bench: Bench, error: ToolError):
    """Why the board cannot be gone on with behind an error; None where it can."""
    if not isinstance(error, LinkError):
        return None
    try:
        bench.back()
        bench.attach()
    except ToolError as why:
        return str(why)
    return None


def _left(bench: Bench) -> list:
    """Leave the board as it was; what is not."""
    try:
        return bench.leave()
    except ToolError as error:
        return [f"{error}. What the test has put on the board goes by itself within two minutes of its time"]
