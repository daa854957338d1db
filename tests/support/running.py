"""A board with a service that fails, and what is typed in a terminal beside it."""
from __future__ import annotations

import os
import select
import time

FAILS = """
from aioclass import Service
class Fails(Service):
    enabled = True
    restart = "no"
    async def task(self):
        raise OSError("no sensor")
service = Fails("fails")
"""


def until(fd: int, text: str, seconds: float = 10) -> str:
    """What came from a terminal until `text` did."""
    seen, end = "", time.monotonic() + seconds
    while text not in seen:
        assert select.select([fd], [], [], max(0, end - time.monotonic()))[0], seen
        seen += os.read(fd, 4096).decode(errors="replace")
    return seen


def running(vm32):
    """A session at the prompt of the project's board, where one more service has failed."""
    vm32.ship()
    vm32.put("aioservices/services/fails_service.py", FAILS)
    session = vm32.session()
    session.expect("--> ")
    return session
