"""`svctl top`: what it shows is a pure function of looks; its keys, its board that comes and goes; and all of it in a
real terminal."""
from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import random
import re
import struct
import subprocess
import sys
import termios
import time

import pytest
from support.deploying import still_runs
from support.harness import ROOT
from support.running import running, until
from support.wire import Cable

from svctl import cli
from svctl.look import topmodel
from svctl.look.topboard import News, Watch
from svctl.look.topmodel import Fact, Look, Row, Seen, Steps

FACTS = {"web": Fact("runtime", "Serves pages", [1000, 234]), "wifi": Fact("core", "", [4000, -8]),
         "web2": Fact("runtime", "", None)}


@pytest.fixture
def board(vm32):
    return running(vm32)


def look(uptime=10, free=90_000, services=None, steps=None) -> Look:
    return Look(uptime, free, 192_000, {"web": Seen("running", 4, 0, None)} if services is None else services,
                steps or {}, FACTS)


def test_rows():
    services = {"web": Seen("running", 4, 2, None), "wifi": Seen("failed", 9, 0, "OSError: 113"),
                "web2": Seen("running", 4, 0, None), "x": Seen("held", None, 0, "disabled")}
    before = look(8, services=services, steps={"web.service": Steps(1000, 900, 8000),
                                               "web2.service": Steps(0, 0, 8000)})
    now = look(10, services=services, steps={
        "web.service": Steps(101_000, 52_000, 10_000), "web.service.child": Steps(100_000, 60_000, 10_000),
        "web2.service": Steps(0, 0, 10_000), "timers": Steps(300_000, 5, 10_000)})
    web, web2, wifi, held = topmodel.rows(now, before)
    assert web == Row("web", "runtime", "running", 6, 2, 1234, 10.0, 60_000, "Serves pages")  # its children's, too
    assert web2.loop == 0.0 and web2.heap is None
    assert (wifi.heap, wifi.about, wifi.colour, wifi.loop) == (4000, "OSError: 113", "bad", 0.0)
    assert (held.lasts, held.loop, held.type, held.about) == (None, None, "-", "disabled")
    assert topmodel.cells(web) == ("web", "runtime", "running", "6 s", "2", "1,234", "10.0 %", "60.0 ms", "Serves pages")
    assert topmodel.cells(held) == ("x", "-", "held", "-", "-", "-", "-", "-", "disabled")
    assert topmodel.summary(now, before) == (
        "up 10 s  ·  2 of 3 services up, 1 failed  ·  heap 90 of 192 KB free  ·  loop 25.0 % busy")
    assert topmodel.rows(now, None)[0].loop is None and topmodel.summary(now, None).endswith("loop -")
    assert topmodel.rows(look(10, services=services), before)[0].loop is None  # the profile is off
    table = topmodel.table([web, held])
    assert [each[5] for each in table] == ["1,234", "    -"] and [each[0] for each in table] == ["web", "x"]


def test_share_over_a_reset_of_the_board():
    before = look(500, steps={"web.service": Steps(9_000_000, 1, 500_000)})
    now = look(2, steps={"web.service": Steps(1000, 1, 2000)})
    assert topmodel.rows(now, before)[0].loop == 0.0


def test_filter_and_order():
    found = [Row("alpha", "core", "done", 1, 0, 10, 1.0, 0, ""), Row("beta", "runtime", "failed", 1, 3, None, None, 0, ""),
             Row("Gamma", "runtime", "running", 1, 1, 30, 50.0, 0, "")]
    names = [[row.name for row in topmodel.picked(found, "", order)] for order in topmodel.ORDERS]
    assert names == [["Gamma", "alpha", "beta"], ["beta", "Gamma", "alpha"], ["Gamma", "alpha", "beta"],
                     ["Gamma", "alpha", "beta"], ["beta", "Gamma", "alpha"]]
    assert [row.name for row in topmodel.picked(found, " gam ")] == ["Gamma"]
    assert [row.name for row in topmodel.picked(found, "fail")] == ["beta"]
    assert topmodel.picked(found, "nothing") == []


def test_times():
    assert [topmodel.lasting(s) for s in (0, 59, 60, 3599, 3600, 86_399, 86_400, 10 ** 7)] == [
        "0 s", "59 s", "1:00", "59:59", "1:00:00", "23:59:59", "1 d 00:00", "115 d 17:46"]


def test_journal():
    first = topmodel.journal([], [(3, "web.service", "a"), (4, "", "b")], None)
    assert first == [(3, "web.service", "a"), (4, "", "b")]
    more = topmodel.journal(first, [(9, "web.service.child", "c")], 5)
    assert [text for _, _, text in more] == ["a", "b", "... 4 lines overwritten", "c"]
    assert topmodel.of_service(more, "web") == ["a", "c"] and len(topmodel.of_service(more, None)) == 4
    assert topmodel.journal(more, [], 10) == more
    assert len(topmodel.journal([(n, "", "") for n in range(499)], [(499, "", ""), (500, "", "")], 499)) == 500


def test_rows_of_anything():
    """Whatever a board says, there is a line for it, in columns, and nothing that a terminal would obey."""
    seed = random.randrange(2 ** 32)
    print("seed", seed)
    dice = random.Random(seed)
    states = [*topmodel._STATES, "unheard of"]
    for _ in range(100):
        names = ["".join(dice.choices("ab.\x1b[\n漢é", k=dice.randrange(1, 9))) for _ in range(dice.randrange(0, 41))]
        looks = []
        for uptime in (dice.randrange(10 ** 6), dice.randrange(10 ** 6)):
            steps = {f"{name}.service": Steps(dice.randrange(10 ** 9), dice.randrange(10 ** 6), dice.randrange(10 ** 9))
                     for name in dice.sample(names, len(names) // 2)}
            services = {name: Seen(dice.choice(states), dice.choice([None, dice.randrange(10 ** 6)]), dice.randrange(3),
                                   dice.choice([None, "a\x1b[2Jb\n"])) for name in names}
            looks.append(look(uptime, services=services, steps=steps))
        found = topmodel.rows(looks[1], looks[0])
        assert [row.name for row in found] == sorted(set(names))
        assert all(row.loop is None or 0 <= row.loop <= 100 for row in found)
        for order in topmodel.ORDERS:
            assert sorted(topmodel.picked(found, "", order)) == sorted(found)
        table = topmodel.table(found)
        assert all(text.isprintable() for row in table for text in row)
        for number, head in enumerate(topmodel.HEADS):
            if head in topmodel.RIGHT:
                assert len({len(row[number]) for row in table}) <= 1
        topmodel.summary(looks[1], looks[0])


# -- keys, without a terminal and without a board ------------------------------------------


class Still:
    """Stands in for the board: what was asked of it."""

    def __init__(self, publish):
        self.publish, self.asked = publish, []

    def start(self):
        self.publish(News(look(services={
            "web": Seen("running", 4, 0, None), "wifi": Seen("failed", 9, 0, "[red]OSError[/]")}),
            ((1, "web.service", "[INFO] one"), (2, "wifi.service", "[ERROR] two"))))

    def ask(self, verb, name):
        self.asked.append((verb, name))


def driven(script) -> object:
    """The view, after a script with it and its pilot."""
    from svctl.look.topview import Top

    top = Top("PORT", Still)

    async def drive():
        async with top.run_test(size=(110, 30)) as pilot:
            while not top.shown:
                await pilot.pause()
            await script(top, pilot)

    asyncio.run(asyncio.wait_for(drive(), 60))
    return top


def picture(top) -> str:
    """What stands on the screen, as text."""
    found = re.findall(r"<text[^>]*>(.*?)</text>", top.export_screenshot())
    return re.sub(r"&#\d+;", " ", "\n".join(found))


def test_keys():
    async def script(top, pilot):
        shown = picture(top)
        assert "web" in shown and "[red]OSError[/]" in shown and "[ERROR] two" in shown
        await pilot.press("s", "down", "x", "r")
        assert top.watch.asked == [("start", "web"), ("stop", "wifi"), ("restart", "wifi")]
        await pilot.press("l")
        assert "[INFO] one" not in picture(top) and "journal of wifi" in picture(top)
        await pilot.press("o")
        assert [row.name for row in top.shown] == ["wifi", "web"] and top._chosen() == "wifi"
        await pilot.press("slash", *"run", "enter")
        assert [row.name for row in top.shown] == ["web"] and "filter: run" in picture(top)
        await pilot.press("x")
        assert top.watch.asked[-1] == ("stop", "web")
        await pilot.press("escape")
        assert len(top.shown) == 2 and "[INFO] one" in picture(top)
        top.watch.publish(News(status="PORT is not there; trying again", wrong=True, there=False))
        await pilot.pause()
        assert "PORT is not there; trying again" in picture(top)
        await pilot.press("q")

    assert not driven(script).is_running


# -- a board ---------------------------------------------------------------------------------


class Heard:
    """The news of a board."""

    def __init__(self):
        self.news: list[News] = []

    def wait(self, wanted, seconds: float = 30) -> News:
        """The first that is wanted, of those that nobody has waited for."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while self.news:
                one = self.news.pop(0)
                if wanted(one):
                    return one
            time.sleep(0.01)
        raise AssertionError("it did not come")


@pytest.fixture
def watched(board):
    """Makes (Watch, Heard) of a port."""
    made = []

    def make(port, profile=True):
        heard = Heard()
        made.append(Watch(port, 0.2, profile, heard.news.append))
        made[-1].start()
        return made[-1], heard

    yield make
    for each in made:
        each.stop()


def state(name: str, wanted: str):
    return lambda news: news.look is not None and news.look.services[name].state == wanted


def profiled(session) -> bool:
    """Whether the profile is on."""
    session.send("import sys; print('profiled', 'aioctl.profiler' in sys.modules)\r")
    return session.expect(re.compile(r"profiled (True|False)\r")).endswith("True\r")


def test_looks_and_verbs(board, watched):
    watch, heard = watched(board.tty)
    first = heard.wait(state("hello", "running")).look
    assert first.services["fails"] == Seen("failed", first.services["fails"].since, 0, "OSError: no sensor")
    assert first.services["led"].why == "disabled" and first.facts["world"].type == "schedule" and first.free > 10_000
    assert "repl.service" in heard.wait(lambda news: news.look and news.look.steps).look.steps
    watch.ask("stop", "hello")
    heard.wait(lambda news: news.status == "stop hello: done")
    heard.wait(state("hello", "stopped"))
    watch.ask("start", "nope")
    assert "no service nope" in heard.wait(lambda news: news.wrong).status
    watch.ask("start", "hello")
    heard.wait(state("hello", "running"))
    heard.wait(lambda news: "hello.service" in [name for _, name, _ in news.lines])
    watch.stop()
    assert not profiled(board)
    board.expect("--> ")
    assert board.line("[n for n in globals() if 'svctl' in n]") == "[]\n"
    assert board.line("import sys; 'aiolog.lines' in sys.modules") == "False\n"


def test_the_profile_is_as_it_was(board, watched):
    board.line("import aioctl; aioctl.profile(True)")
    watch, heard = watched(board.tty)
    heard.wait(lambda news: news.look and news.look.steps)
    watch.stop()
    assert profiled(board)
    board.expect("--> ")
    board.line("aioctl.profile(False)")
    watch, heard = watched(board.tty, profile=False)
    assert not heard.wait(lambda news: news.look).look.steps
    watch.stop()
    assert not profiled(board)


def test_a_board_that_is_gone_comes_back(board, watched, tmp_path):
    port = tmp_path / "port"
    with Cable(board.tty) as cable:
        port.symlink_to(cable.name)
        watch, heard = watched(str(port))
        heard.wait(state("hello", "running"))
        port.unlink()  # first: nobody may try a name that the system gives to another board
        cable.cut()
        gone = heard.wait(lambda news: not news.there)
        assert gone.wrong and gone.status.endswith("; trying again")
    port.symlink_to(board.tty)
    heard.wait(state("hello", "running"))
    watch.ask("stop", "hello")
    heard.wait(state("hello", "stopped"))
    watch.stop()
    assert not profiled(board)  # it was switched on before the cable was pulled


def test_a_profile_that_nobody_looks_at_any_more_ends(board):
    """As when the cable is pulled, and nobody comes back."""
    with cli.Link(board.tty) as link:
        assert link.call("watch", "begin", 0, False) == "1\n"
        while link.run("import aioctl; print(__import__('sys').modules.get('aioctl.profiler') is None)") == "False\n":
            time.sleep(0.05)  # so that the board's loop runs
    assert not profiled(board)


# -- the whole, in a terminal -------------------------------------------------------------------


@pytest.fixture
def terminal(board):
    """`svctl top` in a terminal: (its process, the terminal). At the end all is as it was before."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    before = termios.tcgetattr(slave)
    top = subprocess.Popen([sys.executable, "-m", "svctl", "-t", board.tty, "top", "-d", "0.2"], cwd=ROOT,
                           stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                           env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"})
    try:
        until(master, "template", 60)  # of what hello is about
        yield top, master
        said = until(master, "\x1b[?1049l", 30)  # the screen of before is back
        assert top.wait(30) == 0, said
        assert termios.tcgetattr(slave) == before
    finally:
        top.kill()
        top.wait()
        os.close(master)
        os.close(slave)
    assert not profiled(board)
    still_runs(board)


def test_top_in_a_terminal(terminal):
    _, master = terminal
    os.write(master, b"/")
    until(master, "type a filter: ", 30)
    os.write(master, b"hello")
    until(master, "type a filter: hello", 30)
    os.write(master, b"\r")
    until(master, "·  filter: hello", 30)
    os.write(master, b"x")
    until(master, "stop hello: done", 30)
    until(master, "stopped", 30)
    os.write(master, b"s")
    until(master, "start hello: done", 30)
    os.write(master, b"q")


@pytest.mark.parametrize("end", ["Ctrl-C", "SIGTERM"])
def test_top_that_is_ended(terminal, end):
    top, master = terminal
    if end == "Ctrl-C":
        os.write(master, b"\x03")
    else:
        top.terminate()


def test_it_needs_a_terminal_and_the_library(svctl, monkeypatch):
    assert svctl("/dev/ttyNOT", "top") == (1, "", "top: this needs a terminal: type it in one; list and logs -f need none\n")
    assert svctl("/dev/ttyNOT", "-t", "/dev/ttyNOT2", "top")[2] == "top: one board at a time: name one port\n"
    monkeypatch.setitem(sys.modules, "textual", None)
    code, out, err = svctl("/dev/ttyNOT", "top")
    assert (code, out) == (1, "") and re.fullmatch(r"top: \S+ is missing: .*\n", err)


def test_nothing_else_loads_the_library():
    code = ("import sys; from svctl import cli; cli.parser(); "
            "print([n for n in sys.modules if n.split('.')[0] in ('textual', 'rich')])")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
