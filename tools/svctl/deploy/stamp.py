"""What a board carries, as one file there says: version.json, which `info`, `status` and snapshot() show.

    {"project": "1.2.0+3.gabc1234.dirty", "lib": "0.1.0", "built": "…", "files": "5f2c91ab"}

`project` is what git or pyproject.toml says, `lib` the version of aioservices, `files` the beginning of a sum
over all the rest that a deploy brings but settings and secrets. As long as that sum stays, so does the time:
one machine makes the same file again, and SOURCE_DATE_EPOCH has any machine make the same. A deploy sends the
file only where it sends something else, too.
"""
from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Optional

from svctl import __version__
from svctl.errors import DeployError
from svctl.setup import place

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib

SHORT = 8  # digits of the sum
_TAGGED = re.compile(r"(?:(?P<tag>.+)-(?P<commits>\d+)-)?g?(?P<commit>[0-9a-f]{7,})$")


def write(path: Path, root: Path, sums: dict) -> None:
    """Bring the stamp of a project at `path` up to date; `sums`: {path on the board: sha256} of the files."""
    text = "".join(f"{sums[name]} {name}\n" for name in sorted(sums))
    files = hashlib.sha256(text.encode()).hexdigest()[:SHORT]
    try:
        old = json.loads(path.read_text())
    except (OSError, ValueError):
        old = {}
    built = old.get("built") if old.get("files") == files and "SOURCE_DATE_EPOCH" not in os.environ else None
    told = {"project": version(root), "lib": __version__, "built": built or _now(), "files": files}
    if told != old:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(told) + "\n")
        fresh.replace(path)


def _now() -> str:
    text = os.environ.get("SOURCE_DATE_EPOCH") or str(time.time())
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(float(text)))
    except (ValueError, OverflowError, OSError) as error:
        raise DeployError(f"SOURCE_DATE_EPOCH: expected seconds since 1970, not {text}") from error


def version(root: Path) -> Optional[str]:
    """The version of a project: a tag of git, with the commits since and whether something is not committed;
    without a tag that of pyproject.toml, with the commit; None where neither is known."""
    base = _of_pyproject(root) or (__version__ if root == place.CODE else None)
    described = _git(root, "describe", "--tags", "--always", "--long", "--abbrev=7")
    if described is None:
        return base
    found = _TAGGED.match(described)
    if found is None:
        return base
    local = []
    if found["tag"] is not None:
        base = re.sub(r"^v(?=\d)", "", found["tag"])
        local = [found["commits"], f"g{found['commit']}"] if int(found["commits"]) else []
    else:
        base, local = base or "0", [f"g{found['commit']}"]
    if _git(root, "status", "--porcelain", "--", "."):
        local.append("dirty")
    return base + ("+" + ".".join(local) if local else "")


def _of_pyproject(root: Path) -> Optional[str]:
    try:
        told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    found = [told.get("project"), told.get("tool", {}).get("poetry")]
    return next((each["version"] for each in found
                 if isinstance(each, dict) and isinstance(each.get("version"), str)), None)


def _git(root: Path, *words: str) -> Optional[str]:
    """What git says of a project; None where it says nothing, or is not there."""
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False,
                              env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}, stdin=subprocess.DEVNULL)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def line(told: object) -> str:
    """What a board carries, for people; "" where it does not say it."""
    if not isinstance(told, dict):
        return ""
    built = str(told.get("built") or "").replace("T", " ").replace("Z", " UTC")
    more = [("lib", told.get("lib")), ("built", built), ("files", told.get("files"))]
    return ", ".join([str(told.get("project") or "no version of its own"),
                      *(f"{word} {value}" for word, value in more if value)])
