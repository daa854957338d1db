"""What is known of names under profile()."""

# Prints nothing by itself; `row(name)` is what is known of a name.
PRELUDE = """
import gc, time, sys, json
from asyncio import core
def figures():
    from aioctl.profiler import figures
    return figures()
def row(name):
    found = [task for task in figures()["tasks"] if task["name"] == name]
    return found[0] if found else None
def steps(name):
    found = row(name)
    return found and found["steps"]
def names():  # of those that a test knows, without the manager's own
    found = [task["name"] for task in figures()["tasks"]]
    return sorted([name for name in found if name[0] not in "(_" and name != "all_of_it"])
"""
