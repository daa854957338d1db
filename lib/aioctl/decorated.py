# Tasks as asyncmd's services write them: decorated with `aiotask`, with hooks for their end among their
# keyword arguments. Loaded with the first one.

import asyncio

from aiobase import is_awaitable, is_interrupt

# What is given for the wrapper, not for the task itself.
_WRAPPER_KEYS = ("on_stop", "on_error", "_id")


class aiotask:
    """Decorates a task.

    It does not bind: whoever runs a service's decorated task passes the service.
    """

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)


def own(kwargs):
    """What of its keyword arguments is for the task itself."""
    return {k: v for k, v in kwargs.items() if k not in _WRAPPER_KEYS}


async def hook(record, error):
    """(result, error) of one that was stopped or failed: what its `on_stop` or `on_error` is or returns."""
    hook = record.kwargs.get("on_stop" if error is None else "on_error", error)
    if not callable(hook):
        return hook, error
    args = record.args if error is None else (error,) + record.args
    try:
        result = hook(*args, **own(record.kwargs))
        return (await result if is_awaitable(result) else result), error
    except asyncio.CancelledError:  # a second stop
        return None, error
    except BaseException as e:
        if is_interrupt(e):
            raise
        return e, error or e
