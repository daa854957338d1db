# A scheduled service and a bare `while True: work, sleep`: how late the last of many periods is.

import asyncio
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from aioclass import Service

from .common import report, warm_up

_WORK = const(2)  # ms that each run is busy, as drivers are; a bare loop is late by it each time


class Ticker(Service):
    type = "schedule.service"
    first = last = None
    runs = 0

    async def task(self):
        self.last = ticks_ms()
        if self.first is None:
            self.first = self.last
        self.runs += 1
        sleep_ms(_WORK)


def _late(first, last, periods, period):
    # By steps of one period: ticks_ms may have wrapped in between.
    for _ in range(periods):
        first = ticks_add(first, period)
    return ticks_diff(last, first)


async def _managed(periods, period):
    await warm_up()
    ticker = Ticker("ticker")
    ticker.schedule = {"start_in": 0, "repeat": period / 1000}
    await ticker.startup()
    while ticker.runs <= periods:
        await ticker.changed()
    skipped = _skipped(ticker)  # where the computer itself stood still; each is a period, too
    report(managed=_late(ticker.first, ticker.last, periods + skipped, period), skipped=skipped)
    await ticker.shutdown()


def _skipped(ticker):
    import aioschedule

    return aioschedule.timers.info(ticker.name).skipped


async def _bare(periods, period):
    await warm_up()
    first = ticks_ms()
    for _ in range(periods):
        sleep_ms(_WORK)
        await asyncio.sleep_ms(period)
    report(bare=_late(first, ticks_ms(), periods, period))


def managed(periods, period):
    asyncio.run(_managed(periods, period))


def bare(periods, period):
    asyncio.run(_bare(periods, period))
