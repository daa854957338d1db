# The start of run(): boot, init, the console. A method of the manager; given back when all is up.

import asyncio
import gc

from .starting import begin, outcome, release
from .startup import boot, init

_MOMENT = const(2)  # s
_HINTS = """\
aioservice.status() shows the services, aioctl.status() the tasks, aioctl.log() the journal;
stop("{0}"), start("{0}"), unload("{0}"), config("{0}") are about one of them;
traceback("{0}") explains a failure. Ctrl-D shuts down."""


async def bring_up(self, options):
    """Starts all services, the console's last. Imports nothing on its way: they may take all memory."""
    await boot(**{k: v for k, v in options.items() if k != "init_schedule"})
    init(**options)
    await _settled(self)
    if self.last in self.services:
        print(_HINTS.format(min([s.name for s in _others(self)] or ["NAME"])))
        release(self)
        gc.collect()  # the console is made where the boot was, and what is left lies together
        begin(self, [self.services[self.last]])
    else:
        if not self.services and not self.failed:
            print("no services: put <name>_service.mpy into aioservices/services")
        print("no console; Ctrl-C shuts down")
    release(self)


async def _settled(self):
    """Gives the others a moment to come up, so that their lines stand before the prompt."""
    try:
        await asyncio.wait_for(outcome(self, _others(self)), _MOMENT)
    except asyncio.TimeoutError:
        pass


def _others(self):
    return [s for s in self.services.values() if s.name != self.last]
