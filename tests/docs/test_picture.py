"""tools/docs/picture.py: the README's picture shows what a session shows."""
import re

import pytest
from support.harness import HEAPS, ROOT

from svctl.errors import BoardError
from tools.docs import picture


def test_the_picture_shows_what_comes(board_tree, compiled):
    came = picture.screen(picture.record(board_tree, **size(compiled)))
    drawn = picture.shown(picture.PICTURE.read_text(encoding="utf-8"))
    assert [masked("".join(span.text for span in line)) for line in came] == [masked(line) for line in drawn], "make pictures"


def size(compiled: bool) -> dict:
    bits = 32 if compiled else 64
    return {"bits": bits, "heap": HEAPS[bits]}


def masked(line: str) -> str:
    """Without moments and durations, which differ from session to session."""
    line = re.sub(r"_service\.py\b", "_service.mpy", line)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d+ s\b", "#", line)


def test_lines_of_a_terminal():
    assert picture.screen("[ \x1b[92mOK\x1b[0m ] fine\x1b[K\n\n\x1b[1mno colour of ours") == [
        [(0, "0", "[ "), (2, "92", "OK"), (4, "0", " ] fine")], [], [(0, "0", "no colour of ours")]]


def test_text_of_a_picture_is_what_was_drawn():
    lines = picture.screen('--> "<a & b>"\n\n  \x1b[91mtwo\x1b[0m  spaces')
    drawn = picture.svg(lines)
    assert picture.shown(drawn) == ['--> "<a & b>"', "", "  two  spaces"]
    assert picture.COLOURS["91"] in drawn


def test_a_command_that_does_not_come_back_is_one_line(board_tree, compiled, monkeypatch):
    monkeypatch.setattr(picture, "PATIENCE", 3)
    with pytest.raises(BoardError, match=r"no prompt came within 3 s"):
        picture.record(board_tree, ["await __import__('asyncio').sleep(99)"], **size(compiled))


def test_the_readme_has_it():
    assert "(docs/console.svg)" in (ROOT / "README.md").read_text()
