# The exceptions of the manager, and how an error is made anew of what is kept of it.
# Loaded with the first one that is raised or caught.


class ServiceError(Exception):
    """The root of all exceptions of the manager."""


class ServiceNotFound(ServiceError):
    """No service of that name; the message names what exists."""


class LoadError(ServiceError):
    """A service's file does not give a service; the message says why."""


class SettingsError(ServiceError):
    """A service's entry in services.config cannot be used; the message names the key."""


def anew(kept):
    """A fresh error of what aiobase.kept_of() has kept of one; ServiceError if its class makes none."""
    if kept is None:
        return None
    if isinstance(kept, type):
        kept = kept, kept.__name__, ()
    cls, told, value = kept[:3]
    if value is None:
        value = told[len(cls.__name__) + 2 :]
    try:
        made = cls() if value == () else cls(value)
        if isinstance(made, cls):
            return made
    except BaseException:  # an author's own class
        pass
    return ServiceError(told)
