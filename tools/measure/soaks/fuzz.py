# On the device, as its main.py: brings everything up, tells what became of it in one line, and ends.
# Then it is seen whether settings can still be saved.

import asyncio
import json

import aioservice
from aiobase import describe
from aioservice.manager import manager

_PATIENCE = const(60)  # looks, 10 ms apart
_COMING = ("init", "waiting", "starting")


async def _up():
    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    for _ in range(_PATIENCE):
        states = {service.state for service in manager().services.values()}
        if not states.intersection(_COMING):
            break
        await asyncio.sleep_ms(10)


def _told():
    mgr = manager()
    return {
        "fault": mgr.fault,
        "failed": {name: describe(mgr.failed[name][1]).partition(": ")[2] for name in mgr.failed},
        "held": dict(mgr.held),
        "states": {name: mgr.services[name].state for name in mgr.services},
    }


async def _main():
    await _up()
    told = _told()
    told["saved"] = aioservice.config("good", True, 7)
    told["kept"] = aioservice.get_config("good")
    print("REPORT", json.dumps(told))


def run():
    asyncio.run(_main())
