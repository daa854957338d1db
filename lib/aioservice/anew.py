# After an event loop that ended though nobody asked for it: says why, and has all services begin
# anew, as a power-on would. A method of the manager, loaded on use.

import asyncio
import sys
from micropython import kbd_intr

from aiobase import describe, group
import aioschedule

_ERROR = const(40)  # aiolog's level


async def anew(self, error, again, delay):
    """When every cleanup has run: tells people and a deploy on trial, and waits for `delay` s.

    `again`: the services that will be started; those at rest stay there.
    """
    from aiobase.trace import where

    text = "the event loop ended: %s%s; all services start anew" % (describe(error), where(error))
    group().note(_ERROR, "aioservice", text)
    print(text)
    for name in list(self.leaving):
        service = self.services.pop(name)
        __import__("aioservice.discovery", None, None, ("purge",)).purge(service, self.services)
        del self.leaving[name]
    for service in again:
        if service.state in ("stopped", "failed", "done", "waiting", "blocked"):
            service.state = "init"
    if "aioswitch" in sys.modules:
        sys.modules["aioswitch"].failed(error if isinstance(error, Exception) else describe(error))
    if "aioboot.guard" in sys.modules:  # what is to say that this boot has lasted went with the loop
        asyncio.create_task(sys.modules["aioboot.guard"]._last())
    kbd_intr(3)  # a console may have gone in the middle
    await asyncio.sleep(delay)
    if aioschedule.timers is not None:
        aioschedule.timers.wake()
