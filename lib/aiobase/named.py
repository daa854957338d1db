# What has a name: all tasks and services as records, and what a task is the life of.
# Loaded when somebody looks.

from aiobase import group


def records(group):
    """A new dict name -> record: the plain tasks, and each service that was started."""
    found = dict(group.records)
    for service in group.services.values():
        record = service.record
        if record is not None:
            found[record.name] = record
    return found


def owner(task):
    """What a task is the life of: a service or a record; None if it is neither."""
    found = group()
    for service in found.services.values():
        if service._life is task:
            return service
    for record in found.records.values():
        if record.task is task:
            return record
