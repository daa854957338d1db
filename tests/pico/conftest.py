"""Fixtures for tests on an emulated Raspberry Pi Pico that runs real RP2040 firmware: `make test-pico`.

    def test_hello(pico, tmp_path):
        pico.put(tmp_path, {"aioservices/services/x_service.py": "..."})   # by mpremote
        pico.power()
        assert "[ OK ]" in pico.up()             # what it prints up to the console's prompt
        assert pico.line("1 + 1") == "2\\n"       # typed there
        assert pico.run("print(1)") == "1\\n"     # through mpremote, without a reset

`pico` is a board with the project on its flash, as the README deploys it, and its console at the prompt;
`bare` one with the project, but without main.py: nothing starts there. `blank` has an empty flash. A
board is deployed to once, for all processes of a run; each test has a copy of its flash.
"""
from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bench import FIRMWARE_PROMPT, Pico  # noqa: E402
from support.once import once  # noqa: E402


@pytest.fixture(scope="session")
def tree(board_tree) -> Path:
    """The board tree that is deployed."""
    return board_tree


@pytest.fixture(scope="session")
def deployed(tmp_path_factory, tree) -> Path:
    """A flash image with the project, copied to an empty board by mpremote."""
    def make() -> str:
        board = Pico(tmp_path_factory.mktemp("deploy"), "deploy")
        try:
            names = sorted(path.name for path in tree.iterdir())
            board.mpremote("fs", "cp", "-r", *names, ":", resume=False, cwd=tree)
            board.mpremote("reset")
            board.expect("hello.service from ./aioservices/services/hello_service.mpy loaded")
        finally:
            board.close()
        return str(board.board.flash)

    return Path(once(tmp_path_factory, "deployed", make))


@pytest.fixture(scope="session")
def idle(tmp_path_factory, deployed) -> Path:
    """The same without main.py."""
    def make() -> str:
        board = Pico(tmp_path_factory.mktemp("idle"), "idle", deployed)
        try:
            board.up()
            board.ctrl("d")
            board.expect(FIRMWARE_PROMPT)
            board.mpremote("fs", "rm", ":main.py")
        finally:
            board.close()
        return str(board.board.flash)

    return Path(once(tmp_path_factory, "idle", make))


@pytest.fixture
def boards(tmp_path):
    """Makes boards, from a flash image or with an empty one, and switches them off at the end."""
    made = []

    def make(name: str = "pico", flash: Path = None) -> Pico:
        made.append(Pico(tmp_path / "boards", name, flash))
        return made[-1]

    yield make
    for board in made:
        board.close()


@pytest.fixture
def pico(boards, deployed) -> Pico:
    board = boards("pico", deployed)
    board.up()
    return board


@pytest.fixture
def bare(boards, idle) -> Pico:
    return boards("bare", idle)


@pytest.fixture
def blank(boards) -> Pico:
    return boards("blank")
