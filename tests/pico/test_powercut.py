"""The power goes at flash operations of a save and of a deploy; behind each of them and in its middle."""
from __future__ import annotations

import json

OLD = {"hello": {"enabled": True, "args": [1, 1]}, "world": {"enabled": False}}
SAVE = "import aioservice; print(aioservice.config('hello', True, 2, 2))"
READ = "import aioservice, json; print(json.dumps([aioservice.get_config(), aioservice.config.__module__]))"
SERVICES = "aioservices/services"


def operations(status: dict) -> int:
    return status["erases"] + status["programs"]


def settings(board) -> dict:
    return json.loads(board.run("import aioservice, json; print(json.dumps(aioservice.get_config()))"))


def cut(board, number: int, torn: bool, action) -> bool:
    """Do something, with the power cut at an operation; False if it ended before that came."""
    boots = board.board.ask("cut-after", operations=number, torn=torn)["boots"]
    action()
    status = board.board.ask("status")
    board.board.ask("cut-after", operations=0, torn=False)
    if status["boots"] == boots:
        return False
    assert status["boots"] == boots + 1 and status["reset"] == "power-cut", status
    board.board.wait(lambda now: now["usb"])
    return True


def save(board):
    """A host saves settings, and gives up when the board is gone."""
    boots = board.board.ask("status")["boots"]
    board.send("\\r\\x03\\x01" if False else "\r\x03")
    board.expect(">>> ")
    board.send(SAVE + "\r")
    board.expect("\n")
    board.board.wait(lambda now: now["boots"] > boots or "True" in board.peek(), 60)


def test_settings_survive_a_power_cut_at_each_flash_operation_of_a_save(bare, tmp_path):
    bare.put(tmp_path, {"services.config": json.dumps(OLD)})
    found = []
    for torn in (False, True):
        number = 0
        while True:
            number += 1
            bare.run("import aioservice; aioservice.config('hello', True, 1, 1)")
            cut_came = cut(bare, number, torn, lambda: save(bare))
            now = settings(bare)
            assert now["world"] == {"enabled": False}
            assert now["hello"] in ({"enabled": True, "args": [1, 1]}, {"enabled": True, "args": [2, 2]}), (number, now)
            if not cut_came:
                assert now["hello"]["args"] == [2, 2]
                break
            found.append(now["hello"]["args"][0])
        assert number > 5
    assert {1, 2} == set(found)
