# The event loop under services: turns of ten tasks, and events from one task to another, against
# the same functions as bare tasks.

import asyncio
from time import ticks_us

from aioclass import Service

from .common import report, warm_up
from .timing import since

_TASKS = const(10)


class Runner(Service):
    """Runs a function once, in one life."""

    async def task(self, function, *args):
        await function(*args)


async def _turns(count, done):
    for _ in range(count):
        await asyncio.sleep_ms(0)
    done.append(1)


async def _send(count, event, done):
    for _ in range(count):
        while event.is_set():
            await asyncio.sleep_ms(0)
        event.set()
    done.append(1)


async def _receive(count, event, done):
    for _ in range(count):
        await event.wait()
        event.clear()
    done.append(1)


async def _timed(jobs, done, managed):
    begun = ticks_us()
    for i, (function, *args) in enumerate(jobs):
        if managed:
            service = Runner("n%02d" % i)
            service.args = (function,) + tuple(args)
            service.launch()
        else:
            asyncio.create_task(function(*args))
    while len(done) < len(jobs):
        await asyncio.sleep_ms(1)
    done.clear()
    return since(begun)


async def _main(jobs, done):
    await warm_up()
    for _ in range(2):  # first for what stays in memory
        bare = await _timed(jobs, done, False)
        managed = await _timed(jobs, done, True)
    report(managed=managed, bare=bare)


def turns(count=2000):
    done = []
    asyncio.run(_main([(_turns, count, done)] * _TASKS, done))


def events(count=10000):
    done = []
    event = asyncio.Event()
    asyncio.run(_main([(_send, count, event, done), (_receive, count, event, done)], done))
