"""The filesystem of a Pico's flash image, made from a folder without a board: by the unix port's littlefs."""
from __future__ import annotations

import subprocess
from pathlib import Path

from svctl.errors import PicoError
from svctl.setup import unixport
from tools.picohost import image

FILL = Path(__file__).resolve().parent / "device" / "fill.py"
TIMEOUT = 120


def fill(flash: Path, root: Path) -> None:
    """Make a flash image with what lies below `root` on its filesystem, and no firmware yet."""
    flash.parent.mkdir(parents=True, exist_ok=True)
    flash.write_bytes(b"\xff" * image.FLASH_SIZE)
    command = [str(unixport.interpreter(32)), str(FILL), str(flash), str(image.ROOM), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise PicoError(f"the filesystem could not be made: {done.stderr.strip()}")
