"""Boards with a console, at its prompt."""
from __future__ import annotations

import pytest
from support.keys import MAIN, PROMPT


@pytest.fixture
def board(vm):
    """Starts code with a console on a board that has further modules; waits for the prompt."""

    def start(code, prompt=PROMPT, **modules):
        for name, text in modules.items():
            vm.put("lib/%s.py" % name, text)
        session = vm.session(code)
        session.expect(prompt)
        return session

    return start


@pytest.fixture
def console(board):
    return board(MAIN % "")
