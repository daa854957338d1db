# Gives back what a link that was lost has left on the board: what it had sent, and what it had the board
# load. A deploy takes a quarter of a board's memory.


class _svctl_tidy:
    def now():
        import gc
        import sys

        names = globals()
        task = getattr(names.get("_svctl_modules"), "task", None)
        if task is not None:
            task.cancel()
        for name in list(names):
            if name.startswith("_svctl_") and name not in ("_svctl_holds", "_svctl_tidy"):
                del names[name]
        if "aioservice.manager" in sys.modules:
            sys.modules["aioservice.manager"].manager().release()
        gc.collect()
