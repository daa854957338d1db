"""`svctl watch`: the board follows the project while you write: what is saved is compiled and sent, what it
concerns is restarted, and the journal is shown."""
from __future__ import annotations

import argparse
import contextlib
import os
from typing import Optional

from svctl.boards import reached
from svctl.errors import TreeError
from svctl.commands import run as run_command
from svctl.deploy import changes
from svctl.deploy.live import Live
from svctl.errors import BoardFault, CompileError, LinkError, ToolError
from svctl.link import port as ports
from svctl.link.cable import SHORT, Link, await_prompt
from svctl.look import journal
from svctl.manage.faults import explained
from svctl.setup import place, unixport
from svctl.simboard import boards, own

HELP = "on each save: compile, send, restart what it concerns, and show the journal"
PROJECT = True
NAME = "watch"  # of the simulated board of its own
PORT = "SVCTL_PORT"
AGAIN = 0.5  # s between two looks at the journal; in between the board is left alone
UP = 60.0  # s in which a simulated board is at its prompt
BOOT = 10.0  # s that a board which came back may take to its prompt, before it is spoken to
LINES = 10  # of the journal, to begin with


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", action="store_true", help="a changed services.config replaces the "
                        "board's settings; a simulated board of its own always has the project's")
    parser.set_defaults(own=None)


def every(args: argparse.Namespace) -> list:
    """Without a board: the simulated one that runs, or one of its own."""
    if os.environ.get(PORT):
        return []
    root = place.project()
    port = own.running(root)
    if port is None:
        args.own = _own(root)
        port = args.own.port
        await_prompt(port, UP)  # its boot is not disturbed
    return [port]


def _own(root) -> own.Own:
    board = boards.board(root, NAME)
    unixport.setup()
    try:
        run_command.build(root, board)
    except TreeError as error:
        if not board.flash.is_dir():  # else it begins with what it had
            raise ToolError(_line(error)) from error
    return own.Own(board)


def is_endless(args: argparse.Namespace) -> bool:
    return True


def run(link: Link, args: argparse.Namespace, say) -> int:
    watched = Watch(link, args, say)
    try:
        for saved in changes.ticks(place.project(), AGAIN, args.stop):
            watched.turn(saved)
        return 0
    finally:
        watched.close()
        if args.own is not None:
            args.own.end()


class Watch:
    """One board that follows; it may go and come back."""

    def __init__(self, link: Link, args: argparse.Namespace, say):
        self.say = say
        self.word = link.board.name if link.board is not None else link.port
        self.config = args.config or args.own is not None
        self.secrets = place.project() / ".env" if args.own is not None else None
        self.next = -1  # the number of the journal's line to come; -1: it was not looked at
        self.wrong = ""  # what was told last, until it is right
        self.stack = contextlib.ExitStack()
        self._follow(link)
        where = "a simulated board of its own" if args.own is not None else self.word
        self.tell(f"{where} follows {os.path.relpath(place.project())}; Ctrl-C ends it")

    def close(self) -> None:
        self.stack.close()

    def tell(self, text: str) -> None:
        """Say something beside the journal."""
        self.say.note(f"watch: {text}")

    def turn(self, saved: bool) -> None:
        """Do what is to be done now."""
        try:
            if self.live is None:
                saved = self._back() or saved
            if self.live is not None and saved:
                self._bring()
            if self.live is not None:
                self._journal()
                self.live.link.rest(0)
        except LinkError as error:
            self._lost(error)
        except BoardFault as error:
            self._wrong(explained(error))
        except ToolError as error:
            self._wrong(_line(error))
        except FileNotFoundError:
            pass  # it went while it was read: that comes as the next change

    def _follow(self, link: Link) -> None:
        link.page = SHORT
        self.fresh = True
        self.live: Optional[Live] = Live(link, self.config, self.secrets, self.tell)

    def _bring(self) -> None:
        live, wrong, self.wrong = self.live, self.wrong, ""
        try:
            if not live.bring() and wrong:
                self.tell("nothing is wrong any more, and the board has it all")
        finally:
            if live.is_gone:
                self._leave()
                self._attach()

    def _lost(self, error: LinkError) -> None:
        self._leave()
        self.tell(f"{str(error).partition(': look')[0]}: waiting for it …")

    def _leave(self) -> None:
        if self.live is not None:
            self.live.link.leave()
        self.live = None

    def _wrong(self, text: str) -> None:
        """Tell a fault; one that is told again and again, as of a journal that cannot be read, once."""
        if text != self.wrong:
            self.tell(text)
        self.wrong = text

    def _back(self) -> bool:
        """Attach to a board that was gone, if it is there; whether it is."""
        try:
            if ports.why_not(reached.target(self.word).port):
                return False
            self._attach()
        except LinkError:  # not yet
            return False
        self.tell(f"{self.word} is back")
        return True

    def _attach(self) -> None:
        """Its boot is not disturbed. BoardsError: it is another board."""
        port, board = reached.target(self.word)
        with contextlib.suppress(LinkError):
            await_prompt(port, BOOT)
        link = self.stack.enter_context(Link(port))
        link.board = board
        reached.recognise(link, board)
        self._follow(link)

    def _journal(self) -> None:
        link = self.live.link
        if self.next < 0:
            lines, after = journal.read(link, last=LINES, keep=True)
        elif self.fresh:
            lines, after = journal.read(link, self.next, keep=True)
            if after < self.next:  # it was reset, and counts anew
                lines, after = journal.read(link, keep=True)
        else:
            lines, after = journal.more(link, self.next)
        self.next, self.fresh = after, False
        for line in lines:
            self.say(line.text)
            self.say.data(line.data)


def _line(error: ToolError) -> str:
    return error.at if isinstance(error, CompileError) else str(error)
