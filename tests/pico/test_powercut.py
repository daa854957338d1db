"""The power goes at flash operations of a save and of a deploy: behind each of them, and in its middle."""
from __future__ import annotations

import ast
import hashlib
import json
import shutil

import pytest
from bench import FIRMWARE_PROMPT, Pico
from cuts import Record, distinct
from support.harness import ROOT

from svctl.build import tree as trees
from svctl.build import mpy
from tools.picohost import filesystem

OLD, NEW = [1, 1], [2, 2]
# Larger than what littlefs keeps within a folder's own blocks, so that a save has many operations.
LONG = {"note": "x" * 1500}
SETTINGS = {"hello": {"enabled": True, "args": OLD, "long": LONG}, "world": {"enabled": False},
            "dofail": {"enabled": False}}


def firmware(board: Pico, code: str) -> str:
    """Type a line at the firmware's own prompt."""
    return board.line(code, prompt=FIRMWARE_PROMPT)


def save(board: Pico, number: int, torn: bool) -> bool:
    """Save settings while the power may go; whether it went. The board has power afterwards."""
    board.arm(number, torn)
    board.send(f"aioservice.config('hello', True, *{NEW})\r")
    board.expect("\n")
    cut = board.was_cut(lambda: "True\n" in board.peek())
    board.power()
    return cut


def test_settings_survive_a_power_cut_at_each_flash_operation_of_a_save(bare, tmp_path):
    bare.put(tmp_path, {"services.config": json.dumps(SETTINGS)})
    found, number, cut = [], 0, True
    while cut:
        number += 1
        bare.mark(FIRMWARE_PROMPT)
        firmware(bare, "import aioservice")
        assert firmware(bare, f"aioservice.config('hello', True, *{OLD})") == "True\n"
        cut = save(bare, number, number % 2 == 0)
        bare.mark(FIRMWARE_PROMPT)
        firmware(bare, "import aioservice")
        now = ast.literal_eval(firmware(bare, "aioservice.get_config()"))
        assert now["hello"].pop("long") == LONG and now["world"] == {"enabled": False}, (number, now)
        assert now["hello"] in ({"enabled": True, "args": OLD}, {"enabled": True, "args": NEW}), (number, now)
        found.append(now["hello"]["args"])
    # Each cut up to some operation left the old settings, each one behind it the new ones.
    assert number > 6 and found == sorted(found) and found[0] == OLD and found[-1] == NEW, found


def test_power_cut_in_a_save_of_a_running_board(pico, tmp_path):
    pico.put(tmp_path, {"services.config": json.dumps({**SETTINGS, "repl": {"enabled": True}})})
    pico.power()
    for number, torn in ((1, True), (6, False)):
        pico.up()
        assert pico.line(f"aioservice.config('hello', True, *{OLD})") == "True\n"
        assert save(pico, number, torn)
        pico.up()
        assert ast.literal_eval(pico.line("aioservice.service('hello').args")) in (OLD, NEW)
        text = pico.line("aioservice.status()")
        assert text.count("[ OK ]") == len(text.splitlines()) == 3, text
        pico.power()


# A deploy of one set of files over another.

SERVICES = "aioservices/services"
FIRST, SECOND = 1, 2
MARKED = """
from aioclass import Service

class Marked(Service):
    enabled = True
    mark = %d
    filler = %r

service = Marked("%s")
"""
SHARED = "mark = %d\nfiller = %r\n"  # what lies in lib/
# The marks in what the board has loaded, 0 for what is not there.
MARKS = ("s = __import__('aioservice.manager', None, None, ('x',)).manager().services; "
         "[s[n].mark if n in s else 0 for n in ('one', 'two', 'three')] "
         "+ [__import__(n).mark for n in ('mark_a', 'mark_b')]")
ALL = {FIRST: [1, 1, 0, 1, 1], SECOND: [2] * 5}
MOST = 10  # boots of boards whose deploy was cut, for each way
AGAIN = 2  # of those, boards that are deployed to again


def deploy(board: Pico, folder, root) -> list[str]:
    return board.svctl_command("deploy", "--tree", str(root))


def copied(board: Pico, folder, root) -> list[str]:
    """As `cp -r` of what changed, by a person."""
    changed = folder / "changed"
    shutil.rmtree(changed, ignore_errors=True)
    for name in sorted(marked(SECOND)):
        target = (changed / name).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile((root / name).with_suffix(".mpy"), target)
    return board.command("fs", "cp", "-r", *(str(changed / name) for name in ("aioservices", "lib")), ":")


# How files come to a board, and whether all of them take their places at one operation: then the board comes up
# with the one set or the other after any cut. Else each file is an old one or a new one.
WAYS = {"make deploy": (deploy, True), "mpremote": (copied, False)}


def marked(number: int) -> dict[str, str]:
    """Source files of a set."""
    filler = "x" * 900 + str(number)  # more than littlefs keeps within a folder's own blocks
    names = ("one", "two", "three") if number == SECOND else ("one", "two")
    return {**{f"{SERVICES}/{name}_service.py": MARKED % (number, filler, name) for name in names},
            **{f"lib/{name}.py": SHARED % (number, filler) for name in ("mark_a", "mark_b")}}


def made(root, tree, number: int):
    """A board tree with a set of files in it."""
    shutil.copytree(tree, root)
    for name, text in marked(number).items():
        source = root / name
        source.write_text(text)
        mpy.compile_file(source, source.with_suffix(".mpy"), name)
        source.unlink()
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    (root / trees.MANIFEST).write_text(trees.manifest(root, names))
    return root


EMPTY = hashlib.sha256().hexdigest()


def sums(root) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*") if path.is_file()}


def loaded(board: Pico) -> list[int]:
    """The marks of what a board has loaded, when it is up after a power cut."""
    text = board.up()
    assert "[ OK ] Service: hello.service" in text, text
    found = ast.literal_eval(board.line(MARKS))
    status = board.line("aioservice.status()")
    if found[2] == 0 and "three.service" in status:  # a new file that is not whole says so
        assert "[ ERROR ] Service: three.service" in status, status
    return found


@pytest.mark.parametrize("way", WAYS)
def test_a_deploy_that_is_cut_at_any_flash_operation_leaves_old_or_new(boards, tree, tmp_path, way):
    command, together = WAYS[way]
    first, second = (made(tmp_path / f"set{number}", tree, number) for number in (FIRST, SECOND))
    filesystem.fill(tmp_path / "first.img", first)
    board = boards("first", tmp_path / "first.img")
    assert loaded(board) == ALL[FIRST]

    # Once as a whole, with the boot behind it, and what that does to the flash.
    before = board.board.flash.read_bytes()
    board.board.ask("record", path=str(tmp_path / "record"))
    assert not board.cut_off(command(board, tmp_path, second), ROOT, 0, False)
    board.power()
    assert loaded(board) == ALL[SECOND]
    board.close()  # and the record with it

    # At each operation every file is the old one or the new one, on the flash; or has its place in a set.
    record = Record(before, tmp_path / "record")
    old, new = sums(first), sums(second)
    cuts = record.cuts()
    assert len(cuts) > 20
    for number, torn, files in cuts:
        assert files is not None, (number, torn)
        for name in new if not together else ():
            begun = [] if name in old else [EMPTY]
            assert files.get(name) in [old.get(name), new[name], *begun], (number, torn, name)

    # The board comes up with what is there, and a deploy that is repeated brings the rest.
    states = distinct(cuts, MOST)
    for i, (number, torn, _) in enumerate(states):
        image = tmp_path / f"{number}.img"
        image.write_bytes(record.image(number, torn))
        board = boards(f"cut-{number}", image)
        found = loaded(board)
        assert all(mark in (one, two) for mark, one, two in zip(found, ALL[FIRST], ALL[SECOND])), (number, found)
        if together:
            assert found in ALL.values(), (number, found)
        if i % (len(states) // AGAIN) == 1:
            assert not board.cut_off(command(board, tmp_path, second), ROOT, 0, False)
            board.power()
            assert loaded(board) == ALL[SECOND], number
        board.close()
