"""docs/top.svg and docs/boot.svg, for `make pictures`: what `svctl top` and `svctl plot` show of a simulated
board with the shipped services, and some of tools/docs/pictures, in a heap of a Pico's size."""
from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator
from xml.sax.saxutils import unescape

from svctl.build import mpy
from svctl.errors import BoardError
from svctl.setup.place import CODE as ROOT

SERVICES = ROOT / "tools" / "docs" / "pictures"
BOOT, TOP = ROOT / "docs" / "boot.svg", ROOT / "docs" / "top.svg"
SHIPPED = ("network", "clock", "stats", "watcher")  # enabled beside the others
SIMULATION = {"networks": {"home": {"key": "secret", "takes": 640}}, "ntp": {"takes": 130}}
PORT = "/dev/ttyACM0"  # what the picture says
SIZE = (104, 29)  # columns and lines of the terminal
WIDE = 12.2  # px of a character, as Textual draws it
PATIENCE = 60  # s
_TEXT = r'x="([\d.]+)"( y="[\d.]+") textLength="[\d.]+"([^>]*)>((?:&#160;)*)([^<]*?)(?:&#160;)*<'
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@contextlib.contextmanager
def board(tree: Path, bits: int = 32, heap: str = "192k") -> Iterator[str]:
    """A board with these services that has just been switched on; the name of its port."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "board"
        shutil.copytree(tree, root)
        for source in SERVICES.glob("*.py"):
            path = f"aioservices/services/{source.stem}.mpy"
            mpy.compile_file(source, root / path, path)
        settings = json.loads((ROOT / "services.config").read_text(encoding="utf-8"))
        settings.update({name: {"enabled": True} for name in (*SHIPPED, "dofail")})
        settings["network"]["kwargs"] = {"ssid": "home", "password": "secret"}
        settings["_boot"] = {"blame": True}
        (root / "services.config").write_text(json.dumps(settings))
        (root / "simulation.json").write_text(json.dumps(SIMULATION))
        command = [sys.executable, "-S", str(ROOT / "tools" / "board"), "--bits", str(bits), "--heap", heap,
                   "--pty", str(Path(place) / "tty"), str(root)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        try:
            line = process.stderr.readline().decode()
            if " -> " not in line:
                raise BoardError(line.strip() or "the board did not start")
            yield line.rsplit(" -> ", 1)[1].strip()
        finally:
            process.terminate()
            process.wait(PATIENCE)
            process.stderr.close()


def _prompt(port: str) -> None:
    """Wait until the board's console is there: Ctrl-C may reach a boot before."""
    fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        text, until = b"", time.monotonic() + PATIENCE
        while not text.replace(b"\r", b"").endswith(b"\n--> "):
            if time.monotonic() > until:
                raise BoardError(f"no prompt came within {PATIENCE} s")
            text += os.read(fd, 4096)
    finally:
        os.close(fd)


def boot(port: str):
    """The Boot of a board, when each service had its first outcome."""
    from svctl.link.cable import Link
    from svctl.look import boottime

    _prompt(port)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with Link(port) as link:
            head, *rows = link.ask("boot", "services")
        found = boottime.boot(head, rows)
        if all(bar.note or bar.settles() is not None for bar in found.bars):
            return found
    raise BoardError("the services do not come up")


def top(port: str) -> str:
    """The screen of `svctl top`, as SVG, when it has looked often enough to know what is going on."""
    from svctl.look.topboard import Watch
    from svctl.look.topview import Top

    view = Top(PORT, lambda publish: Watch(port, 0.5, True, publish))

    async def show() -> str:
        async with view.run_test(size=SIZE) as pilot:
            until = time.monotonic() + PATIENCE
            while not (view.before and view.now.services["backup"].restarts > 1 and view.now.uptime > 5
                       and view.now.services["backup"].state == "restarting"):
                if time.monotonic() > until:
                    raise BoardError("there is nothing to be seen of the services")
                await pilot.pause(0.05)
            await pilot.press(*["down"] * sorted(view.now.services).index("sensor"))
            return view.export_screenshot(title="svctl top")

    try:
        return _plain(asyncio.run(show()))
    finally:
        view.watch.stop()


def _plain(picture: str) -> str:
    """Without fonts from elsewhere, and with the same names for the same picture."""
    picture = re.sub(r"\s*@font-face\s*\{.*?\}", "", picture, flags=re.S)
    picture = re.sub(r"font-family:[^;]*;", f"font-family: {FONT};", picture)
    picture = re.sub(r"<!--.*?-->\n?", "", picture, flags=re.S)
    picture = re.sub(_TEXT, _shorter, picture)
    return re.sub(r"terminal-\d+", "top", picture)


def _shorter(found: re.Match) -> str:
    """A text without the spaces around it, in its place: not all programs that show SVG keep them."""
    x, y, rest, lead, text = found.groups()
    count = len(unescape(text.replace("&#160;", " ")))
    at = float(x) + lead.count(";") * WIDE
    return f'x="{at:.1f}"{y} textLength="{count * WIDE:.1f}"{rest}>{text}<'


def draw(tree: Path) -> list[Path]:
    """Write both pictures; their paths."""
    from svctl.look import bootplot

    with board(tree) as port:
        BOOT.write_text(bootplot.svg(boot(port)), encoding="utf-8")
        TOP.write_text(top(port), encoding="utf-8")
    return [BOOT, TOP]
