"""The fixture `board` beyond what testing.md shows: faults, resets, the prompt and svctl's link in turn."""
from __future__ import annotations

import pytest

from svctl.testing.board import Board
from svctl.testing.harness import Timeout


@pytest.fixture
def board(vm32, needed):
    found = Board(vm32, needed)
    yield found
    found.close()


FAKE = """
from aioclass import Service
class Fake(Service):
    type = "core.service"
    async def task(self): return "fake"
service = Fake("hello_core")
"""


def test_a_board_in_turn_at_its_prompt_and_by_a_link(board):
    board.vm.put("aioservices/services/mine_service.py", "from aioclass import Service\nimport machine\nclass Mine(Service):\n"
                 "    enabled = True\n    def setup(self): self.adc = machine.ADC(26)\nservice = Mine('mine')\n")
    with pytest.raises(AssertionError, match="^the board does not run: "):
        board.line("1")
    with pytest.raises(AssertionError, match="^lamp: the project has no such service$"):
        board.start("hello", "mine", "lamp")
    board.vm.put("aioservices/services/hello_core_service.py", FAKE)
    board.start("hello", "mine", settings={"hello": {"args": [3, 1], "require": "hello_core"}}, world={"id": "e6614103e7452b2f"})
    assert board.states() == {"hello": "running", "hello_core": "done", "mine": "running", "repl": "running"}
    assert board.value('service("hello_core").result') == "fake"
    with pytest.raises(AssertionError, match="^the board runs: reset"):
        board.start("hello")
    for n in range(3):
        assert board.line(f"x = {n}") == "" and board.value("__import__('__main__').x") == n
        assert board.line("x") == f"{n}\n"
    board.run("import machine\nadc = machine.ADC(26)")
    board.volts(26, 3.3)
    assert board.run("print(adc.read_u16())") == "65535\n"
    with pytest.raises(AssertionError, match="Traceback(.|\n)*ZeroDivisionError"):
        board.run("1 / 0")
    with pytest.raises(AssertionError, match="a board can be turned forward by 6 days"):
        board.forward(7 * 86400)
    with pytest.raises(Timeout, match=r"service\(.hello.\).restarts is 0 after 0 s; the journal:\n(.|\n)*hello.service"):
        board.wait('service("hello").restarts', 0)
    assert board.wait('service("hello").state') == "running"
    board.forward(30)
    before = board.value("__import__('sim').now()")
    board.clock("2031-05-06 07:08:00")
    board.reset()
    assert board.clock()[:15] == "2031-05-06 07:0" and board.value("__import__('sim').now()") > before > 30000
    assert board.state("hello") == "running"


def test_all_services_of_the_project(board):
    board.start(settings={"dofail": {"enabled": False}, "network": {"enabled": False}, "clock": {"enabled": False}})
    states = board.states()
    assert states["repl"] == "running" and states["dofail"] == "held"
