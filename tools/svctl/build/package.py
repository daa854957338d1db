"""Writes package.json, with which `mip` installs lib/, and manifest.py, which freezes it into a firmware.
Both say what lib/ holds, and a test fails where they do not (`make package` mends that)."""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from svctl.build import sift
from svctl.errors import run_main
from svctl.setup.place import CODE as ROOT

HEAD = '''\
# Freezes lib/ into a firmware; a board's own manifest has: include("…/manifest.py")
# Written by `make package`.
'''


def modules(lib: Path = ROOT / "lib") -> list:
    """The source files of lib/, as paths in it."""
    return sorted(path.relative_to(lib).as_posix() for path in sift.walk(lib)
                  if path.suffix == ".py" and path.is_file())


def package_json(files: list, base: str = "") -> str:
    """For `mip`: [path below the board's lib, where the file is]: beside package.json, or below `base`, since
    the mip of MicroPython 1.25 and before takes whole addresses only."""
    base = base.rstrip("/") + "/" if base else ""
    pairs = ",\n".join("    " + json.dumps([name, f"{base}lib/{name}"]) for name in files)
    return f'{{\n  "urls": [\n{pairs}\n  ],\n  "deps": []\n}}\n'


def manifest(files: list) -> str:
    """For MicroPython's makemanifest: packages with their files, then modules; -O2 as on the way to flash."""
    packages: dict[str, list] = {}
    for name in files:
        folder, _, file = name.rpartition("/")
        packages.setdefault(folder, []).append(file)
    lines = []
    for folder in sorted(filter(None, packages)):
        listed = "".join(f'    "{file}",\n' for file in packages[folder])
        lines.append(f'package("{folder}", files=(\n{listed}), base_path="lib", opt=2)\n')
    lines += [f'module("{file}", base_path="lib", opt=2)\n' for file in packages.get("", [])]
    return HEAD + "".join(lines)


def texts(base: str = "") -> dict:
    """{path: what it should hold}."""
    files = modules()
    return {ROOT / "package.json": package_json(files, base), ROOT / "manifest.py": manifest(files)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m svctl.build.package",
                                     description="Writes package.json, manifest.py.")
    parser.add_argument("--base", default="", help="where others find it, like github:you/name")
    for path, text in texts(parser.parse_args().base).items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("package", main))
