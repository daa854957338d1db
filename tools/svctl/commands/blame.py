"""`svctl blame`: what the starts took, slowest first, and the heap where a boot measured it."""
from __future__ import annotations

from svctl.look.graphs import Graph

HELP = "what starts took, slowest first"


def arguments(parser) -> None:
    pass


def run(link, args, say) -> int:
    graph = Graph(link)
    measured = any("heap" in each for each in graph.found.values())
    rows = []
    for took, name in sorted((-facts["took"], name) for name, facts in graph.facts.items()):
        heap = graph.facts[name]["heap"] or [None, None]
        rows.append({"name": name, "took_ms": -took,
                     **({"heap_import": heap[0], "heap_setup": heap[1]} if measured else {})})
    say.data(rows)
    for line in graph.walks.ranks(list(graph.facts), graph.of, measured):
        say(line)
    return 0
