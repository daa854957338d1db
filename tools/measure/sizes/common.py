# On the device: what measurements and benchmarks share. Heap figures are bytes in use after a collection;
# each figure is a line "name value". The names in here are in memory before anything is measured, so here
# is nothing that works on lib/.

import asyncio
import gc
import sys


def used():
    for _ in range(3):
        gc.collect()
    return gc.mem_alloc()


async def _nothing():
    await asyncio.sleep_ms(0)


async def warm_up():
    """What every asyncio program has loaded: the frozen asyncio that people build on."""
    await asyncio.wait_for_ms(_nothing(), 10000)
    asyncio.Event()
    asyncio.current_task()
    await asyncio.sleep_ms(1)


async def settle(ms=50):
    """Lets all services come up."""
    await asyncio.sleep_ms(ms)


def report(**figures):
    for name in figures:
        print(name, figures[name])


def argument(default):
    return int(sys.argv[1]) if len(sys.argv) > 1 else default
