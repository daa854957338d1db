# The heap of the console, waiting at its prompt.

import asyncio

from common import report, settle, used, warm_up


async def main():
    await warm_up()
    before = used()
    import aioconsole

    asyncio.create_task(aioconsole.task({}))
    await settle()
    print()
    heap = used() - before
    report(console=heap)


asyncio.run(main())
