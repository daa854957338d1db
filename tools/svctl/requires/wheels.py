"""What of a wheel goes to a board: its modules and their data; nothing of it is run."""
from __future__ import annotations

import io
import zipfile
import zlib
from typing import NamedTuple, Optional

from svctl.errors import RequiresError
from svctl.requires import paths

ALL = 8 << 20  # bytes of a package for a board
BINARY = (".so", ".pyd", ".dylib", ".dll", ".a")
ASIDE = (".pyi", ".pyc", ".pth", ".typed", ".c", ".h", ".pyx", ".pxd")  # no board has a use for them
# What zipfile raises of a file that is none, or encrypted, or compressed as it does not know.
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, ValueError)


class Archive(NamedTuple):
    name: str
    data: bytes


def unpack(shown: str, archive: Archive) -> dict:
    """{path below lib/: content} of a wheel; RequiresError where it is damaged, or no pure Python."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive.data)) as file:
            return _files(shown, archive.name, file)
    except DAMAGED as error:
        raise RequiresError(f"{shown}: {archive.name} is damaged: {error}") from error


def _files(shown: str, wheel: str, file: zipfile.ZipFile) -> dict:
    found, size = {}, 0
    for info in file.infolist():
        path = _place(info.filename)
        if info.is_dir() or path is None:
            continue
        if path.endswith(BINARY):
            raise RequiresError(impure(shown, f"{path} is compiled for a computer"))
        wrong = paths.fault(path)
        if wrong:
            raise RequiresError(f"{shown}: {wheel}: the file {ascii(path)[1:-1]} {wrong}")
        if path.endswith(ASIDE):
            continue
        size += info.file_size
        if info.file_size > paths.FILE or size > ALL:
            raise RequiresError(f"{shown}: {path}: it is too large for a board, which takes "
                                f"{paths.FILE >> 10} kB a file and {ALL >> 20} MB in all")
        with file.open(info) as source:
            found[path] = source.read(info.file_size + 1)  # no more than it says
    if not any(path.endswith(paths.CODE) for path in found):
        raise RequiresError(f"{shown}: there is no module in {wheel} that a board could import")
    return found


def _place(name: str) -> Optional[str]:
    """Where a file of a wheel comes to lie beside the modules; None if it is none of them."""
    top, _, rest = name.partition("/")
    if top.endswith(".dist-info"):
        return None
    if top.endswith(".data"):
        kind, _, rest = rest.partition("/")
        return rest if kind in ("purelib", "platlib") and rest else None
    return name


def impure(shown: str, why: str) -> str:
    return f"{shown}: {why}: it is not pure Python, and no board can load it. Take another package"
