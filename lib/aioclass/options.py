# What few services have beside their task: callbacks of their start and stop, a logger of somebody's own.
# Methods of Service, loaded when the first of them is used.

from time import ticks_add, ticks_ms

from aiobase import group


def add_callback(service, kind, callback):
    """Adds a function to run at "start" (after setup) or "stop" (before cleanup), in order."""
    if kind not in ("start", "stop"):
        raise ValueError('a callback is for "start" or "stop", not %r' % (kind,))
    if service._callbacks is None:
        service._callbacks = []
    service._callbacks.append((kind, callback))


async def call_back(service, kind, end=None):
    """Runs the callbacks of that kind; one that fails does not skip the others.

    `end`: the ticks by which they have to be done; None: in start_timeout from now.
    """
    if end is None:  # not the caller's to compute: its frame lives as long as the service
        end = ticks_add(ticks_ms(), int(service.start_timeout * 1000))
    if isinstance(service._callbacks, list):  # asyncmd's MQTT service has a dict of its own there
        for each, callback in service._callbacks:
            if each == kind:
                await service._step(kind + " callback", end, callback)


def tagged(service, log):
    """A logger that writes to `log`, tagged with the service's name, as asyncmd's services like it."""
    from aiolog.tagged import Tagged

    return Tagged(log, service.name + ".service", service.loglevel, service)


def add_logger(service, log, level=None, service_logger=False):
    """Uses `log` for this service (None: the journal).

    With service_logger lines are tagged with the service's name, and its level may be set.
    """
    if service_logger or log is None:
        log = tagged(service, log or group().log)
        if level is not None:
            log.setLevel(level)
    service.log = log
