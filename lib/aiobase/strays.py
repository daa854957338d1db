# What the guard of the event loop has to do seldom: a task that is nobody's fails, a loop is to run in the
# loop, or a new one is asked for. Loaded for one of these.

import sys
from asyncio import core

from aiobase import _new, describe, forget, group, loop

from .named import owner

_ERROR = const(40)  # aiolog's levels
_WARNING = const(30)


def name(task):
    """The name of a task's function, which is nowhere but in `<generator object 'f' at …>`."""
    coro = task.coro
    while hasattr(coro, "coro"):  # its steps are looked at
        coro = coro.coro
    text = repr(coro).split("'")
    return text[1] if len(text) > 1 else text[0]


def blocked(task):
    """Where a loop is to run in the loop."""
    if task is not None and task is core._stop_task:  # by run_forever()
        core._stop_task = loop[2]
    forget("aiobase.strays")
    raise RuntimeError("the loop runs already; await it instead")


def end(task, error):
    """What asyncio does where an Exception ends a task, for what is none."""
    forget("aiobase.strays")
    state = task.state
    task.state = None if state is True else False
    if state is True:  # nobody waits for it yet; asyncio tells of it when its turn comes, if nobody does then
        core._task_queue.push(task)
    elif callable(state):
        state(task, error)
    else:
        while state.peek():
            core._task_queue.push(state.pop())
    task.data = error  # behind a push, which takes it away


def make():
    """Where a new event loop is to take the place of the one that runs."""
    forget("aiobase.strays")
    if _is_prompt(core.cur_task):
        loop[1] = True
        return _new()
    return core.Loop


def failed(context):
    """Writes to the journal which exception no task took."""
    forget("aiobase.strays")
    error = context["exception"]
    task = context.get("future")
    if group().log is None:
        print(context["message"], file=sys.stderr)
        sys.print_exception(error, sys.stderr)
        return
    was = "aiobase.trace" in sys.modules
    from .trace import where

    of = context["message"] if task is None else "task '%s'" % name(task)
    place = where(error)
    at = place.rfind("_service.")
    tag = place[place.rfind("/", 0, at) + 1 : at] + ".service" if at > 0 else "asyncio"
    group().note(_ERROR, tag, "%s failed: %s%s" % (of, describe(error)[: 150 - len(place)], place))
    if not was:
        forget("aiobase.trace")


def _is_prompt(task):
    # Whether a task is a prompt, which ends all by Ctrl-D; of others says once that they would have.
    if task is None:
        return False
    who = owner(task)
    tag = "asyncio"
    if who in group().services.values():
        if getattr(who, "prompt", False):
            return True
        tag = who.name + ".service"
    else:
        made = getattr(who, "coro", None)
        for prompt in ("aiorepl", "aioconsole"):
            module = sys.modules.get(prompt)
            if module and (made is module.task or name(task) == "task" or "'task'" in repr(made)):
                return True
        if who is not None:
            tag = who.name
    if loop[3] != tag:
        loop[3] = tag
        group().note(_WARNING, tag, "asyncio.new_event_loop(): there is one loop for all, and it goes on")
    return False
