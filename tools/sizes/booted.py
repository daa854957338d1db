# Boots whatever the tree holds: the heap that takes, above a bare asyncio program.

import asyncio

from common import report, settle, used, warm_up


async def main():
    await warm_up()
    before = used()
    import aioservice

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await settle()
    from aioservice.manager import manager

    manager().release()
    after = used()
    from aioctl.core import group

    up = [s for s in group().services.values() if s.is_up()]
    report(booted=after - before, up=len(up), known=len(group().services))


asyncio.run(main())
