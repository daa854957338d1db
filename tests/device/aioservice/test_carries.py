"""What a deploy wrote of the files that it brought, in a board's snapshot(); the board's own name in its settings."""
from __future__ import annotations

import json

import pytest
from support.services import Board

TOLD = {"project": "1.2.0+dirty", "lib": "0.1.0", "built": "2026-11-28T17:00:00Z", "files": "5f2c91ab"}


@pytest.fixture
def board(vm):
    return Board(vm)


@pytest.mark.parametrize("text, carries", [
    (None, None), (json.dumps(TOLD) + "\n", TOLD), ("", None), ('{"project": "1.', None), ("5", None), ("[]", None), ("\0\xff", None)])
def test_a_snapshot_has_it(board, text, carries):
    if text is not None:
        board.vm.put("version.json", text)
    found = json.loads(board.run("await up()\nimport json\nprint(json.dumps(snapshot()))"))
    assert found["carries"] == carries and found["fault"] is None


def test_nothing_of_it_stays(board):
    board.vm.put("version.json", json.dumps(TOLD))
    out = board.run("""
await up()
def used():
    snapshot()
    for _ in range(4):
        gc.collect()
    return gc.mem_alloc()
import gc
found = [used() for _ in range(4)]
print(found[1:] == [found[1]] * 3)
""")
    assert out == "True\n"


@pytest.mark.parametrize("boot, fault", [
    ({"name": "north-1", "fleet": ["roof", "x"]}, None),
    ({"name": "n" * 32}, None),
    ({"name": "North"}, 'services.config: _boot.name: expected a name: small letters, digits and, inside, -, at most 32, not "North"'),
    ({"fleet": "roof"}, 'services.config: _boot.fleet: expected a list of names: small letters, digits and, inside, -, at most 32, not "roof"'),
])
def test_the_name_of_a_board(board, boot, fault):
    board.service("a")
    board.config({"_boot": boot, "a": {"enabled": True}})
    out = board.run("await up()\nprint(snapshot()['fault'])\nprint(service('a').state)")
    assert out == f"{fault}\nrunning\n"
