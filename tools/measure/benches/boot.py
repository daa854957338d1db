# Boot of as many services as the tree holds: by the manager, and by the bare loop, which imports
# the same files and creates the same tasks with nothing but asyncio.

import asyncio
import os
from time import ticks_us

from .common import report, used, warm_up
from .timing import since

_FOLDER = const("aioservices/services")
# What the manager imports of its own for a boot. The bare loop does so too for one of its
# figures, so that what is left between the two is work, not the size of the code.
OWN = (
    "aiolog aioservice.manager aioservice.startup aioservice.starting aioservice.order "
    "aioservice.discovery aioservice.settings aioservice.settingsfile"
)


async def _managed():
    await warm_up()
    heap = used()
    import aioservice
    from aioclass import Service
    from aioctl.core import group

    begun = ticks_us()
    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    services = group().services
    last = services[sorted(services)[-1]] if services else Service  # started last, so up last
    while services and not last.is_up():
        await asyncio.sleep_ms(0)
    took = since(begun)
    up = len([1 for service in services.values() if service.is_up()])
    report(managed=took, up=up, heap=used() - heap)


async def _bare(own):
    await warm_up()
    import aioclass  # noqa: F401 - in memory already where the manager's boot begins, too
    import aioservice  # noqa: F401

    begun = ticks_us()
    for name in OWN.split(" ") if own else ():
        __import__(name, None, None, ("x",))
    tasks = []
    for file in sorted(os.listdir(_FOLDER)):
        name = "aioservices.services." + file.split(".")[0]
        service = __import__(name, None, None, ("service",)).service
        tasks.append(asyncio.create_task(service.task()))
    await asyncio.sleep_ms(0)  # each has entered its function
    report(**{"own" if own else "bare": since(begun), "up": len(tasks)})


def managed():
    asyncio.run(_managed())


def bare(own=False):
    asyncio.run(_bare(own))
