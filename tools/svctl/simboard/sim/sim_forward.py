# Time that is turned forward: while it is, the loop does not wait for the next moment at which something is
# due, but has it come at once. Each task runs at its moment, in their order. Loaded on use.
import sys
from time import ticks_diff

from asyncio import core
import sim_time

_LONGEST = core.ticks_add(0, -1) // 2  # ms: the loop compares moments over that much only

_turning = 0  # how many forward() there are
_wait = core.IOQueue.wait_io_event


def _wait_io_event(queue, dt):
    if not _turning or dt <= 0:
        return _wait(queue, dt)
    _wait(queue, 0)  # what came in the meantime goes first
    head = core._task_queue.peek()
    if head is None or ticks_diff(head.ph_key, core.ticks()) > 0:
        irq = sys.modules.get("sim_irq")
        sim_time.turn(dt if irq is None else min(dt, irq.left(dt)))
        if irq is not None:
            irq.due()


core.IOQueue.wait_io_event = _wait_io_event


async def forward(ms):
    global _turning
    if sim_time.turned + ms >= _LONGEST:
        raise ValueError("a board can be turned forward by %d days until its reset" % (_LONGEST // 86400000))
    sim_time.install()
    _turning += 1
    try:
        await core.sleep_ms(ms)
    finally:
        _turning -= 1
        if not _turning:
            sim_time.tell()
