# run(): the whole of it, as main.py uses it: boot, init, console, until stopped; then shutdown.

import asyncio

from aioschedule import uptime

from .manager import manager, release

_MOMENT = const(2)  # s
_HINTS = (
    "aioservice.status() shows the services, aioctl.status() the tasks, aioctl.log() the journal;",
    'load("world"), unload("world"), stop("hello"), config("hello", True, 3, 2) act on them;',
    'traceback("dofail") explains a failure. Ctrl-D shuts down.',
)
_DAY = const(86400)  # s; asyncio.sleep() of a week overflows on 32 bits


def run(console="repl", **options):
    """Boots, starts everything, serves the console until it is told to stop, and shuts down.

    `console` names the service that is started last, when the board is up. The other
    options are those of boot() and init().
    """
    mgr = manager()
    ended = False
    try:
        ended = asyncio.run(_main(console, options))
    except KeyboardInterrupt:
        print("\nCtrl-C: shutting down")
    if not ended:
        # A Ctrl-C, or the console dropped the event loop as aiorepl does.
        asyncio.new_event_loop()
        for service in mgr.services.values():
            service.orphan()
        _finish()


def _finish():
    """Runs every cleanup in a fresh event loop; a second Ctrl-C does not skip the rest."""
    mgr = manager()
    try:
        asyncio.run(mgr.shutdown())
    except KeyboardInterrupt:
        asyncio.run(mgr.shutdown())
    _report()


def _report():
    for service in manager().services.values():
        if service.forced:
            print("%s.service did not stop in time" % service.name)


async def _main(console, options):
    from .startup import boot, init

    mgr = manager()
    mgr.quit = asyncio.Event()
    mgr.last = console
    await boot(**{k: v for k, v in options.items() if k != "init_schedule"})
    init(**options)
    await _settled(mgr)
    if console in mgr.services:
        for text in _HINTS:
            print(text)
        mgr.begin([mgr.services[console]])
    else:
        if not mgr.services and not mgr.failed:
            print("no services: put <name>_service.mpy into aioservices/services")
        print("no console; Ctrl-C shuts down")
    release()
    while not mgr.quit.is_set():
        try:  # a loop with nothing due would end
            await asyncio.wait_for(mgr.quit.wait(), _DAY)
        except asyncio.TimeoutError:
            uptime()  # its clock has to be looked at now and then
    await mgr.shutdown()
    _report()
    return True


async def _settled(mgr):
    """Gives the others a moment to come up, so that their lines stand before the prompt."""
    others = [s for s in mgr.services.values() if s.name != mgr.last]
    try:
        await asyncio.wait_for(mgr.outcome(others), _MOMENT)
    except asyncio.TimeoutError:
        pass
