"""The prompt of a board with services: what it knows of them, and what becomes of it when it is stopped."""
from __future__ import annotations

import re

import pytest
from support.harness import ROOT

from tools.docs import usage

PROMPT = "--> "


@pytest.fixture
def board(vm32):
    vm32.ship()
    session = vm32.session()
    session.expect(PROMPT)
    return session


def test_tab_inside_quotes_completes_services(board):
    board.send('service("wo\t)\r')
    board.expect("world.service from ")
    board.expect(PROMPT)
    board.send("load('dof\t")  # not loaded
    board.expect("load('dofail'")
    board.send("\x03")
    board.expect(PROMPT)
    board.send('service("hello\t')
    board.expect("\r\nhello  hello_core\r\n" + PROMPT + 'service("hello')
    board.send("\x03")
    board.expect(PROMPT)
    assert board.line('"asynci\t"') == "'asynci'\n"
    assert board.line("'''\rasynci\t'''\r").endswith("'\\nasynci'\n")
    board.send('service("wo")' + "\x1b[D" * 2 + "\t\r")  # there is a quote
    board.expect("world.service from ")
    board.expect(PROMPT)
    board.send('service("world\t)\r')  # all but the quote
    board.expect("world.service from ")
    board.expect(PROMPT)
    board.send('statu\t("wor\t)\r')
    board.expect("world.service from ")
    board.expect(PROMPT)
    assert board.line("import sys; 'aioservice.discovery' in sys.modules") == "False\n"


def test_an_error_of_the_manager_is_one_line(board):
    there = "clock, dofail, hello, hello_core, led, network, repl, stats, watcher, world"
    unknown = f"ServiceNotFound: no service helo; there are: {there}; did you mean hello?\n"
    assert board.line('service("helo")') == unknown
    assert board.line('await aioservice.stop("helo")') == unknown
    assert board.line('status("nothing")') == f"ServiceNotFound: no service nothing; there are: {there}\n"
    board.send('def f(name):\raioservice.stop(name)\r\r')
    board.expect("\r\n" + PROMPT)
    assert board.line('f("helo")') == (
        'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n  File "<stdin>", line 2, in f\n' + unknown)
    assert board.line("aioservice.nothing").startswith("Traceback (most recent call last):\n")


def test_who_asks_for_help_or_an_exit_is_told(board):
    assert "?aioservice the functions" in board.line("help()")
    assert "object 5 is of type int" in board.line("help(5)")
    for line in ("exit()", "quit"):
        assert "ends everything; Ctrl-] leaves mpremote" in board.line(line).splitlines()[-1]
    assert board.line("nosuch").splitlines()[-1] == "NameError: name 'nosuch' isn't defined"


def test_usage_lines(board):
    assert board.line("?mask").startswith("aioservice.mask(name): Stops a service and holds it back")
    assert board.line("?aioservice.shutdown").startswith("await aioservice.shutdown(grace=None): Stops everything")
    assert board.line("?aioctl.log").startswith("aioctl.log(pattern='', ")
    every = board.line("?aioservice").splitlines()
    assert len(every) == sum("aioservice." in line.split("(")[0] for line in usage.lines()) > 20
    assert board.line("import sys; [m for m in sys.modules if m[:11] == 'aioconsole.']") == "[]\n"
    board.line("mask = 5")
    assert board.line("?mask") == "5\n<class 'int'>\n"
    for key in ("Ctrl-A", "Ctrl-Y", "Ctrl-R", "Tab", "Ctrl-D"):
        assert key in board.line("?")


def test_usage_lines_are_those_of_the_docstrings():
    assert usage.USAGE.read_text() == usage.text(), "python3 -m tools.docs.usage"
    assert len(usage.lines()) > 40 and all(re.search(r"\): [A-Z]", line) for line in usage.lines())


def test_all_of_aioservice_but_list_and_run_is_at_the_prompt(board):
    names = {name for name, _ in usage.table("aioservice")} - {"list", "run", "ServiceError", "ServiceNotFound"}
    for name in sorted(names):
        assert board.line(name) == f"aioservice.{name}\n"
    assert "hello" in board.line("check(); tree()")


@pytest.mark.parametrize("command", ['stop("*")', 'unload("*")'])
def test_a_pattern_leaves_the_prompt_alone(board, command):
    assert "The service of the prompt stays: it has to be named to be stopped." in board.line(command)
    assert board.line('service("repl").state') == "'running'\n"
    if command == 'stop("*")':
        assert board.line('service("world").state') in ("'stopped'\n", "'stopping'\n")
    else:
        assert "ServiceNotFound" in board.line('service("world")')
    assert board.line("start('world')") == "world.service: starting\n"


@pytest.mark.parametrize("command", ['stop("repl")', 'unload("repl")', 'stop("re*")', 'aioctl.stop("*")'])
def test_the_prompt_says_that_it_is_gone(board, command):
    board.send("import aioctl\r")
    board.expect("\r\n" + PROMPT)
    board.send(command + "\r")
    board.expect("repl.service was stopped: no prompt any more, services go on. Ctrl-C shuts them down; a reset, "
                 'or aioservice.start("repl") in a service, brings the prompt back.')
    board.ctrl("c")
    board.expect("shutting down")
    assert board.wait() == 0


@pytest.mark.parametrize("command", ['restart("repl")', 'reload("repl")', 'await restart("repl")'])
def test_a_new_prompt(board, command):
    board.send(command + "\r")
    board.expect(command + "\r\n")
    board.expect(re.compile("(?s).*" + PROMPT))
    board.send("'one' + 'two'\r")
    board.expect("'onetwo'\r\n" + PROMPT, timeout=10)
    assert "no prompt" not in board.seen


def test_a_service_brings_the_prompt_back(vm32):
    vm32.ship()
    vm32.put("aioservices/services/guard_service.py", """
import asyncio
import aioservice
from aioclass import Service

class Guard(Service):
    enabled = True

    async def task(self):
        while aioservice.service("repl").state != "stopped":
            await asyncio.sleep_ms(20)
        await asyncio.sleep_ms(700)
        aioservice.start("repl")

service = Guard("guard")
""")
    board = vm32.session()
    board.expect(PROMPT)
    board.send('stop("repl")\r')
    board.expect("brings the prompt back.")
    board.expect(PROMPT)
    assert board.line("6*7") == "42\n"


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


def test_the_documents_session(board):
    page = (ROOT / "docs" / "aioconsole.md").read_text()
    typed = re.search(r"```console\n(.*?)```", page, re.S).group(1)
    shown = ""
    for turn in re.split(r"^--> ", typed, flags=re.M)[1:]:
        for line in re.sub(r"^(\.\.\. ) *", "", turn, flags=re.M).split("\n")[: turn.count("\n... ") + 1]:
            board.send(line + "\r")
            shown += board.expect(re.compile(r"\r\n(?:.*\r\n)*(--> |\.\.\.  *)"))
    assert lines(shown.removesuffix(PROMPT)) == lines(typed.removeprefix(PROMPT))
