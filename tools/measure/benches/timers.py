# Time per event of many timers: all are due at one moment, again and again. From the first to the
# last event of such a moment everything is counted: the run, and its next place in the order.
# Against bare tasks that all sleep until the same moment.

import asyncio
from time import ticks_add, ticks_diff, ticks_ms, ticks_us

import aioschedule
from aioschedule.timer import Timer, timers

from .common import report, warm_up

_SETTING = const(2)  # ms for the setting of a timer, before the first moment comes


class Moments:
    """Counts events; a moment has `count` of them."""

    def __init__(self, count):
        self.count = count
        self.events = self.total = self.first = 0

    def event(self):
        at = self.events % self.count
        self.events += 1
        if at == 0:
            self.first = ticks_us()
        elif at == self.count - 1:
            self.total += ticks_diff(ticks_us(), self.first)

    def ns(self, moments):
        return self.total * 1000 // (moments * (self.count - 1))


async def _managed(count, moments, period):
    await warm_up()
    counted = Moments(count)
    start = ticks_add(ticks_ms(), _SETTING * count)
    for i in range(count):  # not by schedule(), whose clock goes on from one to the next
        timer = Timer("t%03d" % i, counted.event, period, start)
        timer.delay(0)
        timers.insert(timer)
    timers.wake()
    while counted.events < count * moments:
        await asyncio.sleep_ms(period)
    aioschedule.reset()
    report(managed=counted.ns(counted.events // count))


async def _sleep(counted, start, moments, period):
    for _ in range(moments):
        await asyncio.sleep_ms(ticks_diff(start, ticks_ms()))
        counted.event()
        start = ticks_add(start, period)


async def _bare(count, moments, period):
    await warm_up()
    counted = Moments(count)
    start = ticks_add(ticks_ms(), _SETTING * count)
    tasks = [asyncio.create_task(_sleep(counted, start, moments, period)) for _ in range(count)]
    await asyncio.gather(*tasks)
    report(bare=counted.ns(moments))


def managed(count, moments=10, period=100):
    asyncio.run(_managed(count, moments, period))


def bare(count, moments=10, period=100):
    asyncio.run(_bare(count, moments, period))
