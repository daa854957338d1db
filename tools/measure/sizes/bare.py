# The same services without a manager: imported, and their tasks created. Only the author's part.

import asyncio
import os
import sys

from common import report, settle, used, warm_up


async def main():
    await warm_up()
    __import__("aioclass")  # counted with the manager, not with the services
    before = used()
    folder = sys.argv[1] if len(sys.argv) > 1 else "aioservices/services"
    for file in sorted(os.listdir(folder)):
        name = "aioservices.services." + file.split(".")[0]
        service = __import__(name, None, None, ("service",)).service
        asyncio.create_task(service.task())
    await settle()
    heap = used() - before
    report(bare=heap)


asyncio.run(main())
