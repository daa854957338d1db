"""Copies the files of a board while its services run: each as it was at one moment, and all of them as they
were at the same one, as far as services let them be."""
from __future__ import annotations

from hashlib import sha256
from typing import Callable, NamedTuple

from svctl.deploy import send
from svctl.errors import DeployError
from svctl.link.cable import Link

TRIES = 4  # of a file that changes while it is read
ROUNDS = 3  # of looks at whether all of them still are what was read


class Copied(NamedTuple):
    """{path: bytes}; the paths of those that changed all the time, each of which is one moment's."""

    files: dict
    restless: list


def there(link: Link) -> dict:
    """{path: size} of all files on a board's own file system."""
    folders = list(link.ask("whole", "folders"))
    return dict(link.ask("files", "walk", ["", *sorted(folders)]))


def take(link: Link, wanted: Callable[[str], bool], progress: Callable[[int, int], None]) -> Copied:
    """Copy the files whose path is `wanted`. DeployError where one is never twice the same."""
    sizes = {path: size for path, size in there(link).items() if wanted(path)}
    files: dict = {}
    todo = sorted(sizes)
    for _ in range(ROUNDS):
        done = 0
        for path in todo:
            data = _one(link, path)
            files.pop(path, None)
            if data is not None:
                files[path] = data
            done += sizes.get(path, 0)
            progress(done, sum(sizes.get(each, 0) for each in todo))
        sizes = {path: size for path, size in there(link).items() if wanted(path)}
        files = {path: data for path, data in files.items() if path in sizes}
        sums = dict(each for each in link.ask_each("files", "sums", sorted(sizes)) if each is not None)
        todo = [path for path in sorted(sizes)
                if path not in files or sums[path] != sha256(files[path]).hexdigest()]
        if not todo:
            break
    return Copied(files, [path for path in todo if path in files])


def _one(link: Link, path: str):
    """What is in a file at one moment; None where there is none any more."""
    for _ in range(TRIES):
        data = send.read(link, path)
        sha = next(iter(link.ask_each("files", "sums", [path])))[1]
        if sha is None:
            return None
        if sha == sha256(data).hexdigest():
            return data
    raise DeployError(f"{link.port}: {path} was another each of {TRIES} times that it was read: stop the "
                      "service that writes it (svctl stop NAME), and try again")
