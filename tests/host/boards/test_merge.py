"""How the settings of a board are made: the rule as tables."""
from __future__ import annotations

import copy

import pytest

from svctl.boards.merge import merge, nulls

AT, EVERY = {"at": "06:00", "days": "mon-fri"}, {"start_in": 1, "repeat": 60}
ROWS = {
    "nothing of its own": ({"a": {"x": 1}}, {}, {"a": {"x": 1}}),
    "nothing in common": ({}, {"a": {"x": 1}}, {"a": {"x": 1}}),
    "another entry": ({"a": {"x": 1}}, {"b": {"y": 2}}, {"a": {"x": 1}, "b": {"y": 2}}),
    "another key": ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
    "another value": ({"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": 2}}),
    "objects are merged": ({"a": {"kwargs": {"x": 1, "y": {"p": 1, "q": 2}}}}, {"a": {"kwargs": {"y": {"q": 3}}}},
                           {"a": {"kwargs": {"x": 1, "y": {"p": 1, "q": 3}}}}),
    "a list takes the place of one": ({"a": {"args": [1, 2, 3]}}, {"a": {"args": [9]}}, {"a": {"args": [9]}}),
    "an empty list, too": ({"a": {"require": ["b"]}}, {"a": {"require": []}}, {"a": {"require": []}}),
    "an object takes the place of a list": ({"a": {"require": ["b"]}}, {"a": {"require": {"n": "c"}}}, {"a": {"require": {"n": "c"}}}),
    "a list takes the place of an object": ({"a": {"require": {"n": "c"}}}, {"a": {"require": ["b"]}}, {"a": {"require": ["b"]}}),
    "false and 0 are values": ({"a": {"enabled": True, "x": 5}}, {"a": {"enabled": False, "x": 0}}, {"a": {"enabled": False, "x": 0}}),
    "null takes a key away": ({"a": {"x": 1, "y": 2}}, {"a": {"x": None}}, {"a": {"y": 2}}),
    "null takes a key of a key away": ({"a": {"kwargs": {"x": 1, "y": 2}}}, {"a": {"kwargs": {"x": None}}}, {"a": {"kwargs": {"y": 2}}}),
    "null takes an entry away": ({"a": {"x": 1}, "b": {}}, {"a": None}, {"b": {}}),
    "null of what is not there": ({"a": {}}, {"a": {"x": None}, "b": None}, {"a": {}}),
    "a null in common stays": ({"a": {"watchdog": None}}, {"a": {"x": 1}}, {"a": {"watchdog": None, "x": 1}}),
    "the board itself": ({"_boot": {"watchdog": 8}}, {"_boot": {"blame": True}}, {"_boot": {"watchdog": 8, "blame": True}}),
    "two names of one entry": ({"a.service": {"x": 1}}, {"a": {"y": 2}}, {"a.service": {"x": 1, "y": 2}}),
    "the other way round": ({"a": {"x": 1}}, {"a.service": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
    "instances are entries": ({"a": {"instances": 2}}, {"a@1": {"x": 1}}, {"a": {"instances": 2}, "a@1": {"x": 1}}),
    "a policy as a text": ({"a": {"restart": "always"}}, {"a": {"restart": {"delay": 2}}}, {"a": {"restart": {"policy": "always", "delay": 2}}}),
    "a policy as a text of its own": ({"a": {"restart": {"delay": 2}}}, {"a": {"restart": "no"}}, {"a": {"restart": {"delay": 2, "policy": "no"}}}),
    "one text for another": ({"a": {"restart": "always"}}, {"a": {"restart": "no"}}, {"a": {"restart": "no"}}),
    "times of one kind are merged": ({"a": {"schedule": AT}}, {"a": {"schedule": {"at": "07:00"}}}, {"a": {"schedule": {"at": "07:00", "days": "mon-fri"}}}),
    "intervals, too": ({"a": {"schedule": EVERY}}, {"a": {"schedule": {"repeat": 5}}}, {"a": {"schedule": {"start_in": 1, "repeat": 5}}}),
    "a time for an interval": ({"a": {"schedule": EVERY}}, {"a": {"schedule": AT}}, {"a": {"schedule": AT}}),
    "an interval for a time": ({"a": {"schedule": AT}}, {"a": {"schedule": EVERY}}, {"a": {"schedule": EVERY}}),
    "a part of a schedule taken away": ({"a": {"schedule": AT}}, {"a": {"schedule": {"days": None}}}, {"a": {"schedule": {"at": "06:00"}}}),
}


@pytest.mark.parametrize("row", ROWS)
def test_merging(row):
    common, own, merged = ROWS[row]
    before = copy.deepcopy((common, own))
    assert merge(common, own) == merged
    assert (common, own) == before  # neither is changed


COMMON = {"a": {"x": 1, "kwargs": {"p": 1, "q": {"r": 2}}}, "b.service": {"x": 1}}


@pytest.mark.parametrize("paths, left", [
    ((), COMMON),
    (("a",), {"b.service": {"x": 1}}),
    (("a.service",), {"b.service": {"x": 1}}),
    (("b",), {"a": COMMON["a"]}),
    (("b.x",), {**COMMON, "b.service": {}}),
    (("b.service.x",), {**COMMON, "b.service": {}}),
    (("a.kwargs.q.r", "a.x"), {**COMMON, "a": {"kwargs": {"p": 1, "q": {}}}}),
    (("a.kwargs", "a.kwargs.p"), {**COMMON, "a": {"x": 1}}),
    (("a.kwargs.p", "a.kwargs"), {**COMMON, "a": {"x": 1}}),
])
def test_paths_that_are_taken_away(paths, left):
    assert merge(COMMON, nulls(COMMON, paths)) == left


@pytest.mark.parametrize("path, wrong", [
    ("c", "c: services.config has no c to take away"),
    ("a.kwarg", "a.kwarg: a has no kwarg to take away; did you mean kwargs?"),
    ("a.x.y", "a.x.y: x has no y to take away"),
    ("a.kwargs.q.s.t", "a.kwargs.q.s.t: q has no s to take away"),
])
def test_paths_of_what_is_not_there(path, wrong):
    with pytest.raises(KeyError) as caught:
        nulls(COMMON, (path,))
    assert caught.value.args == (wrong,)
