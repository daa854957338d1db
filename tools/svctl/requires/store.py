"""The files of requirements in the user's cache, each under its sha256: what lies there need not be
fetched."""
from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Optional

from svctl.errors import RequiresError
from svctl.setup import place


def folder() -> Path:
    return place.CACHE / "requires"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def find(sha: str) -> Optional[Path]:
    """Where a file lies; None where it does not, or is not what it was."""
    path = _path(sha)
    try:
        return path if digest(path.read_bytes()) == sha else None
    except OSError:
        return None


def put(data: bytes) -> str:
    """Keep a file, whole or not at all; its sha256."""
    sha = digest(data)
    if find(sha) is not None:
        return sha
    path = _path(sha)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
            os.chmod(name, 0o444)  # builds link to it
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        where = error.filename or path.parent
        raise RequiresError(f"what was fetched cannot be kept: {where}: {error.strerror}: make room or "
                            "rights there, or name another cache in XDG_CACHE_HOME") from error
    return sha


def _path(sha: str) -> Path:
    return folder() / sha[:2] / sha
