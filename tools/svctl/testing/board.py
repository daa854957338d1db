"""A simulated board in a test, with the services of a project that the test is about: what a person does at
its prompt, and what happens around it. plugin.py makes the fixture `board` of it and shows how it is used."""
from __future__ import annotations

import ast
import json
import re
import time
from pathlib import Path
from typing import Any, Optional

from svctl.errors import BoardFault
from svctl.link.cable import Link
from svctl.look import journal
from svctl.look.journal import Line
from svctl.manage import services
from svctl.shared import device
from svctl.testing.harness import Session, Timeout, Vm
from svctl.testing.needed import END, Needed

__tracebackhide__ = True  # a failed test shows its own lines

CONSOLE = "repl"
NETWORKS = "networks"
WORLD = "simulation.json"
AGAIN = 0.02  # s between two looks


class Board:
    """A board that `start` boots. `vm` is its flash and its runs, `session` its console once it runs."""

    def __init__(self, vm: Vm, needed: Needed):
        self.vm = vm
        self._needed = needed
        self._session: Optional[Session] = None
        self._link: Optional[Link] = None
        self._world: dict = {}

    # -- its life --

    def start(self, *names: str, settings: Optional[dict] = None, world: Optional[dict] = None) -> Board:
        """Boot with services of the project, what they require, and the console; without names with all of
        them. They run whatever they say by `enabled`. What the test has put onto `vm` stays.

        `settings`: {service: entry}, as services.config has it. `world`: what happens around the board,
        as simulation.json has it: {"clock": "2026-11-28 06:59:00", "pins": {"14": 1}, "networks": …}.
        """
        if self._session is not None:
            raise AssertionError("the board runs: reset() boots it again")
        found = {name: dict(entry) if isinstance(entry, dict) else entry
                 for name, entry in (settings or {}).items()}
        going = self._needed.of([*(names or self._needed.all), CONSOLE], found)
        mine = {path: path.read_bytes() for path in self._service_files()}
        unknown = sorted({name.split("@")[0] for name in names} - self._needed.all - set(map(_name, mine)))
        if unknown:
            meant = device("aioservice.spelling").near(unknown[0], self._needed.all)
            raise AssertionError(f"{', '.join(unknown)}: the project has no such service{meant}")
        for name in {*names, CONSOLE, *(going if names else ())}:
            found.setdefault(name, {}).setdefault("enabled", True)
        self.vm.ship("boot.py", "main.py", "aioservices")
        for path in self._service_files():
            if _name(path) not in going or _name(path) in map(_name, mine):
                path.unlink()
        for path, data in mine.items():
            path.write_bytes(data)
        self.vm.put("services.config", json.dumps(found))
        self._world = dict(world or {})
        self._write_world()
        self._session = self.vm.session()
        self._session.expect("--> ")
        return self

    def _service_files(self) -> list[Path]:
        return sorted((self.vm.root / "aioservices/services").glob(f"*{END}.*py"))

    @property
    def session(self) -> Session:
        """Its console, as a person at a terminal has it."""
        if self._session is None:
            raise AssertionError("the board does not run: board.start(…) boots it")
        self._let_go()
        return self._session

    def reset(self) -> None:
        """Reset it, and wait for its prompt; its clock and what its RTC keeps stay."""
        session = self.session
        session.send("import machine; machine.reset()\r")
        session.expect("machine.reset()")
        session.expect("--> ")

    def close(self) -> None:
        """End it."""
        self._let_go()
        if self._session is not None:
            self._session.close()
            self._session = None

    # -- its console --

    def line(self, text: str) -> str:
        """Type a line at the prompt, which may await; what it printed, up to the next prompt."""
        return self.session.line(text, timeout=60)

    def run(self, code: str) -> str:
        """Run code beside the services, without a prompt; what it printed. AssertionError with the traceback
        for what it raises."""
        try:
            return self.link.run(code)
        except BoardFault as fault:
            raise AssertionError(fault.text) from None

    def value(self, expression: str) -> Any:
        """What an expression is there: plain data, like `service("lamp").count`."""
        return ast.literal_eval(self.run("from aioservice import service\n"
                                         f"print(repr({expression}))").strip())

    @property
    def link(self) -> Link:
        """The board, attached as svctl does; a line that is typed lets go of it."""
        if self._link is None:
            session = self.session
            self._link = Link(session.tty, patience=20)
            self._link.__enter__()
        return self._link

    # -- its services --

    def states(self) -> dict[str, str]:
        """{service: state} of all services."""
        return {each["name"]: each["state"] for each in services.of(self.link, None)}

    def state(self, name: str) -> str:
        """The state of a service, like "running"."""
        return self.states()[name]

    def wait(self, condition: str, timeout: float = 20) -> Any:
        """Wait until an expression is true there, like `service("lamp").state == "failed"`; its value."""
        until = time.monotonic() + timeout
        while True:
            found = self.value(condition)
            if found:
                return found
            if time.monotonic() > until:
                raise Timeout(f"{condition} is {found!r} after {timeout} s; the journal:\n" + "\n".join(
                    line.text for line in self.journal()))
            time.sleep(AGAIN)

    def journal(self, name: Optional[str] = None, level: str = "debug") -> list[Line]:
        """The lines of the journal, oldest first: `line.text`, and `line.data` with "level", "name", "text",
        "uptime" in seconds; of one service and its children, of a level and above."""
        return journal.read(self.link, 0, level, name, keep=True)[0]

    # -- time --

    def forward(self, seconds: float) -> None:
        """Have that much time pass at once: each task, timer and step of the world at its moment, in their
        order. 6 days at most until a reset."""
        said = self.line(f"import sim; await sim.forward({seconds!r})")
        if "Error: " in said:
            raise AssertionError(said)

    def clock(self, moment: Optional[str] = None) -> str:
        """Set the clock to a moment, like "2026-11-28 06:59:00" in UTC; what it shows."""
        if moment is not None:
            parts = [int(part) for part in re.findall(r"\d+", moment)]
            self.run(f"import machine\nmachine.RTC().datetime({(*parts[:3], 0, *parts[3:], 0)!r})")
        return "%04d-%02d-%02d %02d:%02d:%02d" % self.value("__import__('time').gmtime()[:6]")

    # -- what is around it --

    def drive(self, pin, level: Optional[int]) -> None:
        """Set a pin's level from outside, 0 or 1; None lets go of it."""
        self.run(f"import sim\nsim.drive({pin!r}, {level!r})")

    def level(self, pin) -> int:
        """The level of a pin now."""
        return self.value(f"__import__('sim').level({pin!r})")

    def history(self, pin) -> list:
        """The last changes of a pin, oldest first: [(ms since power-on, level), …]."""
        return self.value(f"__import__('sim').history({pin!r})")

    def volts(self, id, volts: float) -> None:
        """Set the voltage at an ADC."""
        self.run(f"import sim\nsim.volts({id!r}, {volts!r})")

    def network(self, up: bool, name: Optional[str] = None) -> None:
        """Have a network of its world's, or all that there are, go or come."""
        nets = self._world.get(NETWORKS)
        if not nets:  # any one is there, or none
            self._world = {key: value for key, value in self._world.items() if key != NETWORKS}
            if not up:
                self._world[NETWORKS] = {}
        for each in [name] if name is not None else list(nets or ()):
            entry = {**(nets or {}).get(each, {}), "up": up}
            self._world[NETWORKS] = {**self._world.get(NETWORKS, {}), each: entry}
        self._write_world()

    def _write_world(self) -> None:
        fresh = self.vm.root.parent / (WORLD + ".new")
        fresh.write_text(json.dumps(self._world))
        fresh.replace(self.vm.root / WORLD)

    def _let_go(self) -> None:
        """Of the link, for the console: what that has printed for it is nobody's."""
        link, self._link = self._link, None
        if link is not None:
            link.__exit__(None, None, None)
            self._session.send("\rprint('let' 'go')\r")
            self._session.expect("letgo\r\n")
            self._session.expect("--> ")


def _name(path: Path) -> str:
    return path.stem[:-len(END)]
