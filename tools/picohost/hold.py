"""How long svctl keeps the loop of a board from running: `python -m tools.picohost.hold`, on an emulated Pico
with 40 services, in board time. The figures stand in docs/svctl.md."""
from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tools.errors import run_main
from tools.picohost import bench
from tools.svctl import cli
from tools.svctl.link import Link

SERVICES = 40
WATCH = Path(__file__).resolve().parent / "device" / "hold.py"
# What is measured, each the first time after a reset and again.
COMMANDS = ("list", "status n01", "logs", "is-active n01", "stop n01", "start n01", "info")


class Watched(Link):
    """A link that numbers what it sends, so that the board knows which command held its loop."""

    def __enter__(self) -> Link:
        self.sent: list[str] = [""]
        super().__enter__()
        Link.run(self, WATCH.read_text())
        return self

    def run(self, code: str, timeout: float = 60) -> str:
        self.sent.append(code.splitlines()[0][:60])
        return super().run(f"_hold.number={len(self.sent) - 1}\n{code}", timeout)

    def since(self, first: int) -> list[tuple[float, str]]:
        """[(ms, command)] of what was sent from number `first` on."""
        text = Link.run(self, f"print(list(_hold.longest[{first}:{len(self.sent)}]))")
        return [(us / 1000, code) for us, code in zip(map(int, text.strip("[]\n ").split(",")), self.sent[first:])]


def say(*_) -> None:
    """Nobody reads what the commands print."""


say.data = say


def measure(pico: bench.Bench, commands, verbose: bool) -> None:
    with Watched(pico.tty, 30) as link:
        for line in commands:
            for time in ("first", "again"):
                args = cli.parser().parse_args(["-t", pico.tty, *line.split()])
                first = len(link.sent)
                args.module.run(link, args, say)
                found = link.since(first)
                worst, code = max(found)
                print(f"{line:<16} {time}  {worst:6.1f} ms  {code}", flush=True)
                if verbose:
                    for ms, code in found:
                        print(f"    {ms:6.1f}  {code}")
                if time == "first" and line.split()[0] in ("list", "logs"):
                    continue


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.picohost.hold", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="each command that was sent")
    parser.add_argument("commands", nargs="*", default=COMMANDS, help="a line of svctl each")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aioservices-pico-") as folder:
        pico = bench.Bench(Path(folder))
        try:
            bench.project(pico.root, SERVICES)
            pico.load(pico.root)
            pico.booted()
            measure(pico, args.commands, args.verbose)
        finally:
            pico.close()
    return 0


if __name__ == "__main__":
    sys.exit(run_main("hold", main))
