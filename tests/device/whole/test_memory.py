"""When memory is gone: nobody is lost who could go on."""
import pytest

HOG = """
held = []
class Hog(Service):
    async def task(self):
        if self.restarts:
            await asyncio.sleep(1000)
        size = 4096
        while size >= 16:
            try:
                held.append(bytearray(size))
            except MemoryError:
                size //= 2
        [bytearray(100)]

class Freer(Service):
    async def task(self):
        await asyncio.sleep_ms(700)
        held.clear()
        await asyncio.sleep(1000)

freer = Freer("freer")
hog = Hog("hog")
hog.restart = {"delay": 0.05}
await add(freer, hog).start([freer, hog])
while hog.restarts == 0 or hog.state != "running":
    await hog.changed()
gc.collect()
print(states(hog, freer), hog.restarts, type(hog.first).__name__ if hog.first else hog.error)
"""


def test_a_service_that_fails_while_all_memory_is_taken_comes_back(lab):
    out = lab("import gc\nfrom aioclass import Service\n" + HOG, timeout=30)
    assert out[-1] == "['running', 'running'] 1 MemoryError"


SHUTDOWN = """
ended = []
class Held(Service):
    async def setup(self):
        pass
    async def task(self):
        await asyncio.sleep(1000)
    async def cleanup(self):
        await asyncio.sleep_ms(1)
        ended.append(self.name)
class Plain(Held):
    def cleanup(self):
        ended.append(self.name)

every = [(Held if i % 2 else Plain)("s%d" % i) for i in range(16)]
ended += [None] * 32
ended.clear()
mgr = add(*every)
await mgr.start(every)
held = [None] * 4000
def fill(left):
    n = 0
    for size in (1024, 64):
        try:
            while True:
                held[n] = bytearray(size)
                n += 1
        except MemoryError:
            pass
    for i in range(left):
        held[i] = None
fill(LEFT)
await mgr.shutdown()
held = None
print(sorted(ended) == sorted([s.name for s in every]), len(ended), states(*every).count("stopped"))
"""


@pytest.mark.parametrize("left", [4, 6, 10, 16])
def test_a_shutdown_with_hardly_any_memory_ends_and_runs_each_cleanup_once(lab, left):
    out = lab("import gc\nfrom aioclass import Service\n" + SHUTDOWN.replace("LEFT", str(left)), timeout=30)
    assert out[-1] == "True 16 16"
