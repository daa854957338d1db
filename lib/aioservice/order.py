# The graph of requirements, {name: names it requires}: who comes along, and who waits for
# himself. Pure; given back after a boot.


def closure(wanted, graph):
    """The sorted names wanted and all that they require, as far as these are in the graph."""
    found = [name for name in wanted if name in graph]
    for name in found:  # grows while it is walked
        for other in graph[name]:
            if other in graph and other not in found:
                found.append(other)
    return sorted(found)


def cycles(members, graph):
    """{name: "a -> b -> c -> a"} for each member that is on a cycle."""
    found = {}
    for name in members:
        if name not in found:
            path = _way_back(name, name, graph, [])
            if path is not None:
                ring = [name] + path
                for i in range(len(ring)):
                    turn = ring[i:] + ring[:i] + ring[i : i + 1]
                    found.setdefault(ring[i], " -> ".join(turn))
    return found


def _way_back(target, name, graph, seen):
    """The names between name and target, on a way along requirements; None: there is none."""
    for other in sorted(graph[name]):
        if other == target:
            return []
        if other in graph and other not in seen:
            seen.append(other)
            path = _way_back(target, other, graph, seen)
            if path is not None:
                return [other] + path
    return None
