"""A board that is kept like the project as long as a link lasts: what svctl watch does after each change."""
from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Optional

from svctl.boards import reached
from svctl.boards.going import Going
from svctl.deploy import plan as plans
from svctl.deploy import send, trial, vet
from svctl.deploy.plan import SETTINGS, Effect, Plan
from svctl.deploy.project import Project
from svctl.errors import DeployError
from svctl.link.cable import Link
from svctl.manage import services
from svctl.setup import place


class Live:
    """`config`: the board's settings follow the project's, too; `secrets`: the `.env` that it is to have.
    `tell(line)` is called with what was done."""

    def __init__(self, link: Link, config: bool, secrets: Optional[Path], tell: Callable[[str], None]):
        self.link, self.config, self.secrets, self.tell = link, config, secrets, tell
        self.is_gone = False  # the link was let go of, as the board was reset
        self._known: Optional[dict] = None  # {path: File} as far as it is known; None before the first look
        self._told: set = set()
        self.board, line = reached.behind(link)
        if line:
            tell(line)

    def bring(self) -> bool:
        """Send what differs, and have the board take it up; whether there was something. ToolError: what was
        not done, and why."""
        begin = time.monotonic()
        link, board = self.link, self.board
        going = Going(place.project(), board) if board is not None else None
        if going is not None and going.faults:
            raise DeployError(going.faults[0])
        secrets = self.secrets if self.secrets is not None and self.secrets.is_file() else None
        project = Project(None, secrets, going)
        found = send.about(link)
        if self._known is None:
            send.check(project, found, link.port)
            trial.recover(link, project, found["manager"], self.tell)
            self._known = {}
        there, owned = send.look(link, project.files, self._known)
        self._known.update({path: file for path, file in there.items()
                            if file.sha is not None and path not in SETTINGS})
        owned |= project.elsewhere & set(there)
        plan = plans.make(project.files, there, owned, self.config, vet.same(link, project, there))
        send.check_room(link, plan, project.files, there, found)
        wrong = vet.looked(link, project, plan, there, None)
        self._once([*project.notes, *plan.notes, *wrong.findings])
        if wrong.errors:
            raise DeployError(f"{wrong.errors[-1]}. Nothing was sent")
        if not (plan.send or plan.gone):
            return False
        before = services.of(link, None) if found["manager"] else []
        effect = plans.effect(plan, project.uses)
        effect.reset = effect.reset or trial.is_of_prompt(effect, before)
        self._send(project, plan, effect, there, before, bool(found["manager"]), begin)
        return True

    def _send(self, project: Project, plan: Plan, effect: Effect, there: dict, before: list, runs: bool,
              begin: float) -> None:
        """Services that are restarted are not on trial: somebody looks at them. A reset is, as a board that
        does not come up again could not be reached."""
        link, up = self.link, trial.were_up(before)
        sender = send.Sender(link, project, plan, there, lambda *_: None, plans.beside(up, None))
        sender.stage()
        sender.switch(effect.reset, effect.reset)
        self._known.update({path: project.files[path] for path in plan.send if path not in SETTINGS})
        if effect.reset:
            self.is_gone = True
            self.tell(f"{_sent(plan)}; the board resets")
            why = trial.after_reset(link.port, project, effect, before, up).why
            if why is not None:
                raise DeployError(f"the files before are back: {why}")
            self.tell(f"the board is up with it, {time.monotonic() - begin:.1f} s")
            return
        fault = trial.changed(link, effect, before, up) if runs else "no manager runs on the board: reset it"
        send.drop(link)
        names = {*effect.reload, *effect.load}
        states = [f"{each['name']}.service {each['state']}" for each in services.of(link, None)
                  if trial.base(each["name"]) in names] if runs else []
        self.tell("; ".join([_sent(plan), *states, f"{time.monotonic() - begin:.1f} s"]))
        if fault:
            self.tell(fault)

    def _once(self, lines: list) -> None:
        """Tell what was not told before, and holds again and again."""
        for line in lines:
            if line not in self._told:
                self.tell(line)
        self._told = set(lines)


def _sent(plan: Plan) -> str:
    names = [path for path in plan.send if path not in (plans.MANIFEST, plans.STAMP)] or plan.send
    found = [", ".join(names) if len(names) < 4 else f"{len(names)} files"] if names else []
    return "; ".join([*(f"{each} sent" for each in found), *(f"{path} removed" for path in plan.gone)])
