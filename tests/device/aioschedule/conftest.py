"""A board with services of a test's own."""
from __future__ import annotations

import pytest
from support.services import Board


@pytest.fixture
def board(vm):
    return Board(vm)
