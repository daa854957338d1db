# Whether all services of the tree come up; nothing else is loaded, since memory is what counts.

import asyncio

import aioservice


async def main():
    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await asyncio.sleep_ms(50)
    from aiobase import group

    print("up", len([s for s in group().services.values() if s.is_up()]))


asyncio.run(main())
