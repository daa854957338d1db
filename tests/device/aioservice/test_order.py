"""The graph of requirements: pure, so the same table runs on CPython and on the real VM."""
from __future__ import annotations

import importlib.util
import itertools

import pytest
from support.harness import ROOT

SOURCE = ROOT / "lib/aioservice/order.py"

# (wanted, graph, what comes along)
CLOSURES = [
    ([], {}, []),
    (["a"], {"a": ()}, ["a"]),
    (["a"], {"a": ("b",), "b": ("c",), "c": ()}, ["a", "b", "c"]),
    (["b"], {"a": ("b",), "b": ("c",), "c": (), "d": ()}, ["b", "c"]),
    (["a"], {"a": ("missing",)}, ["a"]),
    (["missing"], {"a": ()}, []),
    (["a", "b"], {"a": ("c",), "b": ("c",), "c": ()}, ["a", "b", "c"]),
    (["a"], {"a": ("b",), "b": ("a",)}, ["a", "b"]),
    (["a"], {"a": ("a",)}, ["a"]),
]
# (members, graph, {member on a cycle: its way})
CYCLES = [
    (["a", "b"], {"a": ("b",), "b": ()}, {}),
    (["a"], {"a": ("a",)}, {"a": "a -> a"}),
    (["a", "b"], {"a": ("b",), "b": ("a",)}, {"a": "a -> b -> a", "b": "b -> a -> b"}),
    (["a", "b", "c"], {"a": ("b",), "b": ("c",), "c": ("a",)},
     {"a": "a -> b -> c -> a", "b": "b -> c -> a -> b", "c": "c -> a -> b -> c"}),
    # one that requires a cycle is not on it
    (["a", "b", "c"], {"a": ("b",), "b": ("c",), "c": ("b",)}, {"b": "b -> c -> b", "c": "c -> b -> c"}),
    # two ways to one requirement are no cycle
    (["a", "b", "c", "d"], {"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}, {}),
    (["a", "b"], {"a": ("missing", "b"), "b": ("missing",)}, {}),
    # two cycles
    (["a", "b", "c", "d"], {"a": ("b",), "b": ("a",), "c": ("d",), "d": ("c",)},
     {"a": "a -> b -> a", "b": "b -> a -> b", "c": "c -> d -> c", "d": "d -> c -> d"}),
]


@pytest.fixture(scope="module")
def order():
    spec = importlib.util.spec_from_file_location("order", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("wanted, graph, found", CLOSURES)
def test_who_comes_along(order, wanted, graph, found):
    assert order.closure(wanted, graph) == found


@pytest.mark.parametrize("members, graph, found", CYCLES)
def test_who_is_on_a_cycle(order, members, graph, found):
    assert order.cycles(members, graph) == found


def test_no_order_of_keys_matters(order):
    graph = {"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ("a",), "e": ("a",)}
    results = set()
    for keys in itertools.permutations(graph):
        turned = {key: tuple(reversed(graph[key])) if keys[0] == "c" else graph[key] for key in keys}
        results.add((tuple(order.closure(["e"], turned)),
                     tuple(sorted(order.cycles(sorted(turned), turned).items()))))
    assert len(results) == 1


def test_the_same_on_the_vm(vm):
    code = "from aioservice.order import closure, cycles\n"
    for wanted, graph, found in CLOSURES:
        code += f"assert closure({wanted!r}, {graph!r}) == {found!r}\n"
    for members, graph, found in CYCLES:
        code += f"assert cycles({members!r}, {graph!r}) == {found!r}, cycles({members!r}, {graph!r})\n"
    assert vm.run(code + "print('fine')").out == "fine\n"


def test_a_long_chain_needs_no_deep_stack(vm):
    code = "from aioservice.order import closure\n"
    code += "graph = {'s%03d' % i: ('s%03d' % (i + 1),) for i in range(99)}\ngraph['s099'] = ()\n"
    assert vm.run(code + "print(len(closure(['s000'], graph)))").out == "100\n"


def test_a_long_chain_has_no_cycle_and_a_long_cycle_is_found(vm):
    code = "from aioservice.order import cycles\n"
    code += "graph = {'s%03d' % i: ('s%03d' % (i + 1),) for i in range(60)}\ngraph['s060'] = ()\n"
    code += "print(len(cycles(sorted(graph), graph)))\ngraph['s060'] = ('s000',)\n"
    assert vm.run(code + "print(len(cycles(sorted(graph), graph)))").out == "0\n61\n"
