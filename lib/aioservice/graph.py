# How services hang together, and what their start took: tree(), chain(), blame(). Loaded on use.

from .manager import manager, names


def _label(services, name):
    service = services.get(name)
    return "%s.service (%s)" % (name, "unknown" if service is None else service.state)


def _branch(services, name, lead, path):
    """Prints what a service requires and wants, one level deeper each."""
    service = services.get(name)
    if service is None:
        return
    below = [(other, "") for other in sorted(names(service.require))]
    below += [(other, " wanted") for other in sorted(names(service.want))]
    for i in range(len(below)):
        other, how = below[i]
        last = i == len(below) - 1
        again = other in path
        mark = "└─ " if last else "├─ "
        print(lead + mark + _label(services, other) + how + (" …" if again else ""))
        if not again:
            _branch(services, other, lead + ("   " if last else "│  "), path + [other])


def _roots(services):
    """Names from which every service is reached: those that nobody requires, and one of each cycle."""
    from .order import closure

    graph = {name: names(services[name].require) for name in services}
    needed = [other for name in graph for other in graph[name]]
    roots = [name for name in sorted(graph) if name not in needed]
    reached = closure(roots, graph)
    # What is left hangs on cycles: those that reach most first, as they reach the others.
    left = [(-len(closure([name], graph)), name) for name in graph if name not in reached]
    for _, name in sorted(left):
        if name not in reached:
            roots.append(name)
            reached.extend(closure([name], graph))
    return sorted(roots)


def tree(name=None):
    """Prints what a service requires, and what that requires; None: from all that nobody requires.

    Of a cycle, which nobody else requires, it begins with its first name.
    """
    mgr = manager()
    services = mgr.services
    roots = _roots(services) if name is None else [mgr.get(name).name]
    for root in roots:
        print(_label(services, root))
        _branch(services, root, "", [root])


def chain(name=None):
    """Prints what the start of a service waited for: the last of its requirements to come up, and so on.

    `@` is the uptime at which a service came up, `+` what its own start took. None: of the
    service that came up last.
    """
    mgr = manager()
    services = mgr.services
    if name is None:
        up = [s for s in services.values() if s.is_up()]
        if not up:
            return
        service = max(up, key=lambda s: s.since)
    else:
        service = mgr.get(name)
    lead = ""
    path = []
    while service is not None and service not in path:
        path.append(service)
        print("%s%s.service @%s s +%d ms" % (lead, service.name, service.since, service.took))
        lead = ("   " + lead) if lead else "└─ "
        before = [services[n] for n in names(service.require) if n in services]
        before += [services[n] for n in names(service.want) if n in services]
        service = max(before, key=lambda s: (s.since or 0, s.took)) if before else None


def blame():
    """Prints how long the start of each service took, slowest first, and what it took of the heap.

    The heap, in bytes after a collection, is that of its import and of its first setup(); it is
    measured at a boot where `_boot.blame` is true in services.config.
    """
    mgr = manager()
    heap = getattr(mgr, "heap", None)
    for took, name in sorted([(-s.took, s.name) for s in mgr.services.values()]):
        figures = ""
        if heap is not None:
            figures = "%8s B import %8s B setup" % tuple(
                ["-" if n is None else max(n, 0) for n in heap.get(name, (None, None))]
            )
        print("%8d ms%s %s.service" % (-took, figures, name))
    if heap is None:
        print('heap: not measured; {"_boot": {"blame": true}} in services.config does so at the next boot')
