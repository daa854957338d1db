"""Which services a test's services take along: what they require, and so on."""
from __future__ import annotations

from pathlib import Path
from typing import Iterable, Optional

from svctl.build import check
from svctl.shared import device

__tracebackhide__ = True  # a failed test shows its own lines

END = "_service"


class Needed:
    """Of the sources of a project."""

    def __init__(self, root: Path):
        self._found = check.read(root)

    @property
    def all(self) -> set:
        """The names of all services, by their files."""
        return {*self._found.services, *self._found.failed}

    def of(self, names: Iterable[str], settings: Optional[dict] = None) -> set:
        """Those, what they require by their classes or by `settings`, and what their settings are made of."""
        findings = device("aioservice.findings")
        entries = {_plain(key): entry for key, entry in (settings or {}).items() if isinstance(entry, dict)}
        look = findings._Look(entries, self._found.services, {}, {})
        found: set = set()
        todo = [_plain(name) for name in names]
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            todo += [name.split("@")[0], *findings._names(look._value(name, "require"))]
            todo += [part[:-len(END)] for part in str(entries.get(name, {}).get("cls", "")).split(".")
                     if part.endswith(END)]
        return found & self.all


def _plain(name: str) -> str:
    return name[:-len(".service")] if name.endswith(".service") else name
