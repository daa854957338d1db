# What a board is, and whether its manager runs. A generator for pump.py.


class _svctl_about:
    def board():
        """Yields objects that make one: see the keys. Bytes and seconds; what is not known is None."""
        import gc
        import os
        import sys

        about = sys.implementation
        yield ...
        gc.collect()
        yield ...
        free = gc.mem_free()
        yield ...
        yield {"heap_free": free, "heap": free + gc.mem_alloc()}
        yield ...
        found = {
            "name": about.name,
            "version": ".".join([str(n) for n in about.version[:3]]),
            "machine": getattr(about, "_machine", sys.platform),
            "mpy": getattr(about, "_mpy", None),
            "platform": sys.platform,
            "flash_block": None,
            "flash_free": None,
            "flash": None,
            "manager": False,
            "uptime": None,
            "fault": None,
        }
        yield found
        yield ...
        try:
            stat = os.statvfs(os.getcwd())
            block = stat[1] or stat[0]
            yield {"flash_block": block, "flash_free": block * stat[3], "flash": block * stat[2]}
        except OSError:
            pass
        if "aioservice.manager" in sys.modules:
            import asyncio

            runs = asyncio.core.cur_task is not None  # else its loop has ended
            fault = sys.modules["aioservice.manager"].manager().fault
            yield {"manager": runs, "uptime": sys.modules["aioschedule"].uptime(), "fault": fault}
