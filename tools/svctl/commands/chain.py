"""`svctl chain`: what the start of a service waited for."""
from __future__ import annotations

from svctl.look.graphs import Graph
from svctl.manage.complete import names

HELP = "what the start of a service waited for"


def arguments(parser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?",
                        help="a service; else the one that came up last").completer = names


def run(link, args, say) -> int:
    graph = Graph(link)
    walks, of = graph.walks, graph.of
    name = walks.latest(list(graph.facts), of) if args.name is None else graph.pick(args.name)
    say.data([{"name": each, "up_at": of(each)["since"], "took_ms": of(each)["took"]}
              for each in walks.steps(name, of)])
    for line in walks.links(name, of):
        say(line)
    return 0
