"""Order, failures and restarts of services on a Pico, and 1,000 s of board time."""
from __future__ import annotations

import ast
import re

SERVICES = "aioservices/services"
CORE = """
import asyncio
from aioclass import Service

class Made(Service):
    enabled = True
    type = "core.service"
    require = %r

    async def task(self):
        await asyncio.sleep_ms(%d)

service = Made("%s")
"""
FAILS = """
import asyncio
from aioclass import Service

class Fails(Service):
    enabled = True
    restart = {"policy": "on-failure", "delay": 60}

    async def setup(self):
        self.runs = getattr(self, "runs", 0) + 1

    async def task(self):
        await asyncio.sleep_ms(100)
        if self.runs < 4:
            raise OSError(113)
        await asyncio.sleep(9999)

service = Fails("fails")
"""
NEEDS = """
from aioclass import Service

class Needs(Service):
    enabled = True
    require = ("fails",)

service = Needs("needs")
"""


USED = "import gc; gc.collect(); print(gc.mem_alloc())"


def used(board) -> int:
    """Bytes of heap in use: the least of a few readings, as the collector takes what lies on the stack for
    references; the first loads what it needs."""
    return min([int(board.run(USED)) for _ in range(4)][1:])


def look(board) -> tuple[int, int, str, int]:
    """How many greetings there were, the ticks, the log of world, and the heap in use. What time counts in is asked
    at the console, and first: while a host is attached no service runs."""
    count, ticks = ast.literal_eval(board.line("import time; aioservice.service('hello').count, time.ticks_ms()"))
    return count, ticks, board.line("aioctl.log('*world*')"), used(board)


def test_core_services_start_in_the_order_of_their_requirements(pico, tmp_path):
    # The one that starts last has the name that comes first, and no delay.
    chain = [("d_net", (), 300), ("c_clock", ("d_net",), 200), ("b_store", ("c_clock", "hello_core"), 100),
             ("a_last", ("b_store",), 0)]
    pico.put(tmp_path, {f"{SERVICES}/{name}_service.py": CORE % (require, ms, name) for name, require, ms in chain})
    pico.power()
    text = pico.up()
    ours = [name for name in re.findall(r"\[ OK \] Service: (\w+)\.service", text) if name in dict(
        (row[0], row) for row in chain)]
    assert ours == [name for name, _, _ in chain]
    # Runtime services came behind all of them.
    assert text.index("a_last.service") < text.index("hello.service")
    assert all(name in pico.line('aioservice.tree("a_last")') for name, _, _ in chain)


def test_a_failing_service_is_restarted_and_blocks_only_those_that_require_it(pico, tmp_path):
    pico.put(tmp_path, {f"{SERVICES}/fails_service.py": FAILS, f"{SERVICES}/needs_service.py": NEEDS})
    pico.power()
    pico.up()
    # It fails three times, and is restarted a minute after each.
    pico.passes(2)
    text = pico.line('aioservice.status("fails")')
    # The firmware adds the error's name to its number, the unix port does not.
    assert re.search(r"\[ FAIL \] Service: fails\.service .* failed: OSError: .*113.*; restart in \d+ s", text), text
    assert "[ OK ] Service: hello.service" in pico.line('aioservice.status("hello")')
    assert "OSError" in pico.line('aioservice.traceback("fails")')
    pico.passes(185)
    assert pico.line('s = aioservice.service("fails"); s.state, s.restarts, s.runs') == "('running', 3, 4)\n"
    assert "[ OK ] Service: needs.service" in pico.line('aioservice.status("needs")')


def test_a_service_that_takes_all_memory_ends_alone(pico, tmp_path):
    pico.put(tmp_path, {f"{SERVICES}/greedy_service.py": """
from aioclass import Service

class Greedy(Service):
    enabled = True
    restart = "no"

    async def task(self):
        self.held = []
        while True:
            self.held.append(bytes(1000))

    async def cleanup(self):
        self.held = None

service = Greedy("greedy")
"""})
    pico.power()
    pico.up()
    assert "greedy.service" in pico.line('aioservice.status("greedy")') and "MemoryError" in pico.line(
        'aioservice.traceback("greedy")')
    before = pico.value("aioservice.service('hello').count")
    pico.passes(10)
    assert pico.value("aioservice.service('hello').count") >= before + 2


def test_a_thousand_seconds_of_services_grow_no_heap_and_do_not_drift(pico):
    # After a minute the journal has been written over, and the boot's guard has given its memory back.
    pico.passes(60)
    for _ in range(4):  # then all that this uses is loaded, and the console's history of ten lines is full
        look(pico)
    count, ticks, _, heap = look(pico)
    pico.passes(1000)
    count_after, ticks_after, log, heap_after = look(pico)
    assert heap_after - heap <= 64, (heap, heap_after)
    seconds = (ticks_after - ticks) / 1000
    assert seconds >= 1000
    assert abs((count_after - count) - 2 * seconds / 5) <= 2
    stamps = [int(stamp) for stamp in re.findall(r"\[ *(\d+) s\] \[INFO\] \[world\.service\]", log)]
    assert stamps and all(stamp % 10 == 1 for stamp in stamps), log
