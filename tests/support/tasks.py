"""Programs with named tasks, and the lines that they print."""
import re

# What the scripts below share. ms(): so long that everything that is due has run, counted by passes of the loop, as a
# machine that is held up takes its time between any two.
TASKS = """
import asyncio
import aioctl

async def ms(n=20):
    await asyncio.sleep_ms(0)
    for _ in range(n):
        await asyncio.sleep_ms(1)

async def forever(*args, **kwargs):
    while True:
        await asyncio.sleep(1)

async def divide(n=0):
    return 1 / n

async def give(value=None):
    return value

async def brief(n=5):
    await ms(n)
    return n

def names():
    return aioctl.tasks_match("*")

def words(*wanted):
    tasks = aioctl.group().tasks
    return [tasks[name].status() for name in wanted or sorted(tasks)]

def run(main):
    asyncio.run(main())
"""

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d; \d+ s ago"


def lines(vm, code, timeout=20, **kwargs):
    return vm.run(TASKS + code, timeout=timeout, **kwargs).out.splitlines()


def stamped(line):
    return re.sub(STAMP, "<when>", line)
