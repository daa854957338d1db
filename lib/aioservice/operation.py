# What start(), stop() and their like return.

import asyncio


class Operation:
    """Something under way with a service: may be awaited for its end, or left alone."""

    def __init__(self, service, coro, word):
        self.service = service  # None: with the settings
        self.word = word  # what is under way: "stopping"
        self.error = None
        self.ended = asyncio.Event()
        asyncio.create_task(self._run(coro))

    async def _run(self, coro):
        try:
            await coro
        except Exception as e:
            self.error = e
        self.ended.set()

    def __repr__(self):
        if self.service is None:
            ended = "reloaded" if self.error is None else "not reloaded"
            return "services.config: " + (ended if self.ended.is_set() else self.word)
        word = self.service.state if self.ended.is_set() else self.word
        return "%s.service: %s" % (self.service.name, word)

    async def _wait(self):
        await self.ended.wait()
        if self.error is not None:
            raise self.error

    def __iter__(self):
        return self._wait()

    __await__ = __iter__
