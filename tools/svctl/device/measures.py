# What `svctl test-board` measures on a board. Functions print their figures in JSON; what takes its time runs
# in a task, of which poll() tells.


class _svctl_measures:
    found = None

    def sink(text):
        """Takes a text, and does nothing."""

    def flood(size):
        print("x" * size)

    def ticks():
        import time

        print(time.ticks_ms())

    def clock():
        import time

        print(time.time())

    def flash(size):
        """Prints [ms to write so many bytes, to read them]; raises OSError where they read back different."""
        import os
        import time

        piece = bytes(range(256)) * 2
        begin = time.ticks_ms()
        with open("boardcheck.new", "wb") as file:
            for _ in range(0, size, 512):
                file.write(piece)
        middle = time.ticks_ms()
        wrong = False
        with open("boardcheck.new", "rb") as file:
            for _ in range(0, size, 512):
                wrong = file.read(512) != piece or wrong
        end = time.ticks_ms()
        os.remove("boardcheck.new")
        if wrong:
            raise OSError("what was written reads back different")
        print([time.ticks_diff(middle, begin), time.ticks_diff(end, middle)])

    def files():
        """Prints [what stands in a file that is open for writing over and not closed, what does when another
        was renamed over it, whether that one is gone then]."""
        import json
        import os

        def write(path, text):
            with open(path, "w") as file:
                file.write(text)

        def read(path):
            with open(path) as file:
                return file.read()

        write("boardcheck.old", "old")
        with open("boardcheck.old", "w") as file:
            file.write("torn")
            before = read("boardcheck.old")
        write("boardcheck.old", "old")
        write("boardcheck.new", "new")
        try:
            os.rename("boardcheck.new", "boardcheck.old")
        except OSError:  # FAT: no rename over a file
            pass
        found = [before, read("boardcheck.old"), "boardcheck.new" not in os.listdir()]
        for name in ("boardcheck.new", "boardcheck.old"):
            try:
                os.remove(name)
            except OSError:
                pass
        print(json.dumps(found))

    def guest():
        import sys

        return sys.modules["aioservice.manager"].manager().services["boardcheck"]

    def look():
        """Prints [beats, s that it stays, restarts, state, version] of the guest, and has it stay."""
        import json

        guest = _svctl_measures.guest()
        guest.left = 120
        print(json.dumps([guest.beats, guest.left, guest.restarts, guest.state, guest.version]))

    def have(name, value):
        """Sets something of the guest."""
        setattr(_svctl_measures.guest(), name, value)

    def tell(word):
        _svctl_measures.guest().tell(word)

    def begin(name, *args):
        """Starts what takes its time."""
        import asyncio

        async def work():
            try:
                _svctl_measures.found = await getattr(_svctl_measures, name)(*args)
            except Exception as error:
                _svctl_measures.found = repr(error)

        _svctl_measures.found = None
        asyncio.create_task(work())

    def poll():
        """Prints what came of it; null where it goes on."""
        import json

        print(json.dumps(_svctl_measures.found))

    async def loop(count, ms):
        """[ms that the latest of so many turns was late, ms that the last one was]."""
        import asyncio
        import time

        begin = time.ticks_ms()
        worst = late = 0
        for number in range(1, count + 1):
            due = time.ticks_add(begin, number * ms)
            await asyncio.sleep_ms(max(0, time.ticks_diff(due, time.ticks_ms())))
            late = time.ticks_diff(time.ticks_ms(), due)
            worst = max(worst, late)
        return [worst, late]

    async def timer(ms, count):
        """How often a timer of the chip called in the time of so many calls; -1 where there is none."""
        import asyncio

        from machine import Timer

        calls = [0]

        def call(_):
            calls[0] += 1

        for number in (-1, 3, 1):
            try:
                timer = Timer(number)
                timer.init(mode=Timer.PERIODIC, period=ms, callback=call)
            except Exception:
                continue
            await asyncio.sleep_ms(count * ms + ms // 2)
            timer.deinit()
            return calls[0]
        return -1

    async def cycle(count):
        """[bytes of heap that so many unloads and loads of the guest took, what was in use before]."""
        import asyncio

        import aioservice

        mgr = __import__("aioservice.manager", None, None, ("x",)).manager()
        used = 0
        for number in range(count + 3):
            if number == 3:  # by then all that this takes is there
                used = _svctl_measures.used()
            aioservice.unload("boardcheck")
            aioservice.load("boardcheck")  # which waits for the end of that
            while "boardcheck" not in mgr.services or mgr.services["boardcheck"].state != "running":
                await asyncio.sleep_ms(10)
        return [_svctl_measures.used() - used, used]

    def used():
        import gc

        found = []
        for _ in range(3):
            gc.collect()
            found.append(gc.mem_alloc())
        return min(found)

    def reset():
        import machine

        print("resets")
        machine.reset()

    def hang(ms):
        """Arms the hardware watchdog, and blocks; prints a line before."""
        import machine

        machine.WDT(timeout=ms)
        print("hangs")
        while True:
            pass
