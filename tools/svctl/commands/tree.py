"""`svctl tree`: what services require and want, and so on down."""
from __future__ import annotations

from svctl.look.graphs import Graph
from svctl.manage.complete import names

HELP = "what services require and want"


def arguments(parser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="a service; else all").completer = names


def run(link, args, say) -> int:
    graph = Graph(link)
    walks, of = graph.walks, graph.of
    roots = walks.roots(list(graph.facts), of) if args.name is None else [graph.pick(args.name)]
    say.data(nested(walks.walk(roots, of), of))
    for line in walks.branches(roots, of):
        say(line)
    return 0


def nested(nodes, of) -> list:
    """The nodes of a walk as objects, each with those below it."""
    top: list = []
    lists = [top]
    for level, name, wanted, _, again in nodes:
        facts = of(name)
        node = {"name": name, "state": "unknown" if facts is None else facts["state"]}
        if level:
            node["how"] = "want" if wanted else "require"
        if again:
            node["again"] = True
        below: list = []
        lists[level].append(node)
        node["below"] = below
        lists[level + 1:] = [below]
    return top
