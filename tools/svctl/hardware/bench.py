"""A board on the bench of `svctl test-board`: the guest, a service to try things on, comes, and goes again
with all that was changed, whatever ends the test. Where the host is gone the guest leaves by itself: see
its file, templates/boardcheck_service.py."""
from __future__ import annotations

import contextlib
import json
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Optional

from svctl.build import mpy
from svctl.deploy import send, trial
from svctl.deploy.plan import File
from svctl.errors import BoardFault, LinkError, ToolError
from svctl.link.cable import Link, await_prompt
from svctl.manage import act, services
from svctl.setup import place

NAME = "boardcheck"
SOURCE = place.PACKAGE / "templates" / f"{NAME}_service.py"
STEM = f"aioservices/services/{NAME}_service"
GUEST = f"{STEM}.mpy"
LEFT = (GUEST, *(f"{NAME}.{end}" for end in ("txt", "new", "old", "list")))  # files of a test that was cut
UP = 110.0  # s in which a board is back after a reset
AGAIN = 0.1
DOWN = ("stopped", "failed", "not loaded", "held", "masked", "gone")
SETTLES = 10.0  # s at most for a boot to come to rest
PATIENCE = 30.0  # s that a service has for what it is to do


class Small:
    """A set of files for a deploy: the guest alone, of another version."""

    notes: list = []

    def __init__(self, data: bytes):
        self.data = data
        self.files = {GUEST: File(len(data), sha256(data).hexdigest())}

    def path(self, name: str) -> Small:
        return self

    def read_bytes(self) -> bytes:
        return self.data


def compiled(version: int = 1) -> bytes:
    """The guest, as a board has it."""
    text = SOURCE.read_text(encoding="utf-8").replace("version = 1", f"version = {version}")
    with tempfile.TemporaryDirectory(prefix="aioservices-") as folder:
        target = Path(folder) / f"{NAME}.mpy"
        mpy.compile_file(SOURCE, target, f"{STEM}.py", text=text)
        return target.read_bytes()


class Bench:
    """A board that is tried. `link` is there while it is attached."""

    def __init__(self, port: str):
        self.port = port
        self.link: Optional[Link] = None
        self.about: dict = {}
        self.largest = 0  # bytes of its heap in one piece, before all else
        self.before: list = []  # what services were, as services.of() has it
        self.began = (0.0, 0)  # as ticks() has it, when the test began
        self.asked_watchdog = False
        self.has_guest = False
        self.was_reset = False

    @property
    def has_manager(self) -> bool:
        return bool(self.about["manager"])

    def attach(self) -> Link:
        if self.link is None:
            self.link = Link(self.port)
            try:
                self.link.__enter__()
            except BaseException:
                self.link = None
                raise
        return self.link

    def detach(self) -> None:
        link, self.link = self.link, None
        if link is not None:
            link.__exit__(None, None, None)

    def lost(self) -> None:
        """The board is gone, as it resets."""
        link, self.link = self.link, None
        if link is not None:
            link.leave()

    def begin(self) -> None:
        """Look at what there is. ToolError where nothing may be tried there."""
        link = self.attach()
        self.largest = int(link.call("largest", "piece"))
        self.about = send.about(link)
        if send.state(link)[0]:
            raise ToolError(f"{self.port}: a deploy is on trial, or was cut: svctl trial tells, svctl "
                            "confirm or svctl rollback ends it. Nothing was done")
        if self.has_manager:
            self.before = [each for each in services.of(link, None) if each["name"] != NAME]
            self.clean()  # of a test that was cut
        self.began = self.ticks()

    def uptime(self) -> float:
        """s for which its manager has run; 0 without one."""
        return send.about(self.attach())["uptime"] or 0

    def is_watched(self) -> bool:
        """Whether a hardware watchdog is armed."""
        return self.attach().run("print('aioboot.watchdog' in __import__('sys').modules)").strip() == "True"

    def ticks(self) -> tuple:
        """(s of this machine's clock, ms of the board's) at the same moment."""
        link = self.attach()
        link.call("measures", "sink", "")  # it is loaded
        begin = time.monotonic()
        ticks = int(link.call("measures", "ticks"))
        return (begin + time.monotonic()) / 2, ticks

    @property
    def running(self) -> list:
        """The services that would be disturbed."""
        return [each["name"] for each in self.before if each.get("up") and not each.get("prompt")]

    # -- the guest

    def invite(self) -> None:
        """Have it come, and be up."""
        link = self.attach()
        send.write(link, {f"{NAME}.new": compiled()})
        link.call("put", "folder", GUEST)
        link.run(f"__import__('os').rename({NAME + '.new'!r}, {GUEST!r})")
        act.call(link, "load", NAME)
        self.until(lambda guest: guest["state"] == "running", "it came up")
        self.has_guest = True

    def guest(self) -> dict:
        """What it is; it stays for two minutes more."""
        keys = ("beats", "left", "restarts", "state", "version")
        return dict(zip(keys, json.loads(self.attach().call("measures", "look"))))

    def until(self, wanted, what: str) -> dict:
        """Wait until wanted(guest); ToolError if it does not come to that."""
        end = time.monotonic() + PATIENCE
        found: dict = {}
        while True:
            with contextlib.suppress(BoardFault):  # it is just being loaded
                found = self.guest()
                if wanted(found):
                    return found
            if time.monotonic() > end:
                now = found.get("state", "not there")
                raise ToolError(f"{PATIENCE:.0f} s passed before {what}; it is {now}")
            self.attach().rest(AGAIN)

    def task(self, name: str, seconds: float, *args):
        """Have the board measure something, left alone for so long."""
        link = self.attach()
        link.call("measures", "begin", name, *args)
        end = time.monotonic() + seconds + PATIENCE * 4
        link.rest(seconds)
        while time.monotonic() < end:
            found = json.loads(link.call("measures", "poll"))
            if isinstance(found, str):
                raise ToolError(found)
            if found is not None:
                return found
            link.rest(AGAIN)
        raise ToolError(f"it has not ended after {seconds + PATIENCE * 4:.0f} s")

    # -- resets

    def reset(self) -> float:
        """Have it reset itself; s until it was at its prompt again."""
        begin = time.monotonic()
        self.attach().last("measures", "reset")
        self.back()
        return time.monotonic() - begin

    def back(self) -> None:
        """Wait for its prompt after a reset."""
        self.was_reset = True
        self.lost()
        await_prompt(self.port, UP)

    def last_boot(self) -> dict:
        return {key: value for part in self.attach().ask("boots", "last") for key, value in part.items()}

    # -- the end

    def clean(self) -> None:
        """Have the guest gone, and what it has put there."""
        link = self.attach()
        if not any(path in LEFT for path, _ in link.ask("files", "walk", ["", "aioservices"])):
            return
        try:
            self.guest()
        except BoardFault:
            self.invite()
        link.call("measures", "tell", "leave")
        act.call(link, "unload", NAME)

    def leave(self) -> list:
        """Leave the board as it was, whatever was tried; the services that are not what they were."""
        self.lost()
        await_prompt(self.port, UP)
        if self.has_manager:
            self._recover()
            with contextlib.suppress(BoardFault):
                act.call(self.attach(), "unmask", NAME)
            self.clean()
            if self.was_reset:  # once more, without the guest: what boots with it have left in memory goes
                self._forget_boots()
                self.reset()
                self._forget_boots()
            self._restore_states(self.attach())
        now = self._states() if self.has_manager else {}
        self.detach()
        return [f"{each['name']}: was {each['state']}, is {now.get(each['name'], 'gone')}"
                for each in self.before if (each["state"] in DOWN) != (now.get(each["name"], "gone") in DOWN)]

    def _recover(self) -> None:
        """End a deploy that was cut."""
        link = self.attach()
        if not send.state(link)[0]:
            return
        try:
            trial.recover(link, None, True, lambda text: None)
        except ToolError:  # it was undone, and the board is reset
            self.back()

    def _forget_boots(self) -> None:
        """Those that did not last were the test's: they are to lead to no safe mode."""
        self.attach().run("__import__('aioboot').ask('leave')")

    def _states(self) -> dict:
        return {each["name"]: each["state"] for each in services.of(self.attach(), None)}

    def _restore_states(self, link: Link) -> None:
        """What was started or stopped by hand is so again; what is on its way up is left alone."""
        now, seen, end = self._states(), None, time.monotonic() + SETTLES
        while now != seen and time.monotonic() < end:  # a boot goes on behind its prompt
            self.attach().rest(AGAIN)
            now, seen = self._states(), now
        for each in self.before:
            name, was_down = each["name"], each["state"] in DOWN
            if each.get("prompt") or (now.get(name, "gone") in DOWN) == was_down:
                continue
            verb = "stop" if was_down else "start" if now.get(name, "held") != "held" else "load"
            with contextlib.suppress(BoardFault, LinkError):
                act.call(link, verb, name)
