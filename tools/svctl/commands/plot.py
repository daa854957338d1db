"""`svctl plot`: the boot as a picture, as `systemd-analyze plot` draws one."""
from __future__ import annotations

import sys
from pathlib import Path

from svctl.errors import ToolError
from svctl.look import bootplot, boottime

HELP = "the boot as a picture: -o boot.svg"
COARSE = ("; times in whole seconds, as the boot was not measured: "
          '{"_boot": {"blame": true}} in services.config')


def arguments(parser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="where to put the picture "
                        "(boot.svg; with --json nowhere); - is the standard output")


def run(link, args, say) -> int:
    head, *rows = link.ask("boot", "services")
    boot = boottime.boot(head, rows)
    say.data({"board": boot.board, "firmware": boot.firmware, "uptime": boot.uptime, "exact": boot.exact,
              "services": [_plain(bar) for bar in boot.bars]})
    if args.json and args.output is None:
        return 0
    picture = bootplot.svg(boot)
    if args.output == "-":
        if not args.json:
            sys.stdout.write(picture)
        return 0
    path = _path(args.output or "boot.svg", say)
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}") from error
    say(f"wrote {path}: {len(boot.bars)} services" + ("" if boot.exact else COARSE))
    return 0


def _path(name: str, say) -> Path:
    """The file; where several boards are drawn each has its own: boot-ttyACM0.svg."""
    path = Path(name)
    return path.with_name(f"{path.stem}-{Path(say.port).name}{path.suffix}") if say.several else path


def _plain(bar) -> dict:
    return {**bar._asdict(), "phases": [phase._asdict() for phase in bar.phases]}
