"""The power goes at flash operations of a save and of a deploy: behind each of them, and in its middle."""
from __future__ import annotations

import ast
import json
import subprocess
import time

from bench import FIRMWARE_PROMPT, Pico

OLD, NEW = [1, 1], [2, 2]
# Larger than what littlefs keeps within a folder's own blocks, so that a save has many operations.
LONG = {"note": "x" * 1500}
SETTINGS = {"hello": {"enabled": True, "args": OLD, "long": LONG}, "world": {"enabled": False},
            "dofail": {"enabled": False}}
SERVICES = "aioservices/services"
GREETS = """
from aioclass import Service

class Greets(Service):
    enabled = True
    version = %d
    filler = %r

service = Greets("%s")
"""


VERSIONS = ("s = __import__('aioservice.manager', None, None, ('x',)).manager().services; "
            "[s[n].version if n in s else None for n in ('one', 'two', 'three')]")


def firmware(board: Pico, code: str) -> str:
    """Type a line at the firmware's own prompt."""
    return board.line(code, prompt=FIRMWARE_PROMPT)


def awake(board: Pico) -> None:
    """Wait for the firmware's prompt of a board that has just been given power."""
    board.board.wait(lambda status: status["usb"])
    board.send("\r\x03'a' + 'wake'\r")  # the prompts before this one's may come, or were printed too early
    board.expect("'awake'\n" + FIRMWARE_PROMPT)


def arm(board: Pico, number: int, torn: bool) -> int:
    """Have the power cut at an operation from now on; the number of boots so far."""
    return board.board.ask("cut-after", operations=number, torn=torn)["boots"]


def was_cut(board: Pico, boots: int) -> bool:
    """Whether the power went; it will not any more."""
    status = board.board.ask("cut-after", operations=0, torn=False)
    if status["boots"] == boots:
        return False
    assert status["boots"] == boots + 1 and status["reset"] == "power-cut", status
    return True


def save(board: Pico, number: int, torn: bool) -> bool:
    """Save settings while the power may go; whether it went."""
    boots = arm(board, number, torn)
    board.send(f"aioservice.config('hello', True, *{NEW})\r")
    board.expect("\n")
    until = time.monotonic() + 60
    while "True\n" not in board.peek() and board.board.ask("status")["boots"] == boots:
        assert time.monotonic() < until, board.peek()
    return was_cut(board, boots)


def test_settings_survive_a_power_cut_at_each_flash_operation_of_a_save(bare, tmp_path):
    bare.put(tmp_path, {"services.config": json.dumps(SETTINGS)})
    awake(bare)
    found, number, cut = [], 0, True
    while cut:
        number += 1
        firmware(bare, "import aioservice")
        assert firmware(bare, f"aioservice.config('hello', True, *{OLD})") == "True\n"
        cut = save(bare, number, number % 2 == 0)
        awake(bare)
        firmware(bare, "import aioservice")
        now = ast.literal_eval(firmware(bare, "aioservice.get_config()"))
        assert now["hello"].pop("long") == LONG and now["world"] == {"enabled": False}, (number, now)
        assert now["hello"] in ({"enabled": True, "args": OLD}, {"enabled": True, "args": NEW}), (number, now)
        found.append(now["hello"]["args"])
    # Each cut up to some operation left the old settings, each one behind it the new ones.
    assert number > 6 and found == sorted(found) and found[0] == OLD and found[-1] == NEW, found


def test_power_cut_in_a_save_of_a_running_board(pico, tmp_path):
    pico.put(tmp_path, {"services.config": json.dumps({**SETTINGS, "repl": {"enabled": True}})})
    for number, torn in ((1, True), (6, False)):
        pico.power()
        pico.up()
        assert pico.line(f"aioservice.config('hello', True, *{OLD})") == "True\n"
        assert save(pico, number, torn)
        pico.up()
        assert ast.literal_eval(pico.line("aioservice.service('hello').args")) in (OLD, NEW)
        text = pico.line("aioservice.status()")
        assert text.count("[ OK ]") == len(text.splitlines()) == 3, text


def deploy(board: Pico, folder, number: int, torn: bool) -> bool:
    """Copy a folder of services as a host does, while the power may go; whether it went."""
    boots = arm(board, number, torn)
    host = subprocess.Popen(board.command("fs", "cp", "-r", "aioservices", ":"), cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while host.poll() is None and board.board.ask("status")["boots"] == boots:
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        host.kill()  # a real port would be gone
        host.wait()
        board.raw()
    return was_cut(board, boots)


def test_a_deploy_that_is_cut_leaves_each_service_old_or_new_and_the_board_up(pico, tmp_path):
    filler = "x" * 700  # more than littlefs keeps within a folder's own blocks
    names = ("one", "two")

    def files(version: int, *more: str) -> dict:
        return {f"{SERVICES}/{name}_service.py": GREETS % (version, filler + str(version), name)
                for name in (*names, *more)}

    pico.put(tmp_path, {**files(1), "services.config": json.dumps({"repl": {"enabled": True}})})
    number, cut, found = 1, True, [[1, 1, None]]
    while cut:
        folder = pico.compiled(tmp_path, files(number + 1, "three"))
        cut = deploy(pico, folder, number, number % 2 == 0)
        if not cut:
            pico.power()
        text = pico.up()
        assert "[ OK ] Service: hello.service" in text, (number, text)
        now = ast.literal_eval(pico.line(VERSIONS))
        assert all(version in (number + 1, old) for version, old in zip(now, found[-1])), (number, found, now)
        found.append(now)
        status = pico.line("aioservice.status()")
        if now[2] is None and "three.service" in status:  # a new file that is not whole says so
            assert "[ ERROR ] Service: three.service" in status, status
        number += 4
    assert len(found) > 6 and found[-1] == [number - 3] * 3, found
