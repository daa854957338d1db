"""The screen of `svctl top`, in Textual: shows what topmodel makes of the looks, and passes keys on."""
from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Optional

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.widgets import DataTable, Footer, Input, RichLog, Static

from svctl.look import topmodel
from svctl.look.topboard import News

COLOURS = {"good": "green", "bad": "bold red", "warning": "yellow", "busy": "cyan", "dim": "dim"}
LEVELS = {"[WARNING]": "yellow", "[ERROR]": "red", "[CRITICAL]": "bold red"}


class Came(Message):
    """News of the board, from its thread."""

    def __init__(self, news: News):
        super().__init__()
        self.news = news


class Top(App):
    """`watch(publish)` makes what looks at the board."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #title { height: 1; padding: 0 1; background: $primary-darken-2; color: $text; text-style: bold; }
    #summary { height: 1; padding: 0 1; }
    #services { height: 2fr; overflow-x: hidden; }
    #journal { height: 1fr; border-top: solid $primary; padding: 0 1; scrollbar-size: 0 0; }
    #filter { display: none; height: 3; }
    #status { height: 1; padding: 0 1; }
    #status.wrong { background: $error; color: $text; }
    """
    BINDINGS = [
        Binding("q", "quit", "Quit"), Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding("s", "do('start')", "Start"), Binding("x", "do('stop')", "Stop"),
        Binding("r", "do('restart')", "Restart"), Binding("slash", "filter", "Filter", key_display="/"),
        Binding("o", "order", "Order"), Binding("l", "one", "Its log"),
        Binding("escape", "clear", "All", show=False)]

    def __init__(self, port: str, watch):
        super().__init__()
        self.port = port
        self.watch = watch(lambda news: self.post_message(Came(news)))
        self.now: Optional[topmodel.Look] = None
        self.before: Optional[topmodel.Look] = None
        self.lines: list = []
        self.wanted, self.sorted_by, self.only = "", "name", None
        self.shown: list = []

    def compose(self) -> ComposeResult:
        yield Static(f"svctl top  {self.port}", id="title", markup=False)
        yield Static("looking …", id="summary", markup=False)
        yield DataTable(id="services", cursor_type="row", zebra_stripes=True)
        yield RichLog(id="journal", wrap=False, markup=False, max_lines=500)
        yield Input(placeholder="part of a name, or a state; Enter keeps it, Escape shows all", id="filter")
        yield Static("", id="status", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for head in topmodel.HEADS:
            table.add_column(head, key=head)
        self.screen.set_focus(table)
        self.query_one(RichLog).can_focus = False
        self._titles()
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):  # not the main thread
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        self.watch.start()

    # -- what comes -----------------------------------------------------------------

    def on_came(self, message: Came) -> None:
        news = message.news
        if news.look is not None:
            fresh = self.now is None or news.look.uptime < self.now.uptime
            self.before, self.now = (None if fresh else self.now), news.look
            self._take(news)
            self._rows()
            self.query_one("#summary", Static).update(topmodel.summary(self.now, self.before))
        if news.status is not None:
            status = self.query_one("#status", Static)
            status.update(news.status)
            status.set_class(news.wrong, "wrong")

    def _take(self, news: News) -> None:
        before = self.lines
        self.lines = topmodel.journal([] if news.number is None else before, list(news.lines), news.number)
        if news.number is None:
            self._journal()
        else:
            self._write(self.lines[len(self.lines) - len(news.lines):] if news.lines else [])

    def _rows(self) -> None:
        """Show the services; the one under the cursor stays there."""
        if self.now is None:
            return
        table = self.query_one(DataTable)
        found = topmodel.picked(topmodel.rows(self.now, self.before), self.wanted, self.sorted_by)
        names = [row.name for row in found]
        cells = [_styled(row, texts) for row, texts in zip(found, topmodel.table(found))]
        if names != [row.name for row in self.shown]:
            chosen, scroll = self._chosen(), table.scroll_y
            table.clear()
            for name, each in zip(names, cells):
                table.add_row(*each, key=name)
            if chosen in names:
                table.move_cursor(row=names.index(chosen), scroll=False)
            table.scroll_to(y=scroll, animate=False)
        else:
            for name, each in zip(names, cells):
                for head, cell in zip(topmodel.HEADS, each):
                    if table.get_cell(name, head) != cell:
                        table.update_cell(name, head, cell, update_width=True)
        self.shown = found

    def _journal(self) -> None:
        log = self.query_one(RichLog)
        log.clear()
        self._write(self.lines)

    def _write(self, lines: list) -> None:
        log = self.query_one(RichLog)
        for text in topmodel.of_service(lines, self.only):
            style = next((LEVELS[level] for level in LEVELS if level in text[:40]), "")
            log.write(Text(text, style))

    def _titles(self) -> None:
        self.query_one(RichLog).border_title = "journal" + (f" of {self.only}" if self.only else "")
        typed = self.query_one(Input).display
        word = "type a filter" if typed else "filter"
        shown = f"  ·  by {self.sorted_by}" + (f"  ·  {word}: {self.wanted}" if self.wanted or typed else "")
        self.query_one("#title", Static).update(f"svctl top  {self.port}{shown}")

    # -- keys ------------------------------------------------------------------------

    def _chosen(self) -> Optional[str]:
        table = self.query_one(DataTable)
        if not self.shown or not 0 <= table.cursor_row < len(self.shown):
            return None
        return self.shown[table.cursor_row].name

    def action_do(self, verb: str) -> None:
        name = self._chosen()
        if name is not None:
            self.watch.ask(verb, name)

    def action_filter(self) -> None:
        box = self.query_one(Input)
        box.display = True
        self.screen.set_focus(box)
        self._titles()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.wanted = event.value
        self._titles()
        self._rows()

    def on_input_submitted(self) -> None:
        self._close()

    def _close(self) -> None:
        self.query_one(Input).display = False
        self.screen.set_focus(self.query_one(DataTable))
        self._titles()

    def action_clear(self) -> None:
        """All services again, and the whole journal."""
        self.query_one(Input).value = ""
        self._close()
        if self.only is not None:
            self.action_one()

    def action_order(self) -> None:
        self.sorted_by = topmodel.ORDERS[(topmodel.ORDERS.index(self.sorted_by) + 1) % len(topmodel.ORDERS)]
        self._titles()
        self._rows()

    def action_one(self) -> None:
        """The journal of the service under the cursor alone, or all of it again."""
        self.only = None if self.only else self._chosen()
        self._titles()
        self._journal()


def _styled(row: topmodel.Row, texts: tuple) -> list[Text]:
    """The cells of a row, coloured."""
    styles = [COLOURS[row.colour] if head == "STATE" else "dim" if text.strip() == "-" else ""
              for head, text in zip(topmodel.HEADS, texts)]
    return [Text(text, style, no_wrap=True) for text, style in zip(texts, styles)]
