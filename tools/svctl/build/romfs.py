"""`make romfs`: an image of lib and aioservices for firmware with ROMFS, built by mpremote's own
builder. Modules run from it in place, and take about half of the heap."""
from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path

from svctl.build import overlay, tree
from svctl.errors import InterpreterError, TreeError, run_main
from svctl.setup import place

TREE = place.BUILD / "rom"


def pack(folder: Path, image: Path) -> int:
    """Write all of a folder to an image file; its size in bytes."""
    try:
        from mpremote.romfs import make_romfs
    except ImportError:
        raise TreeError("mpremote is missing, or has no romfs: run make romfs") from None

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            data = make_romfs(str(folder), mpy_cross=False)
        except SystemExit:
            raise TreeError(said.getvalue().strip().splitlines()[-1]) from None
    image.parent.mkdir(parents=True, exist_ok=True)
    fresh = image.with_name(image.name + ".new")
    fresh.write_bytes(data)
    fresh.replace(image)
    return len(data)


def build(image: Path) -> int:
    """Compile the project for ROM and write its image; the image's size in bytes."""
    tree.build(TREE, overlay.of(place.find(Path.cwd()) or place.CODE), rom=True)
    tree.check(TREE)
    return pack(TREE, image)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m svctl.build.romfs",
                                     description="Build an image for /rom.")
    parser.add_argument("image", nargs="?", default=Path("build/romfs.img"), type=Path)
    args = parser.parse_args()
    try:
        size = build(args.image)
    except OSError as error:
        raise TreeError(f"{error.filename or args.image}: {error.strerror}") from error
    except InterpreterError as error:
        raise TreeError(str(error)) from error
    print(f"romfs: {args.image}: {size} bytes")
    print(f"romfs: try it:      tools/board --rom {args.image} DIR")
    print(f"romfs: to a board:  mpremote romfs deploy {args.image}")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("romfs", main))
