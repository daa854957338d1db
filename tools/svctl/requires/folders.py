"""What a folder of the project brings: a package, a module, or what its package.json lists."""
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from svctl.build import sift
from svctl.errors import RequiresError
from svctl.requires import mip, paths
from svctl.requires.locked import Package

NEITHER = ("it has neither __init__.py nor package.json: name the module in it, or say with package.json "
           "what goes where")


class Folder(NamedTuple):
    """`files`: {path below lib/: where it lies}; `remote`: what package.json has from elsewhere, as
    mip.Told.files; `deps`: what it requires, as lines."""

    files: dict
    remote: list
    deps: tuple


def look(root: Path, name: str) -> Folder:
    """What a line like ./drivers/bme stands for."""
    path = root / name
    try:
        if path.is_file():
            found = _module(path)
        elif not path.exists():
            raise RequiresError("it is not there")
        elif (path / "package.json").is_file():
            found = _listed(path)
        elif any((path / f"__init__{suffix}").is_file() for suffix in paths.CODE):
            found = _package(path)
        else:
            raise RequiresError(NEITHER)
        for each, file in found.files.items():
            wrong = paths.fault(each)
            if wrong:
                raise RequiresError(f"the file {each} {wrong}")
            if not file.is_file():
                raise RequiresError(f"{file.relative_to(path) if file != path else file.name} is no file")
            if file.stat().st_size > paths.FILE:
                raise RequiresError(f"{each} is larger than {paths.FILE >> 10} kB, which no board takes")
    except OSError as error:
        raise RequiresError(f"{name}: {error.filename or path}: {error.strerror}") from error
    except RequiresError as error:
        raise RequiresError(f"{name}: {error}") from None
    return found


def _module(path: Path) -> Folder:
    if path.suffix not in paths.CODE:
        raise RequiresError("it is no module, which ends in .py or .mpy")
    return Folder({path.name: path}, [], ())


def _package(path: Path) -> Folder:
    name = path.resolve().name
    return Folder({f"{name}/{each.relative_to(path).as_posix()}": each for each in sift.walk(path)}, [], ())


def _listed(path: Path) -> Folder:
    """By package.json; what it has beside itself is the project's, as it is. The address stands for the
    folder."""
    base = "https://folder.invalid/"
    told = mip.parse((path / "package.json").read_bytes(), base + "package.json")
    files, remote = {}, []
    for where, url, begin in told.files:
        if url.startswith(base):
            files[where] = path / url[len(base):]
        else:
            remote.append((where, url, begin))
    return Folder(files, remote, told.deps)


def locked(root: Path, name: str) -> Package:
    """What a lock has of it: what comes from elsewhere."""
    found = look(root, name)
    return Package("folder", name, requires=found.deps, files=tuple(mip.fetched(name, found.remote)))
