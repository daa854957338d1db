# Heap growth over many cycles of start/stop, load/unload and add/delete.

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


async def main():
    await warm_up()
    cycles = argument(1000)
    import aioctl
    import aioservice

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await settle()
    for cycle in (start_stop, load_unload, add_delete):
        heap = [0, 0]
        for i in range(2):  # both looks at the same point of the program, the first as warm-up
            for _ in range(cycles if i else 20):
                await cycle(aioservice, aioctl)
            heap[i] = used()
        growth = heap[1] - heap[0]
        report(**{cycle.__name__: growth})


asyncio.run(main())
