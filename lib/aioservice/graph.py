# How services hang together, and what their start took: tree(), chain(), blame(). Loaded on use.
# The walks are pure, for tools on a PC as well: `of(name)` gives what is known of a service, as a dict
# with require, want (sorted names), state, since, took, up and maybe heap; None: there is none.

from aiobase import names


def _facts(name):
    from .manager import manager

    service = manager().services.get(name)
    if service is None:
        return None
    return {
        "require": sorted(names(service.require)),
        "want": sorted(names(service.want)),
        "state": service.state,
        "since": service.since,
        "took": service.took,
        "up": service.is_up(),
        "heap": getattr(manager(), "heap", {}).get(name),
    }


def _every(name):
    # What a walk begins with: the name of one service, or all of them.
    from .manager import manager

    mgr = manager()
    return list(mgr.services) if name is None else [mgr.get(name).name]


def label(name, of):
    """How a service is called in a tree."""
    facts = of(name)
    return "%s.service (%s)" % (name, "unknown" if facts is None else facts["state"])


def walk(roots, of):
    """Yields (level, name, whether it is only wanted, whether it is the last of its level, whether it
    stands further up already) of services and of what they require and want, each below its own."""
    for root in roots:
        yield 0, root, False, True, False
        for node in _below(root, of, 1, [root]):
            yield node


def _below(name, of, level, path):
    facts = of(name)
    if facts is None:
        return
    below = facts["require"] + facts["want"]
    for i in range(len(below)):
        other = below[i]
        again = other in path
        yield level, other, i >= len(facts["require"]), i == len(below) - 1, again
        if not again:
            for node in _below(other, of, level + 1, path + [other]):
                yield node


def branches(roots, of):
    """Yields the lines of a tree."""
    leads = []
    for level, name, wanted, last, again in walk(roots, of):
        mark = "" if not level else "└─ " if last else "├─ "
        how = (" wanted" if wanted else "") + (" …" if again else "")
        yield "".join(leads[1:level]) + mark + label(name, of) + how
        leads = leads[:level] + ["   " if last else "│  "]


def roots(every, of):
    """Names from which all of these are reached: those that nobody requires, and one of each cycle."""
    from .order import closure

    graph = {name: of(name)["require"] for name in every}
    needed = [other for name in graph for other in graph[name]]
    found = [name for name in sorted(graph) if name not in needed]
    reached = closure(found, graph)
    # What is left hangs on cycles: those that reach most first, as they reach the others.
    left = [(-len(closure([name], graph)), name) for name in graph if name not in reached]
    for _, name in sorted(left):
        if name not in reached:
            found.append(name)
            reached.extend(closure([name], graph))
    return sorted(found)


def latest(every, of):
    """The name of the service that came up last; None where none is up."""
    up = [(of(name)["since"], name) for name in every if of(name)["up"]]
    return max(up)[1] if up else None


def steps(name, of):
    """Yields names: a service, the last of its requirements to come up, and so on."""
    path = []
    while name is not None and name not in path:
        path.append(name)
        yield name
        facts = of(name)
        before = [(of(n)["since"] or 0, of(n)["took"], n) for n in facts["require"] + facts["want"] if of(n)]
        name = max(before)[2] if before else None


def links(name, of):
    """Yields the lines of a chain."""
    lead = ""
    for each in steps(name, of):
        facts = of(each)
        yield "%s%s.service @%s s +%d ms" % (lead, each, facts["since"], facts["took"])
        lead = ("   " + lead) if lead else "└─ "


def ranks(every, of, measured):
    """Yields the lines of a blame; `measured`: whether the heap was."""
    for took, name in sorted([(-of(name)["took"], name) for name in every]):
        figures = ""
        if measured:
            pair = of(name)["heap"] or (None, None)
            figures = "%8s B import %8s B setup" % tuple(["-" if n is None else max(n, 0) for n in pair])
        yield "%8d ms%s %s.service" % (-took, figures, name)
    if not measured:
        yield 'heap: not measured; {"_boot": {"blame": true}} in services.config does so at the next boot'


def tree(name=None):
    """Prints what a service requires, and what that requires; None: from all that nobody requires.

    Of a cycle, which nobody else requires, it begins with its first name.
    """
    every = _every(name)
    for line in branches(roots(every, _facts) if name is None else every, _facts):
        print(line)


def chain(name=None):
    """Prints what the start of a service waited for: the last of its requirements to come up, and so on.

    `@` is the uptime at which a service came up, `+` what its own start took. None: of the
    service that came up last.
    """
    every = _every(name)
    for line in links(latest(every, _facts) if name is None else every[0], _facts):
        print(line)


def blame():
    """Prints how long the start of each service took, slowest first, and what it took of the heap.

    The heap, in bytes after a collection, is that of its import and of its first setup(); it is
    measured at a boot where `_boot.blame` is true in services.config.
    """
    from .manager import manager

    for line in ranks(_every(None), _facts, hasattr(manager(), "heap")):
        print(line)
