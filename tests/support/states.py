"""The transitions that a service may make."""
from support.harness import ROOT


def listed() -> set:
    """The transitions in the head comment of aioclass.py."""
    found = set()
    for line in (ROOT / "lib/aioclass/__init__.py").read_text().split("\n"):
        if line.startswith("#   ") and "->" in line:
            for each in [part for part in line[4:].split(";") if "->" in part]:
                left, right = each.split("->")
                ends = right.strip().split("  ")[0].replace("|", " ").split()
                found |= {(start, end) for start in left.replace(",", " ").split() for end in ends}
    return found
