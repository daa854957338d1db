# A service as one of aioctl's records; loaded when somebody looks.

from aiobase import group
from aioctl.jobs import ENDED


class Record:
    """A service as one of aioctl's records; made when somebody looks."""

    def __init__(self, service):
        state = service.state
        self.service = service
        self.name = service.name + ".service"
        self.coro = service.task
        self.args = service.args
        self.since = service.since
        self.task = service._life or ENDED
        self._fault = service._fault
        self.result = service.result
        self.cancelled = state == "stopped"
        ended = state in ("done", "failed", "stopped", "blocked", "restarting")
        self.done_at = service.since if ended else None

    @property
    def error(self):
        """The service's, made anew at each look."""
        return self.service.error

    @property
    def kwargs(self):
        """The service's own, to be changed for its next start."""
        service = self.service
        if service.kwargs is type(service).kwargs:
            service.kwargs = dict(service.kwargs)  # not for the whole class
        return service.kwargs

    def status(self):
        """The service's state."""
        return self.service.state

    def start(self):
        """Starts the service; one that is being stopped is started when it has."""
        service = self.service
        if service.manager is None:
            if not service.is_active():
                service._fault = service._first_fault = None
                service.delay = service.series = 0
                service.begin()
        elif service._asked:
            service.manager.restart([service])
        else:
            service.manager.start([service])

    def stop(self):
        """Asks the service to stop, after those that require it."""
        service = self.service
        manager = service.manager
        if manager is not None and (manager.coming or len(manager.dependents([service])) > 1):
            manager.stop([service])
        else:  # at once, so that a start that follows knows of it
            service.ask()

    def delete(self):
        """Unloads the service."""
        service = self.service
        if service.manager is not None:
            service.manager.forget(service)
        else:
            service.ask()
            group().services.pop(service.name, None)
