# Tasks that are nobody's: what is said where one fails, or where a new event loop is asked for, and how many
# there are. Loaded for one look.

import sys
from asyncio import core

import aioschedule

from .core import _new, describe, group, loop

_ERROR = const(40)  # aiolog's levels
_WARNING = const(30)
# Functions of asyncio and of the project that run in tasks of their own, without their first character.
_OURS = ("live", "stop", "guard", "feed", "last", "loop", "run", "typed", "watch", "command")


def name(task):
    """The name of a task's function, which is nowhere but in `<generator object 'f' at …>`."""
    coro = task.coro
    while hasattr(coro, "coro"):  # its steps are looked at
        coro = coro.coro
    text = repr(coro).split("'")
    return text[1] if len(text) > 1 else text[0]


def owner(task):
    """What a task is the life of: a service or a record; None if it is neither."""
    found = group()
    for service in found.services.values():
        if service._life is task:
            return service
    for record in found.records.values():
        if record.task is task:
            return record


def blocked(task):
    """Where a loop is to run in the loop."""
    if task is not None and task is core._stop_task:  # by run_forever()
        core._stop_task = loop[2]
    _forget("strays")
    raise RuntimeError("the loop runs already; await it instead")


def end(task, error):
    """What asyncio does where an Exception ends a task, for what is none."""
    _forget("strays")
    state = task.state
    task.data = error
    task.state = None if state is True else False
    if state is True:  # nobody waits for it
        core._exc_context["exception"] = error
        core._exc_context["future"] = task
        core.Loop.call_exception_handler(core._exc_context)
    elif callable(state):
        state(task, error)
    else:
        while state.peek():
            core._task_queue.push(state.pop())


def make():
    """Where a new event loop is to take the place of the one that runs."""
    _forget("strays")
    if _is_prompt(core.cur_task):
        loop[1] = True
        return _new()
    return core.Loop


def failed(context):
    """Writes to the journal which exception no task took."""
    _forget("strays")
    error = context["exception"]
    task = context.get("future")
    if group().log is None:
        print(context["message"], file=sys.stderr)
        sys.print_exception(error, sys.stderr)
        return
    was = "aioctl.trace" in sys.modules
    from .trace import where

    of = context["message"] if task is None else "task '%s'" % name(task)
    place = where(error)
    at = place.rfind("_service.")
    tag = place[place.rfind("/", 0, at) + 1 : at] + ".service" if at > 0 else "asyncio"
    group().note(_ERROR, tag, "%s failed: %s%s" % (of, describe(error)[: 150 - len(place)], place))
    if not was:
        _forget("trace")


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


def others():
    """{name: how many} of the tasks that the loop holds and that belong to nobody, by their functions' names.

    Those made with asyncio.create_task() that nobody awaits. One that waits for an Event is not in the loop.
    """
    queue, aside = core._task_queue, core.TaskQueue()
    held = []
    try:
        while queue.peek():
            task = queue.pop()
            data = task.data
            aside.push(task, task.ph_key)
            task.data = data
            held.append(task)
    finally:
        while aside.peek():
            task = aside.pop()
            data = task.data
            queue.push(task, task.ph_key)
            task.data = data
    for waiting in core._io_queue.map.values():
        held.extend([task for task in waiting[:3] if task is not None])
    timers = aioschedule.timers
    known = (core.cur_task, loop[0], None if timers is None else timers.task)
    found = {}
    for task in held:
        if task.state is True and task not in known and owner(task) is None:
            each = name(task)
            if not _is_ours(each):
                found[each] = found.get(each, 0) + 1
    return found


def _is_ours(name):
    # The board's tree has names like `_A` for the private functions of this project alone.
    if name == "_run" or len(name) == 2 and name[0] == "_":
        return True
    return __file__.endswith(".py") and name[0] == "_" and name[1:] in _OURS


def _forget(file):
    package = sys.modules.get("aioctl")
    sys.modules.pop("aioctl." + file, None)
    if hasattr(package, file):
        delattr(package, file)
