"""What ends the loop or asks for another one, and what waits for a text in the journal."""

# Waits until a text stands in the journal that often.
TOLD = """
async def told(text, count=1):
    from aiobase import group
    while len([line for line in group().log.lines() if text in line[4]]) < count:
        await asyncio.sleep_ms(1)

"""
REFUSED = "RuntimeError: the loop runs already; await it instead"
TICK = """
import asyncio
from aioclass import Service

class Tick(Service):
    enabled = True
    beats = 0

    async def setup(self):
        print("valve open")

    async def task(self):
        while True:
            self.beats += 1
            await asyncio.sleep_ms(5)

    async def cleanup(self):
        print("valve closed")

service = Tick("tick")
"""
MAIN = TOLD + """
import aioctl, aioservice, asyncio

async def main():
    await aioservice.boot()
    aioservice.init(debug=False)
    await told({told!r}) if {told!r} else None
    tick = aioservice.service("tick")
    was = tick.beats
    while tick.beats < was + 2:
        await asyncio.sleep_ms(1)
    await aioservice.shutdown()
    aioctl.log()
    aioservice.status()
    aioservice.traceback("it")

asyncio.run(main())
"""
# A stand-in for micropython-lib's aiorepl, as far as its Ctrl-D goes: it drops the event loop.
AIOREPL = """
import asyncio, sys

async def task(g=None, prompt="--> "):
    sys.stdout.write("aiorepl here\\n" + prompt)
    stream = asyncio.StreamReader(sys.stdin)
    while await stream.read(1) != "\\x04":
        pass
    asyncio.new_event_loop()
"""
