# Whether the console's raw mode holds the services up, as aiorepl's does and aioconsole's does not: a task
# that is started by one command has had its turn before the next, or has not. And what else a link has to
# know.


class _svctl_holds:
    task = None

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
        """Prints [it, of the time since; whether a deploy lies there; the manager's fault, cut; whether a
        lost link has left something]."""
        import json
        import os
        import sys

        fault = None
        if "aioservice.manager" in sys.modules:
            fault = sys.modules["aioservice.manager"].manager().fault
        found = _svctl_holds.task is not None and not _svctl_holds.task.done()
        left = [name for name in globals() if name.startswith("_svctl_") and name != "_svctl_holds"]
        print(json.dumps([found, "deploy.switch" in os.listdir(), fault and fault[:300], bool(left)]))
