# On the device: services whose life is written down as it happens, for tests of the manager.
# Copied to the board as lib/lab.py by the tests that use it.

import asyncio

import aioctl
import aioservice
from aioclass import Service
from aioservice.manager import manager

LOG = []  # what happened, in order: "db setup", "db task", …
MOVES = set()  # (from, to) of each change of state


def note(*words):
    LOG.append(" ".join(str(word) for word in words))


def seen():
    """What happened since the last call."""
    found = list(LOG)
    LOG.clear()
    return found


class Lab(Service):
    """A service that notes each step; `up` ms in setup(), the first `fail` setups raise OSError."""

    up = 0
    fail = 0

    def __init__(self, name, **values):
        super().__init__(name)
        for key in values:
            setattr(self, key, values[key])

    def move(self, state):
        MOVES.add((self.state, state))
        super().move(state)

    async def setup(self):
        note(self.name, "setup")
        await asyncio.sleep_ms(self.up)
        if self.fail:
            self.fail -= 1
            raise OSError(113)

    async def task(self):
        note(self.name, "task")
        try:
            while True:
                await asyncio.sleep(1000)
        finally:
            note(self.name, "finally")

    async def cleanup(self):
        note(self.name, "cleanup")


class Component(Lab):
    """A service without a task."""

    task = None


class Once(Lab):
    """Its task returns its name."""

    async def task(self):
        note(self.name, "task")
        return self.name


class Stubborn(Lab):
    """Its task swallows every cancellation."""

    async def task(self):
        note(self.name, "task")
        while True:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                note(self.name, "swallowed")


def add(*services):
    """Gives services to the manager, as discovery would; returns it."""
    mgr = manager()
    for service in services:
        mgr.services[service.name] = service
    return mgr


def states(*services):
    return [service.state for service in services]


async def until(service, *wanted):
    """Waits until a service is in one of these states."""
    while service.state not in wanted:
        await service.changed()


def run(main):
    """Runs an async function, and what must be true after any test: no task is left over."""

    async def all_of_it():
        await main()
        await aioservice.shutdown()
        for record in aioctl.tasks():
            print("left over:", record)
        for service in manager().services.values():
            if service.is_active():
                print("not cleaned up:", service.name, service.state)
        return True

    if not asyncio.run(all_of_it()):  # a loop in which nothing is due ends without a word
        print("it waits for ever")
