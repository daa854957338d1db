# What nearly every author uses beside the life of a service: its logger, its child tasks, its last error.
# Attributes and methods of Service, loaded when the first of them is used.

from aiobase import group


def anew(fault):
    from aiobase.errors import anew

    return anew(fault)


def log(service):
    """Its logger, tagged with its name; it has `debug()` to `exception()`."""
    import aiolog

    journal = group().log
    if journal is None or hasattr(journal, "put"):
        level = aiolog.level(service.loglevel)
        made = aiolog.Logger(journal, service.name + ".service", level, service)
    else:  # somebody's own, given with set_log()
        from .options import tagged

        made = tagged(service, journal)
    service.log = made
    return made


def add_ctask(service, aioctl, coro, name=None, *args, **kwargs):
    """Starts the child task `<service>.service.<name>`; it stops with its service.

    A second one of that name becomes `name@1`; one that is decorated with aiotask takes the
    place of the first, as in asyncmd.
    """
    from aioctl.jobs import find, spawn

    decorated = hasattr(coro, "function")
    function = coro.function if decorated else coro
    full = "%s.service.%s" % (service.name, name or getattr(function, "__name__", "task"))
    kwargs.pop("_id", None)
    if decorated:  # it does not bind
        args = (service,) + args
        taken = find(full)
        if taken is not None:
            taken.delete()
    return spawn(full, coro, args, kwargs, service)


def children(service):
    """The records of its child tasks, of those that ended too."""
    return [r for r in group().records.values() if r.service is service]


def error(service):
    """The error of its last failure, made anew at each look; None if it is healthy."""
    return service._fault and anew(service._fault)


def first(service):
    """That of the first failure of its series."""
    return service._first_fault and anew(service._first_fault)


