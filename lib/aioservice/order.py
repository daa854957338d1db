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
        ring = None if name in found or not graph[name] else _ring(name, graph)
        if ring is not None:
            for i in range(len(ring)):
                turn = ring[i:] + ring[:i] + ring[i : i + 1]
                found.setdefault(ring[i], " -> ".join(turn))
    return found


def _ring(target, graph):
    """The names of the shortest cycle through target; None: there is none."""
    came = {}  # name -> who requires it, on the shortest way from target
    todo = [target]
    for name in todo:  # grows while it is walked; no recursion, as stacks of boards are short
        for other in sorted(graph[name]):
            if other == target:
                path = [name]
                while path[0] != target:
                    path.insert(0, came[path[0]])
                return path
            if other in graph and other not in came:
                came[other] = name
                todo.append(other)
    return None
