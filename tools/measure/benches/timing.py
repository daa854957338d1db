# On the device: times and boots of the benchmarks. Nothing here needs a unix port, a path of a host or a
# clock that is set: times are in microseconds of ticks_us.

import asyncio
from time import ticks_diff, ticks_us


def since(begun):
    """Microseconds since a ticks_us; half of its wrap at most, some minutes."""
    return ticks_diff(ticks_us(), begun)


async def boot():
    """Boots the tree and waits until all its services are up; returns them by name."""
    import aioservice
    from aiobase import group

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    services = group().services
    while not all([service.is_up() for service in services.values()]):
        await asyncio.sleep_ms(0)
    return services
