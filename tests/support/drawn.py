"""What must be true of each picture of a boot."""
from __future__ import annotations

import xml.etree.ElementTree as ET

from svctl.look import bootplot
from svctl.look.boottime import Boot


class Box:
    """The place of a text or a bar on the picture."""

    def __init__(self, element, wide: float, high: float, what: str):
        self.what = what
        if element.tag.endswith("rect"):
            self.x, self.y = float(element.get("x")), float(element.get("y"))
            self.right, self.bottom = self.x + float(element.get("width")), self.y + float(element.get("height"))
        else:
            length, size = float(element.get("textLength")), float(element.get("font-size", bootplot.SIZE))
            shift = {"middle": length / 2, "end": length}.get(element.get("text-anchor"), 0)
            self.x, self.y = float(element.get("x")) - shift, float(element.get("y")) - 0.8 * size
            self.right, self.bottom = self.x + length, self.y + size
        assert 0 <= self.x and self.right <= wide and 0 <= self.y and self.bottom <= high, f"{what} leaves the picture"

    def over(self, other: Box) -> bool:
        return (self.x < other.right - 0.1 and other.x < self.right - 0.1
                and self.y < other.bottom - 0.1 and other.y < self.bottom - 0.1)


def looked_at(text: str, boot: Boot) -> ET.Element:
    """The picture as XML; raises where texts or bars overlap or leave it, or a row is missing."""
    root = ET.fromstring(text)
    _, _, wide, high = map(float, root.get("viewBox").split())
    tag = "{http://www.w3.org/2000/svg}"
    solid = [each for each in root.iter() if each.tag == f"{tag}text"
             or each.tag == f"{tag}rect" and each.get("class") not in ("ground", "band")]
    boxes = [Box(each, wide, high, each.text or each.get("class")) for each in solid]
    for number, box in enumerate(boxes):
        for other in boxes[number + 1:]:
            thin = bootplot.THIN if box.what in bootplot.LEGEND and other.what in bootplot.LEGEND else 0
            if box.over(other) and min(box.right, other.right) - max(box.x, other.x) > thin:
                raise AssertionError(f"{box.what!r} overlaps {other.what!r}")
    rows = root.findall(f"{tag}g[@class='row']")
    assert len(rows) == len(boot.bars)
    for row, bar in zip(rows, boot.bars):
        drawn = [each.get("class") for each in row.findall(f"{tag}rect")]
        assert drawn == [phase.kind for phase in bar.phases]
        edges = [(float(each.get("x")), float(each.get("width"))) for each in row.findall(f"{tag}rect")]
        assert edges == sorted(edges) and all(width >= bootplot.THIN for _, width in edges)
        assert row.find(f"{tag}title").text
    shown = {each.get("class") for each in root.findall(f"{tag}rect")} - {"ground", "band"}
    assert shown == {phase.kind for bar in boot.bars for phase in bar.phases}  # the legend
    return root
