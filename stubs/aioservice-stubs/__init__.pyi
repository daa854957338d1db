# Types of aioservice for editors and mypy, as docs/aioservice.md has it; no board loads this.
# tests/host/setup/test_stubs.py compares it with lib/.
import builtins
from collections.abc import Generator
from typing import Any

class ServiceError(Exception):
    """The root of all exceptions of the manager."""

class ServiceNotFound(ServiceError):
    """No service of that name; the message names what exists."""

class _Operation:
    """Something under way with a service: may be awaited for its end, or left alone."""

    service: Any
    word: str
    error: BaseException | None

    def __await__(self) -> Generator[Any, Any, None]: ...

async def boot(debug: bool = True, log: Any = None, debug_log: bool = False, config: bool = True,
               groups: Any = None, exclude: Any = None) -> bool:
    """Starts the core services, and what they require, as their requirements allow."""

def init(debug: bool = True, log: Any = None, debug_log: bool = False, config: bool = True,
         init_schedule: bool = True, groups: Any = None, exclude: Any = None) -> None:
    """Starts the enabled runtime and schedule services; returns at once."""

def run(console: str | None = "repl", **options: Any) -> None:
    """Boots, starts everything, serves the console until it is told to stop, and shuts down."""

def load(name: str | None = None, debug: bool = False, log: Any = None, debug_log: bool = False,
         config: bool = False) -> Any:
    """Loads and starts one service with the enabled services it requires, and prints its line."""

def unload(name: str) -> bool:
    """Stops a service and forgets it and its module; True. Its name is free at once."""

def start(name: str) -> _Operation:
    """Starts a service and what it requires; what is not loaded is loaded first."""

def stop(name: str) -> _Operation:
    """Stops a service, after those that require it. The returned object may be awaited."""

def restart(name: str) -> _Operation:
    """Stops a service with those that require it, and brings back exactly those that ran."""

async def shutdown(grace: float | None = None) -> None:
    """Stops everything, dependents before what they require."""

def service(name: str) -> Any:
    """The instance of a service; raises ServiceNotFound, which names what exists.

    An author's own class, which an annotation may name: `hello: Hello = aioservice.service("hello")`.
    """

def config(name: str, enabled: Any = ..., *args: Any, **kwargs: Any) -> bool:
    """Saves settings of a service; True, or False with the reason printed."""

def enable(name: str) -> bool:
    """Lets a service run from the next boot on; True if that could be saved."""

def disable(name: str) -> bool:
    """Keeps a service from running from the next boot on; True if that could be saved."""

def get_config(name: str | None = None) -> dict[str, Any]:
    """The settings of a service as they stand in services.config; all of them, or of a pattern, by name."""

def list() -> None:
    """Prints the repr of each loaded service, one a line."""

def status(name: str | None = None) -> None:
    """Prints one line a service; a name, or a pattern with `*`, picks some."""

def traceback(name: str, rtn: bool = False) -> str | None:
    """Prints the traceback of a service's load or run failure; with rtn returns it as text."""

def snapshot() -> dict[str, Any]:
    """Plain dicts and lists, ready for JSON: all that a tool needs to know."""

def tree(name: str | None = None) -> None:
    """Prints what a service requires, and what that requires; None: from all that nobody requires."""

def chain(name: str | None = None) -> None:
    """Prints what the start of a service waited for: the last of its requirements to come up, and so on."""

def blame() -> None:
    """Prints how long the start of each service took, slowest first, and what it took of the heap."""

def patch(name: str, cls: type) -> None:
    """Has `cls` stand in for a service that is not loaded yet: the real one is never constructed."""

def reload(name: str | None = None) -> _Operation:
    """Imports a service's file anew and restarts it; when that fails, the version that ran goes on."""

def check() -> builtins.list[str]:
    """Prints what is wrong with settings and services, and returns it as a list of lines."""

def mask(name: str) -> bool:
    """Stops a service and holds it back for good, until unmask(); True if that could be saved."""

def unmask(name: str) -> bool:
    """Lets a masked service go; True if that could be saved. load() or start() brings it up."""

def last_boot() -> dict[str, Any]:
    """What the last boot ended with: a dict, of which what is not known is None."""

def resume() -> None:
    """Leaves safe mode: loads and starts what it held back, and prints the lines."""
