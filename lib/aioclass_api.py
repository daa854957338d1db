# What nearly every service uses beside its life: its logger and its last error. Attributes of
# aioclass.Service, loaded when the first of them is used.

from aioctl.core import group


def anew(fault):
    from aioclass_errors import anew

    return anew(fault)


def log(service):
    """Its logger, tagged with its name; it has `debug()` to `exception()`."""
    import aiolog

    journal = group().log
    if journal is None or hasattr(journal, "put"):
        level = aiolog.level(service.loglevel)
        made = aiolog.Logger(journal, service.name + ".service", level, service)
    else:  # somebody's own, given with set_log()
        made = tagged(service, journal)
    service.log = made
    return made


def error(service):
    """The error of its last failure, made anew at each look; None if it is healthy."""
    return service._fault and anew(service._fault)


def first(service):
    """That of the first failure of its series."""
    return service._first_fault and anew(service._first_fault)


def tagged(service, log):
    """A logger that writes to `log`, tagged with the service's name, as asyncmd's services like it."""
    from aioctl.tagged import Tagged

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
