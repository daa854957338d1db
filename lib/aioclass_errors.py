# The exceptions of the manager. Loaded with the first one that is raised or caught.


class ServiceError(Exception):
    """The root of all exceptions of the manager."""


class ServiceNotFound(ServiceError):
    """No service of that name; the message names what exists."""


class LoadError(ServiceError):
    """A service's file does not give a service; the message says why."""


class SettingsError(ServiceError):
    """A service's entry in services.config cannot be used; the message names the key."""
