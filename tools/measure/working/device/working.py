# The working board, measured from within while main.py's own run() serves it: what its heap holds behind a
# boot, a failure, a status(), a config() and a reload(). Figures are lines "name value".

import asyncio
import gc
import sys

import machine  # noqa: F401 - a board has these three in its firmware
import micropython
import network  # noqa: F401
import ntptime  # noqa: F401
from common import report, settle, used, warm_up

_DEPTH = const(40)  # calls
_LOOKS = const(8)  # stacks hold on to a piece of garbage now and then: the least of several counts
_PATIENCE = const(600)  # looks, 5 ms apart


def _scrub(depth):
    """Overwrites what calls before have left on the stack, where the collector takes it for pointers."""
    a = b = c = d = e = f = g = h = depth
    return _scrub(depth - 1) if depth else (a, b, c, d, e, f, g, h)[0]


async def least():
    found = used()
    for _ in range(_LOOKS):
        await settle(20)
        _scrub(_DEPTH)
        found = min(found, used())
    return found


async def until(true):
    """Waits for something that comes soon, or never."""
    for _ in range(_PATIENCE):
        if true():
            return
        await asyncio.sleep_ms(5)
    raise OSError("it does not come")


async def _round(aioservice, mgr, rounds):
    """What a board comes through in its life: a failure, looks, changes of its settings."""
    radio = mgr.services["radio"]
    radio.told.set()
    await until(lambda: radio.restarts and radio.state == "running")
    for i in range(rounds):
        aioservice.status()
        if not aioservice.config("fan", True, pause=6 + i):
            raise OSError("not saved")
        await aioservice.reload()
        await until(lambda: all([s.is_up() for s in mgr.services.values()]))


async def _probe(before, rounds):
    try:
        await until(lambda: "aioservice.manager" in sys.modules)
        import aioservice
        from aioservice.manager import manager

        mgr = manager()
        await until(lambda: "repl" in mgr.services and mgr.services["repl"].is_up())
        if rounds:
            await _round(aioservice, mgr, rounds)
        mgr.release()
        heap = await least() - before
        free = gc.mem_free()
        print()
        report(up=len([1 for s in mgr.services.values() if s.is_up()]), heap=heap, free=free)
        micropython.qstr_info()
    except Exception as error:
        print("failed:", error)
    finally:
        await sys.modules["aioservice"].shutdown()


async def _own():
    import os

    import aioclass  # noqa: F401 - counted with the manager
    import aioctl  # noqa: F401

    before = used()
    tasks = []
    for file in sorted(os.listdir("aioservices/services")):
        if not file.startswith("repl_"):
            name = "aioservices.services." + file.split(".")[0]
            service = __import__(name, None, None, ("service",)).service
            tasks.append(asyncio.create_task(service.task(**service.kwargs)))
    report(own=used() - before)  # none of them has run: what they load then is the manager's
    for task in tasks:
        task.cancel()


def own():
    """Prints what is the services' own: their modules and tasks; of the console nothing."""
    asyncio.run(warm_up())
    asyncio.run(_own())


# -- the time of a boot -------------------------------------------------------


async def _boot():
    await warm_up()
    from time import ticks_diff, ticks_us

    begun = ticks_us()
    import aioservice
    from aiobase import group

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    services = group().services
    while not all([service.is_up() for service in services.values()]):
        await asyncio.sleep_ms(0)
    took = ticks_diff(ticks_us(), begun)
    print()  # behind the prompt
    report(managed=took, up=len(services))
    await aioservice.shutdown()


async def _bare():
    await warm_up()
    import json
    import os
    from time import ticks_diff, ticks_us

    begun = ticks_us()
    with open("services.config") as file:
        settings = json.loads(file.read())
    tasks = []
    for file in sorted(os.listdir("aioservices/services")):
        name = file.split("_service.")[0]
        module = __import__("aioservices.services." + file.split(".")[0], None, None, ("service",))
        service = module.service
        kwargs = dict(service.kwargs, **settings[name].get("kwargs", {}))
        if service.setup is not None:
            work = service.setup()
            if hasattr(work, "send"):
                await work
        tasks.append(asyncio.create_task(service.task(**kwargs)))
    await asyncio.sleep_ms(0)  # each has entered its function
    took = ticks_diff(ticks_us(), begun)
    print()
    report(bare=took, up=len(tasks))
    for task in tasks:
        task.cancel()


def boot():
    """Prints the microseconds from the first import of the manager until all services are up."""
    asyncio.run(_boot())


def bare():
    """The same of a loop without a manager: settings, setup and task of each service."""
    asyncio.run(_bare())


def managed(rounds=5):
    """Boots as at power-on, and prints what that takes above a bare asyncio program."""
    asyncio.run(warm_up())
    before = used()
    # MicroPython has one loop: run() goes on with what waits in it.
    asyncio.create_task(_probe(before, rounds))
    execfile("boot.py", {})
    execfile("main.py", {})
