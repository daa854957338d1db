# Heap growth over many cycles of start/stop, load/unload, add/delete and fail/restart.

import asyncio

from common import argument, report, settle, used, warm_up


async def _job():
    await asyncio.sleep(3600)


async def start_stop(aioservice, aioctl):
    await aioservice.stop("n00")
    await aioservice.start("n00")


async def load_unload(aioservice, aioctl):
    from aioservice.manager import manager

    aioservice.unload("n01")
    while "n01" in manager().leaving:
        await manager().leaving["n01"]
    await aioservice.start("n01")


async def add_delete(aioservice, aioctl):
    aioctl.add(_job, name="job")
    await asyncio.sleep_ms(0)
    aioctl.delete("job")
    await asyncio.sleep_ms(0)


async def fail_restart(aioservice, aioctl):
    service = aioservice.service("fails")
    before = service.restarts
    service.told.set()
    while service.restarts == before or service.state != "running":
        await service.changed()


async def main():
    await warm_up()
    cycles = argument(1000)
    import aioctl
    import aioservice

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await settle()
    half = max(cycles // 2, 1)
    for cycle in (start_stop, load_unload, add_delete, fail_restart):
        heap = [0, 0, 0]
        for i in range(3):  # all looks at the same point of the program, the first after a warm-up
            for _ in range(half if i else 20):
                await cycle(aioservice, aioctl)
            heap[i] = used()
        # Stacks hold on to a piece of garbage now and then; what grows does so in both halves.
        growth = 2 * min(heap[1] - heap[0], heap[2] - heap[1])
        report(**{cycle.__name__: growth})


asyncio.run(main())
