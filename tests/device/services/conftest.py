"""A board with services that are shipped."""
from __future__ import annotations

import pytest
from support.shipped import Board


@pytest.fixture
def board(vm32):
    return Board(vm32)
