"""How long svctl keeps the loop of a board from running: `python -m tools.picohost.hold`, on an emulated Pico
with 40 services, in board time. The figures stand in docs/svctl.md."""
from __future__ import annotations

import argparse
import queue
import sys
import tempfile
from pathlib import Path

from svctl import cli
from svctl.errors import PicoError, run_main
from svctl.link.cable import SHORT, Link
from svctl.look import journal
from svctl.look.topboard import News, Watch
from tools.picohost import bench

SERVICES = 40
LOOKS = 20
WATCH = Path(__file__).resolve().parent / "device" / "hold.py"
# What is measured: the first time after a reset, and again.
COMMANDS = ("top", "logs -f", "logs", "list", "status n01", "is-active n01", "stop n01", "start n01", "plot",
            "info")


class Watched(Link):
    """A link that numbers what it sends, so that the board knows which command held its loop."""

    def __enter__(self) -> Link:
        self.sent: list[str] = [""]
        super().__enter__()
        Link.run(self, WATCH.read_text())
        return self

    def run(self, code: str, timeout: float = 60) -> str:
        self.sent.append(" ".join(code.split())[:70])
        return super().run(f"_hold.number={len(self.sent) - 1}\n{code}", timeout)

    def since(self, first: int, end: int = -1) -> list[tuple[float, str]]:
        """[(ms, command)] of what was sent from number `first` on."""
        sent = self.sent[first:end if end >= 0 else len(self.sent)]
        text = Link.run(self, f"print(list(_hold.longest[{first}:{first + len(sent)}]))")
        longest = map(int, text.strip("[]\n ").split(","))
        return [(us / 1000, code) for us, code in zip(longest, sent)]


class Nobody:
    """Reads what the commands print."""

    several = False

    def __call__(self, line: str) -> None:
        pass

    data = __call__


def command(link: Watched, line: str) -> list[int]:
    """Runs a line of svctl twice; the numbers of what was sent at the begin of each, and at the end."""
    edges = []
    for _ in range(2):
        edges.append(len(link.sent))
        args = cli.parser().parse_args(["-t", link.port, *line.split()])
        args.module.run(link, args, Nobody())
    return [*edges, len(link.sent)]


def follow(link: Watched) -> list[int]:
    """What `logs -f` does: a read of all, and then of what came."""
    link.page = SHORT
    edges = [len(link.sent)]
    _, after = journal.read(link, keep=True)
    edges.append(len(link.sent))
    for _ in range(LOOKS):
        _, after = journal.more(link, after)
    return [*edges, len(link.sent)]


def top(link: Watched) -> list[int]:
    """What `top` does: up to its first look, and some looks."""
    news: queue.Queue = queue.Queue()
    watch = Watch(link.port, 0.1, True, news.put, lambda port: _Kept(link))
    edges = [len(link.sent)]
    watch.start()
    for number in range(LOOKS + 1):
        while True:
            one: News = news.get(timeout=120)
            if one.wrong:
                raise PicoError(one.status)
            if one.look is not None:
                break
        if not number:
            edges.append(len(link.sent))
    watch.stop(60)
    return [*edges, len(link.sent)]


class _Kept:
    """A context that leaves the link as it is."""

    def __init__(self, link: Watched):
        self.link = link

    def __enter__(self) -> Watched:
        return self.link

    def __exit__(self, *_) -> None:
        pass


SPECIAL = {"top": top, "logs -f": follow}


def measure(pico: bench.Bench, line: str, verbose: bool) -> None:
    """A board that was reset; the longest hold of the first time, and of further ones."""
    pico.load(pico.root)
    pico.booted()
    with Watched(pico.tty, 30) as link:
        edges = SPECIAL[line](link) if line in SPECIAL else command(link, line)
        shown = []
        for begin, end in zip(edges, edges[1:]):
            found = link.since(begin, end)
            shown.append((max(found), found))
    (first, one), (again, other) = shown
    print(f"{line:<14} first {first[0]:6.1f} ms ({first[1][:50]}), "
          f"again {again[0]:6.1f} ms ({again[1][:50]})", flush=True)
    if verbose:
        for ms, code in [*one, (0, "-- again"), *other]:
            print(f"    {ms:6.1f}  {code}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.picohost.hold", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="each command that was sent")
    parser.add_argument("commands", nargs="*", default=COMMANDS, help="a line of svctl each")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aioservices-pico-") as folder:
        pico = bench.Bench(Path(folder))
        try:
            bench.project(pico.root, SERVICES)
            for line in args.commands:
                measure(pico, line, args.verbose)
        finally:
            pico.close()
    return 0


if __name__ == "__main__":
    sys.exit(run_main("hold", main))
