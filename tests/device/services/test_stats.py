"""The stats service on the simulated board."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

from support.shipped import EAR


def test_stats(board):
    board.use("stats", every=0.3)
    out = board.run(EAR + """
await up()
stats = service("stats")
stats.log = Ear()
await asyncio.sleep_ms(200)
stats.stats()
await asyncio.sleep_ms(100)
quiet = stats.stats()
print(sorted(quiet), quiet["load"] < 40, quiet["heap_free"] > 50000, quiet["flash_size"] >= quiet["flash_free"] > 0)
begun = sim.now()
busy = 0
while sim.now() < begun + 200:  # about half of the time the loop is busy, as others let it, in ten steps
    step = sim.now()
    while sim.now() < step + 10: pass
    busy += sim.now() - step
    await asyncio.sleep_ms(10)
off = stats()["load"] - 100 * busy / (sim.now() - begun)
begun = sim.now()
while sim.now() < begun + 100: pass
print(-20 < off < 20, stats.stats()["load"] > 85, len(heard) in (1, 2), heard[-1][:12])
heard.clear()
await until(lambda: heard)  # by itself, as `every` says
server = await asyncio.start_server(print, "127.0.0.1", 0)  # sockets still work
queue = asyncio.core._io_queue
print(queue.poller is stats.load)
await aioservice.stop("stats")
server.close()
await server.wait_closed()
print(hasattr(queue.poller, "idle"), stats.stats()["load"])
""")
    assert out.splitlines() == [
        "['flash_free', 'flash_size', 'heap_free', 'heap_used', 'load', 'uptime'] True True True",
        "True True True up 0 s, load", "True", "False None"]


def test_stats_beside_the_profiler(board):
    """Both look at the loop: whichever begins or ends first leaves the other at work."""
    board.use("stats")
    out = board.run("""
await up()
async def load():
    service("stats").stats()
    await asyncio.sleep_ms(150)
    return service("stats").stats()["load"] < 60
aioctl.profile(True)
from aioctl import profiler
await asyncio.sleep_ms(5)
print(await load(), profiler.figures()["steps"] > 0)
await aioservice.stop("stats")
await asyncio.sleep_ms(5)
aioservice.start("stats")
await until(lambda: states()["stats"] == "running")
print(await load(), profiler.figures()["steps"] > 5)
aioctl.profile(False)
print(await load())
""")
    assert out == "True True\nTrue True\nTrue\n"
