# What people do with tasks, by name or pattern. Loaded when somebody asks.

from aiobase import describe, group
from aiobase.text import match

from .jobs import find


def tasks_match(pattern="*"):
    """The sorted names of tasks and services that fit a pattern; `*` is a wildcard."""
    return sorted([name for name in group().tasks if match(pattern, name)])


def select(name):
    """The records that a name or pattern (None: all) stands for. Says so when there is none."""
    if name is not None and "*" not in name:
        found = find(name) or find(name + ".service")
        if found is None:
            print("Task %s not found in %s" % (name, tasks_match()))
        return () if found is None else (found,)
    found = group().tasks
    return [found[each] for each in sorted(found) if name is None or match(name, each)]


def start(name):
    """Starts what ended, or a service, again; does nothing where it runs. False: no such task.

    What was asked to stop and has not ended yet is started when it has.
    """
    found = select(name)
    for record in found:
        try:
            record.start()
        except Exception as e:
            print("Task %s not started: %s" % (record.name, describe(e)))
    return bool(found)


def stop(name=None, stop_sch=True):
    """Stops tasks and services by name or pattern (None: all). False: no such task."""
    found = select(name)
    for record in found:
        record.stop()
    return bool(found) or name is None


def delete(*names):
    """Stops tasks and forgets them; a service is unloaded."""
    for name in names:
        for record in select(name):
            record.delete()
