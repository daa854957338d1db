"""A board whose boots do not last; `each`: with each kind of memory for what it keeps."""
from __future__ import annotations

import pytest
from support.guarded import MEMORY, Board


@pytest.fixture
def board(vm32):
    return Board(vm32)


@pytest.fixture(params=MEMORY, ids=["rtc", "scratch", "file"])
def each(request, board):
    board.keeps = request.param
    return board
