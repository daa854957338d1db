"""How a board's services hang together: what it says of each, and the walks of lib/aioservice/graph.py,
which the functions of the same names at its prompt use, too."""
from __future__ import annotations

from typing import Callable, Optional

from svctl.errors import LinkError, ServiceUnknown
from svctl.link.cable import Link
from svctl.manage import services
from svctl.shared import device


class Graph:
    """The loaded services of a board; `of(name)` is what graph.py wants to know of one."""

    def __init__(self, link: Link):
        self.found = {each["name"]: each for each in services.of(link, None)}
        self.facts = {name: _facts(each, link.port) for name, each in self.found.items() if "type" in each}
        self.walks = device("aioservice.graph")

    @property
    def of(self) -> Callable[[str], Optional[dict]]:
        return self.facts.get

    def pick(self, name: str) -> str:
        """The plain name of a service that is loaded; raises ServiceUnknown."""
        name = name[:-len(".service")] if name.endswith(".service") else name
        if name not in self.facts:
            there = f"; there are: {', '.join(sorted(self.found)) or 'none'}"
            there += device("aioservice.spelling").near(name, self.found) if name not in self.found else ""
            raise ServiceUnknown((f"{name}.service is not loaded" if name in self.found else
                                  f"no service {name}") + there)
        return name


def _facts(each: dict, port: str) -> dict:
    if "took" not in each:
        raise LinkError(f"{port}: the manager on the board is too old for that: deploy, and reset the board")
    return {"require": [], "want": [], "heap": None, **each}
