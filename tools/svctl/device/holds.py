# What a link begins with. Whether the console's raw mode holds the services up, as aiorepl's does and
# aioconsole's does not: a task that is started by one command has had its turn before the next, or has not.
# And what a link that was lost has left there goes, as a deploy takes a quarter of a board's memory.


class _svctl_holds:
    task = None

    def tidy():
        """Gives back what a lost link has left."""
        import gc
        import sys

        names = globals()
        left = [name for name in names if name.startswith("_svctl_") and name != "_svctl_holds"]
        task = getattr(names.get("_svctl_modules"), "task", None)
        if task is not None:
            task.cancel()
        for name in left:
            del names[name]
        if left:
            if "aioservice.manager" in sys.modules:
                sys.modules["aioservice.manager"].manager().release()
            gc.collect()

    def begin():
        """Starts one that ends at its first turn, if a loop runs."""
        import sys

        if "asyncio.core" in sys.modules:
            asyncio = __import__("asyncio")
            if asyncio.core.cur_task is not None:
                event = asyncio.Event()
                event.set()
                _svctl_holds.task = asyncio.create_task(event.wait())

    def answer():
        """Prints [it, of the time since; whether a deploy lies there; the manager's fault, cut]."""
        import json
        import os
        import sys

        fault = None
        if "aioservice.manager" in sys.modules:
            fault = sys.modules["aioservice.manager"].manager().fault
        found = _svctl_holds.task is not None and not _svctl_holds.task.done()
        print(json.dumps([found, "deploy.switch" in os.listdir(), fault and fault[:300]]))
