# On the device: what the benchmarks share. Nothing here needs a unix port, a path of a host or a
# clock that is set: times are in microseconds of ticks_us, and each figure is a line "name value".

import asyncio
import gc
from time import ticks_diff, ticks_us


async def _nothing():
    await asyncio.sleep_ms(0)


async def warm_up():
    """What every asyncio program has loaded: the frozen asyncio that people build on."""
    await asyncio.wait_for_ms(_nothing(), 10)
    asyncio.Event()
    asyncio.current_task()
    await asyncio.sleep_ms(1)


def used():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()


def report(**figures):
    for name in sorted(figures):
        print(name, figures[name])


def since(begun):
    """Microseconds since a ticks_us; half of its wrap at most, some minutes."""
    return ticks_diff(ticks_us(), begun)


async def boot():
    """Boots the tree and waits until all its services are up; returns them by name."""
    import aioservice
    from aioctl.core import group

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    services = group().services
    while not all([service.is_up() for service in services.values()]):
        await asyncio.sleep_ms(0)
    return services
