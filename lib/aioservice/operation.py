# What start(), stop() and their like return.

import asyncio

from aiobase.errors import ServiceError, anew
from aiobase import describe, is_interrupt, kept_of

_TOLD = const(600)  # characters that what the manager itself says may have


class Operation:
    """Something under way with a service: may be awaited for its end, or left alone."""

    def __init__(self, service, coro, word):
        self.service = service  # None: with the settings
        self.word = word  # what is under way: "stopping"
        self._fault = None  # what is kept of its error
        self.ended = asyncio.Event()
        asyncio.create_task(self._run(coro))

    async def _run(self, coro):
        try:
            await coro
        except BaseException as e:
            if is_interrupt(e):
                raise
            args = e.args
            if type(e) is ServiceError and len(args[0]) < _TOLD:  # made by the manager of what is bounded
                self._fault = ServiceError, describe(e), args[0]
            else:
                self._fault = kept_of(e)
        self.ended.set()

    @property
    def error(self):
        """What went wrong, made anew at each look; None if nothing did."""
        return anew(self._fault)

    def __repr__(self):
        if self.service is None:
            ended = "reloaded" if self._fault is None else "not reloaded"
            return "services.config: " + (ended if self.ended.is_set() else self.word)
        word = self.service.state if self.ended.is_set() else self.word
        return "%s.service: %s" % (self.service.name, word)

    async def _wait(self):
        await self.ended.wait()
        if self._fault is not None:
            raise self.error

    def __iter__(self):
        return self._wait()

    __await__ = __iter__
