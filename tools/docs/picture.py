"""`make pictures`: docs/console.svg, a real session on the simulated board, colours included; and those of
boardpictures.py."""
from __future__ import annotations

import argparse
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, unescape

from svctl.build import tree
from svctl.errors import BoardError, run_main
from svctl.setup.place import CODE as ROOT
from tools.docs import boardpictures

PICTURE = ROOT / "docs" / "console.svg"
COMMANDS = (
    "status()",
    'load("dofail")',
    'traceback("dofail")',
    'await stop("hello")',
    "aioctl.status(log=False)",
)
PROMPT = "\n--> "
PATIENCE = 10  # s for a command
# The colours that aioservice and aioctl use, on a dark ground; 0 is all other text.
COLOURS = {"0": "#d6dbe0", "91": "#f2777a", "92": "#7fd48a", "93": "#f0c674", "96": "#6cc7d9"}
GROUND, BAR = "#1b1f24", "#2b3138"
CELL, ROW, SIZE, EDGE, TOP = 7.8, 19, 13, 16, 34  # px: of a character and a line, the font, the frame


class Span(NamedTuple):
    """Text of one colour in a line, from a column on."""

    column: int
    colour: str
    text: str


def record(folder: Path, commands=COMMANDS, bits: int = 32, heap: str = "192k") -> str:
    """What stands on the terminal when a board booted from `folder` and these were typed at its prompt."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(folder, Path(place) / "board")
        command = [sys.executable, "-S", str(ROOT / "tools" / "board"), "--bits", str(bits), "--heap", heap,
                   "--pty", str(Path(place) / "tty"), str(Path(place) / "board")]
        board = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            line = board.stderr.readline().decode()
            if " -> " not in line:
                raise BoardError(line.strip() or "the board did not start")
            port = os.open(line.rsplit(" -> ", 1)[1].strip(), os.O_RDWR | os.O_NOCTTY)
            try:
                return _typed(port, commands)
            finally:
                os.close(port)
        finally:
            board.terminate()
            board.wait(PATIENCE)
            board.stderr.close()


def _typed(port: int, commands) -> str:
    text = _until_prompt(port)
    for command in commands:
        os.write(port, command.encode() + b"\r")
        text += _until_prompt(port)
    return text[:-len(PROMPT)]


def _until_prompt(port: int) -> str:
    text = b""
    until = time.monotonic() + PATIENCE
    while not text.replace(b"\r", b"").endswith(PROMPT.encode()):
        if not select.select([port], [], [], max(0, until - time.monotonic()))[0]:
            raise BoardError(f"no prompt came within {PATIENCE} s, only: {text.decode(errors='replace')}")
        text += os.read(port, 4096)
    return text.decode().replace("\r", "")


def screen(text: str) -> list[list[Span]]:
    """The lines of a terminal: spans without what controls it."""
    colour, lines = "0", []
    for line in text.split("\n"):
        spans, column = [], 0
        for part in re.split(r"(\x1b\[[0-9;]*[A-Za-z])", line):
            if part.startswith("\x1b["):
                colour = part[2:-1] if part.endswith("m") and part[2:-1] in COLOURS else "0"
            elif part:
                spans.append(Span(column, colour, part))
                column += len(part)
        lines.append(spans)
    return lines


def svg(lines: list[list[Span]], title: str = "make run") -> str:
    """The picture of a terminal with these lines."""
    columns = max([span.column + len(span.text) for line in lines for span in line], default=0)
    wide, high = round(columns * CELL + 2 * EDGE), TOP + len(lines) * ROW + EDGE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{SIZE}">',
        "<title>A session on the simulated board</title>",
        f'<rect width="{wide}" height="{high}" rx="8" fill="{GROUND}"/>',
        f'<path d="M0 24V8a8 8 0 0 1 8-8H{wide - 8}a8 8 0 0 1 8 8V24z" fill="{BAR}"/>',
        f'<text x="{wide / 2:g}" y="17" text-anchor="middle" fill="#9aa4ae">{escape(title)}</text>',
    ]
    for number, line in enumerate(lines):
        out.append(f'<g class="line" transform="translate({EDGE} {TOP + number * ROW + SIZE})">')
        for span in line:  # its length is given, so that columns fit with any font
            x, length = span.column * CELL, len(span.text) * CELL
            out.append(f'<text x="{x:g}" textLength="{length:g}" lengthAdjust="spacingAndGlyphs" '
                       f'xml:space="preserve" fill="{COLOURS[span.colour]}">{escape(span.text)}</text>')
        out.append("</g>")
    return "\n".join([*out, "</svg>", ""])


def shown(picture: str) -> list[str]:
    """The lines of text in a picture."""
    found = re.findall(r'<g class="line"[^>]*>\n(.*?)</g>', picture, re.S)
    return [unescape("".join(re.findall(r"<text[^>]*>(.*?)</text>", line, re.S))) for line in found]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.docs.picture",
                                     description="Write docs/console.svg, top.svg and boot.svg.")
    parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        built = Path(place) / "tree"
        tree.build(built)
        PICTURE.write_text(svg(screen(record(built))), encoding="utf-8")
        for path in (PICTURE, *boardpictures.draw(built)):
            print(f"pictures: wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("pictures", main))
