"""docs/top.svg and docs/boot.svg show what a board shows: services, states, phases, requirements."""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import unescape

import pytest
from support.drawn import looked_at
from support.harness import HEAPS, ROOT

from svctl.look import bootplot, topmodel
from tools.docs import boardpictures


@pytest.fixture
def port(board_tree, compiled):
    bits = 32 if compiled else 64
    with boardpictures.board(board_tree, bits, HEAPS[bits]) as name:
        yield name


def drawn(picture: str) -> dict:
    """{service: (phases but short ones, what it requires)} of a picture of a boot."""
    rows = ET.fromstring(picture).findall("{*}g[@class='row']")
    found = {}
    for row in rows:
        texts = [each.text for each in row.findall("{*}text")]
        phases = [each.get("class") for each in row.findall("{*}rect") if float(each.get("width")) > 20]
        found[texts[0]] = phases, texts[-3]
    return found


def seen(picture: str) -> dict:
    """{service: state} of a picture of top."""
    lines: dict = {}
    for y, text in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>([^<]*)</text>', picture):
        lines.setdefault(y, []).append(unescape(text, {"&#160;": " "}).strip())
    known = set(topmodel._STATES)
    rows = [[word for word in line if word] for line in lines.values()]
    return {line[0]: line[2] for line in rows if len(line) > 2 and line[2] in known}


def test_the_pictures_are_what_a_board_shows(port):
    boot = boardpictures.boot(port)
    picture = bootplot.svg(boot)
    looked_at(picture, boot)
    shown = drawn(boardpictures.BOOT.read_text(encoding="utf-8"))
    assert drawn(picture).keys() == shown.keys() and len(shown) == 12, "make pictures"
    assert {name: row[1] for name, row in drawn(picture).items()} == {name: row[1] for name, row in shown.items()}
    assert shown["clock"] == (["waiting", "starting", "done"], "network")
    assert shown["uplink"] == (["waiting", "starting", "running"], "clock, network, [sensor]")
    assert shown["backup"][0] == ["waiting", "failed"]

    top = boardpictures.top(port)
    states = seen(boardpictures.TOP.read_text(encoding="utf-8"))
    assert seen(top).keys() == states.keys() and len(states) == 13, "make pictures"
    assert (states["sensor"], states["backup"], states["dofail"], states["led"]) == (
        "running", "restarting", "not loaded", "held")
    for text in (top, boardpictures.TOP.read_text(encoding="utf-8")):
        assert "svctl top" in text.replace("&#160;", " ") and "font-face" not in text and "cdn" not in text


def test_the_documents_have_them():
    readme, page = (ROOT / "README.md").read_text(), (ROOT / "docs/svctl.md").read_text()
    for name in ("top.svg", "boot.svg"):
        assert f"(docs/{name})" in readme and f"({name})" in page
