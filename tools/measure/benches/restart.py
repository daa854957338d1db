# How long it takes until a service runs again: after restart(), and after a failure without a
# delay; against a bare task that is cancelled, awaited and created anew.

import asyncio
from time import ticks_us

from aioclass import Service

from .common import report, warm_up
from .timing import boot, since


class Failing(Service):
    restart = {"delay": 0}
    told = None

    async def setup(self):
        self.told = asyncio.Event()

    async def task(self):
        await self.told.wait()
        raise OSError(5)


async def _job(entered):
    entered.set()
    await asyncio.sleep(3600)


async def _bare(times):
    entered = asyncio.Event()
    task = asyncio.create_task(_job(entered))
    await entered.wait()
    begun = ticks_us()
    for _ in range(times):
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        entered.clear()
        task = asyncio.create_task(_job(entered))
        await entered.wait()
    return since(begun) // times


async def _failing(times):
    service = Failing("failing")
    await service.startup()
    begun = ticks_us()
    for i in range(times):
        service.told.set()
        while service.restarts <= i or service.state != "running":
            await service.changed()
    return since(begun) // times


async def _main(times):
    await warm_up()
    names = sorted(await boot())
    import aioservice

    await aioservice.restart(names[0])  # loads what that needs
    begun = ticks_us()
    for _ in range(times):
        await aioservice.restart(names[0])
    managed = since(begun) // times
    report(managed=managed, failure=await _failing(times), bare=await _bare(times))


def run(times=50):
    asyncio.run(_main(times))
