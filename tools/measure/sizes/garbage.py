# Garbage of a status() and of a line of log, with whatever services the tree holds.

import asyncio
import gc

from common import report, settle, used, warm_up


def garbage_of(function):
    function()  # what it loads stays, and is no garbage
    used()
    gc.disable()
    before = gc.mem_alloc()
    function()
    after = gc.mem_alloc()
    gc.enable()
    return after - before


async def main():
    await warm_up()
    import aioservice
    from aiobase import group

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await settle()
    service = group().services["n00"]
    line = "x" * 60
    report(log=garbage_of(lambda: service.log.info(line)))
    report(status=garbage_of(aioservice.status))


asyncio.run(main())
