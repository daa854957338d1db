"""A port that is read ahead gives what a port gives, in whatever pieces it came and is asked for."""
import random

import pytest

from svctl.link.ahead import Ahead


class Port:
    """Gives so much at a time as has come; reads that find less end in time."""

    timeout = 1

    def __init__(self, pieces):
        self.pieces, self.asked = list(pieces), 0

    @property
    def in_waiting(self):
        return len(self.pieces[0]) if self.pieces else 0

    def read(self, size):
        self.asked += 1
        data = b""
        while self.pieces and len(data) < size:
            part = self.pieces[0][:size - len(data)]
            data += part
            self.pieces[0] = self.pieces[0][len(part):]
            if not self.pieces[0]:
                self.pieces.pop(0)
        return data


@pytest.mark.parametrize("seed", range(20))
def test_all_comes_in_its_order(seed):
    rng = random.Random(seed)
    text = rng.randbytes(3000)
    cuts = sorted(rng.sample(range(1, 3000), 40))
    port = Ahead(Port(text[a:b] for a, b in zip([0, *cuts], [*cuts, 3000])))
    found = b""
    while True:
        waiting = port.in_waiting
        data = port.read(rng.choice((1, 1, 1, 2, 7, 300)))
        assert bool(data) == bool(waiting) and (len(data) <= waiting or waiting < 300)
        if not data:
            break
        found += data
    assert found == text


def test_it_is_asked_once_for_all_that_is_there():
    inner = Port([b"x" * 500])
    port = Ahead(inner)
    assert b"".join(port.read(1) for _ in range(500)) == b"x" * 500 and inner.asked == 1


def test_in_all_else_it_is_the_port():
    inner = Port([])
    port = Ahead(inner)
    port.timeout = 5
    assert inner.timeout == 5 and port.timeout == 5
