# Boots whatever the tree holds: the heap that takes, above a bare asyncio program. It shares nothing with the
# other scripts: each name of theirs would count where MicroPython's table of names takes its next step.

import asyncio
import gc


async def main():
    event = asyncio.Event()
    event.set()
    await asyncio.wait_for_ms(event.wait(), 10000)  # what every asyncio program has loaded
    asyncio.current_task()
    await asyncio.sleep_ms(1)
    for _ in range(3):
        gc.collect()
    size = gc.mem_alloc()
    import aioservice

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await asyncio.sleep_ms(50)
    from aioservice.manager import manager

    manager().release()
    for _ in range(3):
        gc.collect()
    print("booted", gc.mem_alloc() - size)
    from aiobase import group

    print("up", len([1 for service in group().services.values() if service.is_up()]))
    print("known", len(group().services))


asyncio.run(main())
