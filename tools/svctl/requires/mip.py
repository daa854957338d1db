"""What mip would install, by mip's rules: package.json with `urls`, `hashes` and `deps`, or a single module;
from micropython-lib's index, github, gitlab, codeberg or an address."""
from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import urljoin

from svctl.errors import RequiresError
from svctl.requires import addresses, listed, paths, store
from svctl.requires.addresses import BASES
from svctl.requires.listed import HOSTS, MIP
from svctl.requires.locked import Item, Package

MOST = 200  # files of a package, and packages that it requires
HEAD, LATEST = "HEAD", "latest"
_PLACES = {
    "github:": BASES["SVCTL_GITHUB"] + "/{org}/{repo}/{tag}/{path}",
    "gitlab:": BASES["SVCTL_GITLAB"] + "/{org}/{repo}/-/raw/{tag}/{path}",
    "codeberg:": BASES["SVCTL_CODEBERG"] + "/{org}/{repo}/raw/{path}?ref={tag}",
}


class Told(NamedTuple):
    """What a package.json says: `files` (path below lib/, address, beginning of its sha256); `deps` (name,
    version)."""

    version: str
    files: list
    deps: list


def get(name: str, version: str) -> Package:
    """Fetch a package, all its files; RequiresError says what is wrong with it."""
    from svctl.requires import fetch  # which takes a while to load, and mostly all is there

    shown = f"{name}@{version}" if version else name
    try:
        if name.endswith(paths.CODE):
            url = address(name, version)
            told = Told("", [(url.partition("?")[0].rpartition("/")[2], url, "")], [])
        else:
            url = _json_of(name, version)
            told = parse(fetch.fetch(url), url, version)
    except fetch.NotThere as error:
        raise RequiresError(f"{shown}: there is none: {error}: look at its name and version") from None
    except RequiresError as error:
        raise RequiresError(f"{shown}: {error}") from None
    is_hosted = name.startswith(HOSTS)
    plain = not is_hosted and not name.startswith("http")
    found = (version or HEAD) if is_hosted else (told.version or version)
    if plain and found in ("", LATEST):
        raise RequiresError(f"{shown}: {url} does not say which version it is: name one")
    return Package(MIP, name, found, requires=tuple(told.deps), url=url,
                   files=tuple(fetched(shown, told.files)))


def fetched(shown: str, files: list) -> list:
    """Fetch the files of a package into the store."""
    from svctl.requires import fetch

    items = []
    for path, url, begin in files:
        try:
            data = fetch.fetch(url)
        except RequiresError as error:
            raise RequiresError(f"{shown}: {path}: {error}") from None
        if not store.digest(data).startswith(begin):
            raise RequiresError(f"{shown}: {path}: {url} is not what its package.json says: another sha256. "
                                "Nothing of it was taken")
        items.append(Item(path, store.put(data), url))
    return items


def address(name: str, version: str) -> str:
    """Where a file of a host lies: github:org/repo/path; other addresses are what they are."""
    for host, place in _PLACES.items():
        if name.startswith(host):
            org, repo, *path = name[len(host):].split("/")
            return place.format(org=org, repo=repo, tag=version or HEAD, path="/".join(path))
    return name


def _json_of(name: str, version: str) -> str:
    if name.startswith(HOSTS) or name.startswith("http"):
        return address(name if name.endswith(".json") else f"{name}/package.json", version)
    return f"{BASES['SVCTL_MIP_INDEX']}/package/py/{name}/{version or LATEST}.json"


def parse(data: bytes, url: str, version: str = "") -> Told:
    """What a package.json says that lies at an address; RequiresError where it is damaged, or would have
    files where a package may have none. `version` counts for files of its own repository."""
    try:
        told = json.loads(data)
        deps = [dep if isinstance(dep, (list, tuple)) else [dep] for dep in told.get("deps") or ()]
        pairs = [*(told.get("urls") or ()), *(told.get("hashes") or ())]
        hashed = len(told.get("hashes") or ())
        if any(len(pair) != 2 or not all(isinstance(each, str) for each in pair) for pair in pairs):
            raise TypeError
        number = str(told.get("version") or "")
        names = tuple(_dep(*dep) for dep in deps)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise RequiresError(f"{url} is damaged: it is no package.json that mip takes") from None
    if len(pairs) > MOST or len(deps) > MOST:
        raise RequiresError(f"{url}: it has more than {MOST} files, which no board takes")
    if not number.isprintable() or len(number) > 40:
        raise RequiresError(f"{url} is damaged: its version is none")
    for path, _ in pairs:
        wrong = paths.fault(path)
        if wrong:
            raise RequiresError(f"{url}: the file {ascii(path)[1:-1]} {wrong}")
    files = [(path, _beside(url, each, version), "") for path, each in pairs[:len(pairs) - hashed]]
    for path, begin in pairs[len(pairs) - hashed:]:
        if not 8 <= len(begin) <= 64 or set(begin) - set("0123456789abcdef"):
            raise RequiresError(f"{url} is damaged: {path} has no hash")
        files.append((path, f"{BASES['SVCTL_MIP_INDEX']}/file/{begin[:2]}/{begin}", begin))
    for each in [*(each for _, each, _ in files), *(name for name in names if name.startswith("http"))]:
        wrong = addresses.fault(each)
        if wrong is None and addresses.is_near(each) and not addresses.is_near(url):
            wrong = "it is on this machine, which is nothing to a package from elsewhere"
        if wrong:
            raise RequiresError(f"{url}: {each}: {wrong}")
    return Told(number, files, names)


def _dep(name: str, version: str = "") -> str:
    """A requirement as a line would have it; ValueError where it is none."""
    found, told = listed.mip(f"{name}@{version}" if version else name)
    return f"{found}@{told}" if told else found


def _beside(url: str, each: str, version: str) -> str:
    if each.startswith(HOSTS):
        listed.mip(each)
        return address(each, version)
    if ":" in each.split("/")[0]:
        return each
    if "?ref=" in url:  # codeberg's
        base, ref = url.split("?ref=")
        return f"{base.rpartition('/')[0]}/{each}?ref={ref}"
    return urljoin(url, each)
