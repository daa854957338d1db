"""When memory is gone: nobody is lost who could go on."""

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
