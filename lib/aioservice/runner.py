# run(): the whole of it, as main.py uses it: boot, init, console, until stopped; then shutdown.
# Its frames stay as long as the board runs, so what only the start needs is in bringup.

import asyncio
import sys

from aiobase import group, is_interrupt, loop
from aioschedule import uptime

from .manager import manager

_DAY = const(86400)  # s; asyncio.sleep() of a week overflows on 32 bits
_MINUTE = const(60)  # s: a loop that lasted as long was healthy; and the longest pause before the next
_TRIES = const(3)


def run(console="repl", **options):
    """Boots, starts everything, serves the console until it is told to stop, and shuts down.

    `console` names the service that is started last, when the board is up. The other
    options are those of boot() and init(). Where the event loop ends for another reason, as
    by a lack of memory in itself, it says so, runs every cleanup, and starts all anew.
    """
    mgr = manager()
    error = None
    again = ()
    delay = 0
    while True:
        begun = uptime()
        work = main(console, options, error, again, delay)
        error = again = None  # it lasts as long as the board runs
        try:
            if asyncio.run(work):
                return
            error = RuntimeError("it was dropped")
        except BaseException as e:
            error = e
            if loop[0] or not mgr.found and not is_interrupt(e):  # refused, or nothing has come up
                raise
        asyncio.new_event_loop()
        again = _orphan(mgr)
        if loop[1] or is_interrupt(error):
            break
        delay = 1 if uptime() - begun > _MINUTE + delay else min(max(delay * 2, 1), _MINUTE)
    if not loop[1]:
        print("\nCtrl-C: shutting down")
    _finish()


def _orphan(mgr):
    """With the event loop every task is gone: only the tear-down is left. Imports nothing.

    Returns the services that are not meant to be at rest.
    """
    for name in mgr.leaving:  # its unload will not end
        mgr.services[name] = mgr.leaving[name].service
    again = []
    for service in mgr.services.values():
        service._life = service._event = None
        service._asked = False
        if service.state not in ("init", "stopped", "masked") and service.name not in mgr.leaving:
            again.append(service)
    for record in group().records.values():
        if record.done_at is None:
            record.lose()
    mgr._dirty.clear()
    mgr.stopping.clear()
    mgr.coming.clear()
    mgr._event = None
    return again


def _finish():
    """Runs every cleanup in a fresh event loop; a second Ctrl-C does not skip the rest."""
    for _ in range(_TRIES):
        try:
            asyncio.run(manager().shutdown())
            break
        except BaseException as e:
            print(type(e).__name__)
    _report()


def _report():
    try:  # what comes now was asked for
        from aioboot import ask

        ask("ended")
    except Exception as e:  # nothing of what ran depends on it
        print("aioboot:", e)
    for service in manager().services.values():
        if service.forced:
            print("%s.service did not stop in time" % service.name)


async def main(console, options, error, again, delay):
    mgr = manager()
    mgr.last = console
    if error is not None:
        mgr.quit = None  # what it tells when all have stopped is not meant
        if "aioboot.watchdog" in sys.modules:
            sys.modules["aioboot.watchdog"].begin(mgr)
        await mgr.shutdown()
        await mgr.anew(error, again, delay)
        error = again = None
    mgr.quit = asyncio.Event()
    await mgr.bring_up(options)  # not imported here: its frame would stay as long as this one
    while not mgr.quit.is_set():
        try:  # a loop with nothing due would end
            await asyncio.wait_for(mgr.quit.wait(), _DAY)
        except asyncio.TimeoutError:
            uptime()  # its clock has to be looked at now and then
    await mgr.shutdown()
    _report()
    return True
