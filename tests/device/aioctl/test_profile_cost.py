"""aioctl.profile(): the memory that it takes and gives back, on the real VM."""
from support.profiled import PRELUDE


def test_off_gives_back_all_memory(lab):
    """Exactly, but for the names that its first use has left: a leak would show in each round."""
    out = lab(PRELUDE + """
async def spin():
    for _ in range(100):
        await asyncio.sleep_ms(0)
a = Lab("a")
await add(a).start([a])
async def cycle():
    aioctl.profile(True)
    await asyncio.gather(*[spin() for _ in range(10)])
    await aioservice.restart("a")
    aioctl.add(spin, name="s")
    while aioctl.group().tasks["s"].done_at is None:
        await asyncio.sleep_ms(1)
    aioctl.profile()
    aioctl.profile(False)
    aioctl.delete("s"); seen()
    for _ in range(3):
        await asyncio.sleep_ms(1)
        gc.collect()
    return gc.mem_alloc()
await cycle()
used = []
for _ in range(6):
    used.append(await cycle())
print("used", max(0, min([used[i + 1] - used[i] for i in range(5)])), used)
""")
    assert out[-1].startswith("used 0 "), out[-1]


def test_while_off_nothing_of_it_is_there(lab):
    out = lab(PRELUDE + """
a = Lab("a")
await add(a).start([a])
print("aioctl.profiler" in sys.modules, aioservice.snapshot().get("profile", "no"))
aioctl.profile()
print("aioctl.profiler" in sys.modules)
""")
    assert out == ["False no", "profile: off; aioctl.profile(True) begins one", "False"]


def test_measuring_allocates_nothing(lab):
    out = lab(PRELUDE + """
import micropython
aioctl.profile(True)
async def spin(n):
    for _ in range(n):
        await asyncio.sleep_ms(0)
async def nap():
    for _ in range(100):
        await asyncio.sleep_ms(1)
tasks = [asyncio.create_task(spin(3000)), asyncio.create_task(nap())]
await asyncio.sleep_ms(5)
micropython.heap_lock()
await asyncio.sleep_ms(10)
time.sleep_ms(1100)
await asyncio.sleep_ms(10)
micropython.heap_unlock()
print(row("all_of_it")["us"] > 1098000, figures()["worst"]["cause"], row("spin")["steps"] > 20)
""")
    assert out == ["True all_of_it True"]


def test_short_of_memory_the_loop_goes_on(lab):
    """Tasks that cannot be noted are counted together; none is lost."""
    out = lab(PRELUDE + """
import micropython
aioctl.profile(True)
ran = []
async def one():
    ran.append(1)
made = [one() for _ in range(3)]
tasks = [asyncio.create_task(each) for each in made]
ran.extend([0] * 8); del ran[:]
micropython.heap_lock()
await asyncio.sleep_ms(2)
micropython.heap_unlock()
print(len(ran), steps("(others)"))
""")
    assert out == ["3 3"]
