# Loads modules one at a time, in a task, so that the services have their turn in between: loading one takes
# a slow board up to 45 ms, without a collection of garbage. What cannot be loaded is left to who needs it.


class _svctl_modules:
    task = None

    def load(*names):
        import asyncio
        import gc
        import sys

        def bring(name):
            try:
                __import__(name, None, None, ("x",))
            except (ImportError, AttributeError):
                pass

        async def work():
            for name in names:
                if name not in sys.modules:
                    await asyncio.sleep_ms(0)
                    gc.collect()  # a step of its own
                    await asyncio.sleep_ms(0)
                    bring(name)
            _svctl_modules.task = None

        if "aioservice.manager" not in sys.modules:
            return  # nothing of it may be loaded by a look
        if asyncio.core.cur_task is not None:  # else its loop has ended
            _svctl_modules.task = asyncio.create_task(work())

    def poll():
        """Prints whether it is done."""
        print(1 if _svctl_modules.task is None or _svctl_modules.task.done() else 0)
