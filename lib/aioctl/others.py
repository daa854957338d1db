# Tasks that are nobody's: how many there are, for a look with debug(). Loaded for it.

from asyncio import core

from aiobase import loop
from aiobase.named import owner
from aiobase.strays import name
import aioschedule

# Functions of asyncio and of the project that run in tasks of their own, without their first character.
_OURS = ("live", "stop", "guard", "feed", "last", "loop", "run", "typed", "watch", "command")


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
