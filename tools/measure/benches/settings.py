# A save of settings, against a plain write of the same JSON, which a power cut may tear.

import asyncio
import json
from time import ticks_us

from .common import report, warm_up
from .timing import boot, since

_OTHER = const("bench.tmp")


async def _main(times):
    await warm_up()
    names = sorted(await boot())
    import os

    import aioservice

    settings = {name: {"enabled": True, "args": [], "kwargs": {"period": 500}} for name in names}
    with open("services.config", "w") as file:
        file.write(json.dumps(settings))
    # Once for the copy of the file, once to have all in memory that stays there.
    saved = aioservice.config(names[0], True, period=1) and aioservice.config(names[0], True, period=2)
    begun = ticks_us()
    for i in range(times):
        saved = aioservice.config(names[0], True, period=i) and saved
    managed = since(begun)
    begun = ticks_us()
    for i in range(times):
        settings[names[0]]["kwargs"]["period"] = i
        with open(_OTHER, "w") as file:
            file.write(json.dumps(settings))
    bare = since(begun)
    for name in ("services.config", "services.config.bak", _OTHER):
        os.remove(name)
    report(managed=managed // times, bare=bare // times, saved=int(saved))


def run(times=10):
    asyncio.run(_main(times))
