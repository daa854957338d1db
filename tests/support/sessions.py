"""Sessions of svctl that a document shows, compared with what comes but for figures; DOCS=1 in the environment writes
them anew."""
from __future__ import annotations

import os
import re

from support.harness import ROOT


def turns(name: str) -> list:
    """[(command, what it shows)] of a document."""
    text = (ROOT / "docs" / name).read_text()
    blocks = "".join(re.findall(r"```console\n(.*?)```", text, re.S))
    return [turn.partition("\n")[::2] for turn in re.split(r"^\$ ", blocks, flags=re.M)[1:]]


def shape(text: str) -> str:
    """Without figures, and what depends on them: widths, times, the simulated board's name."""
    text = re.sub(r"\S*build/settings/\S+", "KEPT", re.sub(r"[KMG]B", "KB", text))
    text = re.sub(r"^\S.* version(?=, Micro|$)", "BOARD", re.sub(r"(board: ).*", r"\1BOARD", text), flags=re.M)
    text = re.sub(r"((lib|services)/\S+)\.py\b", r"\1.mpy", text)  # with --source
    text = re.sub(r"\b(files|uid:?) [0-9a-f]{4,}$", r"\1 #", text, flags=re.M)
    return re.sub(r" +", " ", re.sub(r"\d+([.:-]\d+)*", "#", text))


def same(shown: str, said: str) -> bool:
    """Whether it is what the document shows, where a line `…` stands for any."""
    pattern = re.escape(shape(shown)).replace(re.escape(" …\n"), "(.*\n)*").replace(re.escape("…\n"), "(.*\n)*")
    return re.fullmatch(pattern, shape(said)) is not None


def record(name: str, shown: str, said: str) -> None:
    """With DOCS=1 in the environment puts what was said into the document."""
    path = ROOT / "docs" / name
    before, left_out, after = re.split(r"(^ *…\n|\Z)", shown, maxsplit=1, flags=re.M)
    if left_out:
        lines = said.splitlines(True)
        said = "".join([*lines[:before.count("\n")], left_out, *lines[len(lines) - after.count("\n"):]])
    if os.environ.get("DOCS"):
        said = re.sub(r"in \S*build/settings/dev-pts-\d+", "in build/settings/dev-ttyACM0", said)
        path.write_text(path.read_text().replace(f"\n{shown}", f"\n{said}", 1))
