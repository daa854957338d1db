"""The board that `svctl top` watches, in a thread of its own: looks at it, does what was asked, and comes
back when the board does."""
from __future__ import annotations

import queue
import threading
from typing import Callable, NamedTuple, Optional

from svctl.errors import BoardFault, ToolError
from svctl.link.cable import SHORT, Link
from svctl.look import journal, topmodel
from svctl.manage import act
from svctl.manage.faults import explained

AGAIN = 1.0  # s until the next try to reach a board that is gone
SOON = 0.2  # s between two looks while something that was asked for is under way
LEASE = 20  # s, and some looks: then a board that nobody looks at any more ends the profile by itself
MODULES = (*journal.MODULES, "aiobase.errors", "aioclass.callers")


class News(NamedTuple):
    """What has come of the board: a look with the lines of the journal since the one before, or a word about
    the link or what was asked for. `wrong`: it tells of a failure. `there`: the board is."""

    look: Optional[topmodel.Look] = None
    lines: tuple = ()
    number: Optional[int] = None  # of the line that was to come; None: it begins anew
    status: Optional[str] = None
    wrong: bool = False
    there: bool = True


class Watch:
    """Looks at the board at `port` every `every` seconds and tells `publish(news)`, from a thread.
    `link(port)` makes a connection."""

    def __init__(self, port: str, every: float, profile: bool, publish: Callable[[News], None],
                 link: Callable = Link):
        self.port, self.every, self.profile, self.publish = port, every, profile, publish
        self._link = link
        self._wanted: queue.Queue = queue.Queue()
        self._end = threading.Event()
        self._mine = False  # whether the profile was switched on here
        self._number: Optional[int] = None  # of the journal's line to come
        self._uptime = 0
        self._doing: Optional[tuple] = None  # (verb, name) that has not ended yet
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, verb: str, name: str) -> None:
        """Have a service started, stopped, or restarted."""
        self._wanted.put((verb, name))

    def stop(self, patience: float = 10) -> None:
        """End it, and leave the board as it was."""
        self._end.set()
        self._wanted.put(None)
        if self._thread.is_alive():
            self._thread.join(patience)

    # -- the thread -------------------------------------------------------------

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                with self._link(self.port) as link:
                    self._attached(link)
                    link.call("watch", "end")
                    self._mine = False
            except ToolError as error:
                text = explained(error) if isinstance(error, BoardFault) else str(error)
                self._doing = None
                self.publish(News(status=f"{text}; trying again", wrong=True, there=False))
                self._end.wait(AGAIN)
            except Exception as error:  # a fault of svctl itself: not a screen that stands still
                self.publish(News(status=f"svctl has failed: {error!r}", wrong=True, there=False))
                raise

    def _attached(self, link: Link) -> None:
        link.page = SHORT
        link.bring(*MODULES, *(["aioctl.profiler"] if self.profile else []))
        if self.profile:
            # A board that was reset has forgotten it; one that only lost its cable has not.
            self._mine = link.call("watch", "begin", self._lease(), self._mine).strip() == "1"
        self.publish(News(status=""))
        heap, facts = self._facts(link)
        while not self._end.is_set():
            head, *services = link.ask("watch", "look", self._lease())
            if any(name not in facts for name, state, *_ in services if state not in ("held", "not loaded")):
                heap, facts = self._facts(link)
            steps = list(link.ask("watch", "steps")) if self.profile else []
            self._publish(link, topmodel.look(head, services, steps, facts, heap))
            self._serve(link)

    def _lease(self) -> int:
        return LEASE + round(3 * self.every)

    def _facts(self, link: Link) -> tuple:
        (heap,), *found = link.ask("watch", "facts")
        return heap, {name: topmodel.Fact(*rest) for name, *rest in found}

    def _publish(self, link: Link, look: topmodel.Look) -> None:
        if look.uptime < self._uptime:  # it was reset, and so was its journal
            self._number = None
        lines, after = journal.more(link, self._number or 0)
        new = tuple((line.number, line.data["name"], line.text) for line in lines)
        self.publish(News(look, new, self._number))
        self._number, self._uptime = after, look.uptime

    def _serve(self, link: Link) -> None:
        """Wait until the next look is due; meanwhile begin what was asked for, or see how that goes on."""
        try:
            link.rest(0)
            if self._doing is not None:
                self._end.wait(SOON)
                self._go_on(link)
                return
            wanted = self._wanted.get(timeout=self.every)
            if wanted is not None:
                self._doing = wanted
                self.publish(News(status=f"{' '.join(wanted)} …"))
                act.prepare(link, *wanted)
                link.call("act", "do", wanted[1])
                self._go_on(link)
        except queue.Empty:
            pass
        except BoardFault as fault:
            self._ended(link, fault.kind)

    def _go_on(self, link: Link) -> None:
        ended, error = act.poll(link)
        if ended:
            self._ended(link, error)

    def _ended(self, link: Link, error: Optional[str]) -> None:
        doing, self._doing = " ".join(self._doing or ()), None
        self.publish(News(status=f"{doing}: {error or 'done'}", wrong=bool(error)))
        link.call("act", "done")
