# status() of all services of the tree, against printing lines of the same length.

import asyncio
from time import ticks_us

from .common import report, warm_up
from .timing import boot, since

_LINE = const("[ OK ] Service: n00.service from ./aioservices/services/n00_service.mpy loaded")


async def _main(times):
    await warm_up()
    services = await boot()
    import aioservice

    aioservice.status()  # loads its file
    begun = ticks_us()
    for _ in range(times):
        aioservice.status()
    managed = since(begun)
    begun = ticks_us()
    for _ in range(times):
        for _ in services:
            print(_LINE)
    bare = since(begun)
    report(managed=managed // times, bare=bare // times)


def run(times=4):
    asyncio.run(_main(times))
