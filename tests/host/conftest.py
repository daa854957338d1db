"""A board for the tests of what runs on a host."""
from __future__ import annotations

import pytest


@pytest.fixture
def board(vm32):
    """A board with the project on it, at its prompt; its vm is `board.vm`, its settings lie in
    `board.config`."""
    vm32.ship()
    session = vm32.session()
    session.expect("--> ")
    session.vm = vm32
    session.config = vm32.root / "services.config"
    return session
