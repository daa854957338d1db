"""`svctl boards`: the boards of the project and the ports, with what answers there."""
from __future__ import annotations

import os
from pathlib import Path

from svctl.boards import described, reached
from svctl.deploy import stamp
from svctl.errors import BoardsError
from svctl.setup import place

TOLD = ("uid", "machine", "platform", "version", "manager", "carries")
HELP = "the boards of the project, and the ports with what answers there"


def arguments(parser) -> None:
    pass


def alone(args, say) -> int:
    """Ports that are named with -t or in the environment are looked at, too."""
    root = place.find(Path.cwd())
    boards = described.every(root) if root else []
    words = [*args.ports, *filter(None, [os.environ.get("SVCTL_PORT")])]
    named, args.ports = [word for word in words if reached.is_port(word)], []
    ports = dict.fromkeys([*(each.port for each in boards if each.port), *named, *reached.attached()])
    found = {each.port: each for each in reached.asked(list(ports))}
    rows = []
    for board in boards:
        seen = next((each for each in found.values() if each.about and board.uid == each.about["uid"]
                     and board.uid is not None), None)
        if seen is None and board.port and not (board.uid and found[board.port].about):
            seen = found[board.port]
        rows.append((board, board.port, seen))
    shown = [seen.port for _, _, seen in rows if seen]
    rows += [(None, port, found[port]) for port in ports if port not in shown]
    say.data([_data(*row) for row in rows])
    for line in _lines(rows):
        say(line)
    faults = [line for board in boards for line in board.faults]
    if faults:
        raise BoardsError("; ".join(faults[:1]) + (f", and {len(faults) - 1} more" if faults[1:] else ""))
    return 0


def _data(board, port, seen) -> dict:
    about = (seen and seen.about) or {}
    return {"board": board and board.name, "port": seen.port if seen else port,
            "why": None if about else _answer(board, seen), **{key: about.get(key) for key in TOLD}}


def _lines(rows: list) -> list:
    if not rows:
        return ["no boards in the project, and no port with a device behind it"]
    table = [("BOARD", "PORT", "ANSWERS")]
    for board, port, seen in rows:
        table.append((board.name if board else "-", seen.port if seen else port or "-", _answer(board, seen)))
    widths = [max(len(row[i]) for row in table) for i in (0, 1)]
    return [f"{name:{widths[0]}}  {port:{widths[1]}}  {text}" for name, port, text in table]


def _answer(board, seen) -> str:
    if seen is None:
        return "another board" if board.port else "not found"
    if seen.about is None:
        return seen.why
    about = seen.about
    parts = [about["machine"], f"MicroPython {about['version']}", stamp.line(about["carries"]),
             "" if about["manager"] else "no manager runs", f"uid {about['uid']}" if about["uid"] else ""]
    return "; ".join(filter(None, parts))
