# run(): the whole of it, as main.py uses it: boot, init, console, until stopped; then shutdown.
# Its frames stay as long as the board runs, so what only the start needs is in bringup.

import asyncio

from aioctl.core import group
from aioschedule import uptime

from .manager import manager

_DAY = const(86400)  # s; asyncio.sleep() of a week overflows on 32 bits


def run(console="repl", **options):
    """Boots, starts everything, serves the console until it is told to stop, and shuts down.

    `console` names the service that is started last, when the board is up. The other
    options are those of boot() and init().
    """
    mgr = manager()
    ended = False
    try:
        ended = asyncio.run(main(console, options))
    except KeyboardInterrupt:
        print("\nCtrl-C: shutting down")
    if not ended:
        # A Ctrl-C, or the console dropped the event loop as aiorepl does.
        asyncio.new_event_loop()
        _orphan(mgr)
        _finish()


def _orphan(mgr):
    """With the event loop every task is gone: only the tear-down is left. Imports nothing."""
    for service in mgr.services.values():
        service._life = service._event = None
        service._asked = False
    for record in group().records.values():
        if record.service is not None:
            record.lose()


def _finish():
    """Runs every cleanup in a fresh event loop; a second Ctrl-C does not skip the rest."""
    mgr = manager()
    try:
        asyncio.run(mgr.shutdown())
    except KeyboardInterrupt:
        asyncio.run(mgr.shutdown())
    _report()


def _report():
    try:  # what comes now was asked for
        from .masks import _guard

        _guard("ended")
    except Exception as e:  # nothing of what ran depends on it
        print("aioguard:", e)
    for service in manager().services.values():
        if service.forced:
            print("%s.service did not stop in time" % service.name)


async def main(console, options):
    mgr = manager()
    mgr.quit = asyncio.Event()
    mgr.last = console
    await mgr.bring_up(options)  # not imported here: its frame would stay as long as this one
    while not mgr.quit.is_set():
        try:  # a loop with nothing due would end
            await asyncio.wait_for(mgr.quit.wait(), _DAY)
        except asyncio.TimeoutError:
            uptime()  # its clock has to be looked at now and then
    await mgr.shutdown()
    _report()
    return True
