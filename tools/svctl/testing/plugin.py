"""Fixtures of pytest for the tests of a project of one's own, on the real VM. pytest finds them by itself.

    def test_opens_in_the_morning(board):
        board.start("door", world={"clock": "2026-11-28 06:59:00"})   # and what door requires
        board.forward(60)                                             # takes no time
        assert board.level(15) == 1 and board.journal("door")[-1].data["text"] == "open"

`board` is a board.Board: it boots with chosen services, and has a clock, pins, networks, a console. Below it:

    def test_lamp(vm32):
        vm32.ship("aioservices/services/lamp_service.mpy")         # of the project, compiled
        vm32.put("services.config", '{"lamp": {"enabled": true}}')
        result = vm32.run("import aioservice; print(1)", timeout=5, heap="64k")
        assert result.out == "1\\n"                                # and result.err, result.code

        session = vm32.session()                                   # power on
        session.expect("--> ")                                     # a text or re.compile(...)
        assert session.line("1 + 1") == "2\\n"                     # type a line at the prompt

`vm32` is a fresh board folder (`vm32.root`) with lib/ inside, for 32 bits as a microcontroller has (64 where
there is no such MicroPython) and its heap. Every run is a fresh process with a hard time limit; at the
end of a test all are ended.
"""
from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Iterator

import pytest


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What is wrong with the project ends the tests, with one line: each of them would have it."""
    from svctl.errors import ToolError, one_line

    try:
        yield
    except (ToolError, OSError) as error:
        pytest.exit(one_line(error), returncode=1)


@pytest.fixture(scope="session")
def board_tree(request) -> Path:
    """What would lie on a board, compiled and up to date."""
    from svctl.build import mpy, overlay, tree
    from svctl.setup import place

    with _told():
        root = place.find(Path(request.config.rootpath)) or place.project()
        dest = root / "build" / "test-board"
        tree.build(dest, overlay.of(root))
        mpy.simulation()
    return dest


@pytest.fixture(scope="session")
def needed(request):
    """Which services others take along."""
    from svctl.build import overlay
    from svctl.setup import place
    from svctl.testing.needed import Needed

    with _told():
        return Needed(overlay.of(place.find(Path(request.config.rootpath)) or place.project()))


@pytest.fixture
def vm32(tmp_path, board_tree, needed):
    """A fresh board; see above."""
    from svctl.setup import unixport
    from svctl.testing.harness import Vm

    vm = Vm(tmp_path / "board", unixport.smallest(), board_tree, needed=needed)
    yield vm
    vm.close()


@pytest.fixture
def board(vm32, needed):
    """A simulated board: `board.start("lamp")` boots it; see above."""
    from svctl.testing.board import Board

    found = Board(vm32, needed)
    yield found
    found.close()
