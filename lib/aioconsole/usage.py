# What `?name` says at the prompt, a line a function; loaded for one look.
# Made from the docstrings by python3 -m tools.docs.usage

LINES = (
    'await aioservice.boot(debug=True, log=None, debug_log=False, config=True, groups=None, exclude=None): Starts the core services, and what they require, as their requirements allow.',  # noqa
    'aioservice.init(debug=True, log=None, debug_log=False, config=True, init_schedule=True, groups=None, exclude=None): Starts the enabled runtime and schedule services; returns at once.',  # noqa
    "aioservice.run(console='repl', **options): Boots, starts everything, serves the console until it is told to stop, and shuts down.",  # noqa
    'aioservice.load(name=None, debug=False, log=None, debug_log=False, config=False): Loads and starts one service with the enabled services it requires, and prints its line.',  # noqa
    'aioservice.unload(name): Stops a service and forgets it and its module; True. Its name is free at once.',  # noqa
    'aioservice.start(name): Starts a service and what it requires; what is not loaded is loaded first.',  # noqa
    'aioservice.stop(name): Stops a service, after those that require it. The returned object may be awaited.',  # noqa
    'aioservice.restart(name): Stops a service with those that require it, and brings back exactly those that ran.',  # noqa
    'await aioservice.shutdown(grace=None): Stops everything, dependents before what they require.',  # noqa
    'aioservice.service(name): The instance of a service; raises ServiceNotFound, which names what exists.',  # noqa
    'aioservice.config(name, enabled=..., *args, **kwargs): Saves settings of a service; True, or False with the reason printed.',  # noqa
    'aioservice.enable(name): Lets a service run from the next boot on; True if that could be saved.',  # noqa
    'aioservice.disable(name): Keeps a service from running from the next boot on; True if that could be saved.',  # noqa
    'aioservice.get_config(name=None): The settings of a service as they stand in services.config; all of them, or of a pattern, by name.',  # noqa
    'aioservice.list(): Prints the repr of each loaded service, one a line.',  # noqa
    'aioservice.status(name=None): Prints one line a service; a name, or a pattern with `*`, picks some.',  # noqa
    "aioservice.traceback(name, rtn=False): Prints the traceback of a service's load or run failure; with rtn returns it as text.",  # noqa
    'aioservice.snapshot(): Plain dicts and lists, ready for JSON: all that a tool needs to know.',  # noqa
    'aioservice.tree(name=None): Prints what a service requires, and what that requires; None: from all that nobody requires.',  # noqa
    'aioservice.chain(name=None): Prints what the start of a service waited for: the last of its requirements to come up, and so on.',  # noqa
    'aioservice.blame(): Prints how long the start of each service took, slowest first, and what it took of the heap.',  # noqa
    'aioservice.patch(name, cls): Has `cls` stand in for a service that is not loaded yet: the real one is never constructed.',  # noqa
    "aioservice.reload(name=None): Imports a service's file anew and restarts it; when that fails, the version that ran goes on.",  # noqa
    'aioservice.check(): Prints what is wrong with settings and services, and returns it as a list of lines.',  # noqa
    'aioservice.mask(name): Stops a service and holds it back for good, until unmask(); True if that could be saved.',  # noqa
    'aioservice.unmask(name): Lets a masked service go; True if that could be saved. load() or start() brings it up.',  # noqa
    'aioservice.last_boot(): What the last boot ended with: a dict, of which what is not known is None.',  # noqa
    'aioservice.resume(): Leaves safe mode: loads and starts what it held back, and prints the lines.',  # noqa
    'aioctl.add(coro, *args, name=None, _id=None, **kwargs): Starts a task: an async function with its arguments, or a coroutine.',  # noqa
    'aioctl.group(): The group of all tasks; `group().tasks` are their records by name.',  # noqa
    'aioctl.tasks(): The asyncio tasks that run now: a list for asyncio.gather().',  # noqa
    'aioctl.delete(*names): Stops tasks and forgets them; a service is unloaded.',  # noqa
    'aioctl.start(name): Starts what ended, or a service, again; does nothing where it runs. False: no such task.',  # noqa
    'aioctl.stop(name=None, stop_sch=True): Stops tasks and services by name or pattern (None: all). False: no such task.',  # noqa
    "aioctl.tasks_match(pattern='*'): The sorted names of tasks and services that fit a pattern; `*` is a wildcard.",  # noqa
    "aioctl.debug(): Turns the debug mode of `status` on, or off again; on it also counts the tasks that are nobody's.",  # noqa
    'aioctl.result(name=None): The result of a task that ended, which is the error of one that failed; None while it runs.',  # noqa
    'aioctl.result_all(as_dict=False): Prints the results of all tasks, or returns {name: result}.',  # noqa
    "aioctl.status(name=None, log=True, debug=False, indent='    '): Prints a line for each task, or for those that a name or pattern picks.",  # noqa
    "aioctl.traceback(name=None, rtn=False, indent='', file=None): Prints the tracebacks of tasks that failed; with rtn tells whether there is one.",  # noqa
    "await aioctl.follow(pattern='', level=None, file=None, journal=None, name=None, last=None): Prints what log() would, and then the lines that come, until it is cancelled.",  # noqa
    'aioctl.journal(): The journal, or None: an aiolog.Journal, a target of print(file=…).',  # noqa
    "aioctl.log(pattern='', level=None, last=None, file=None, journal=None, name=None): Prints the lines in which `pattern` occurs, of `level` and above; the `last` n of them.",  # noqa
    'aioctl.set_log(log): Makes `log` (an aiolog.Journal, or a logger) the journal of all tasks.',  # noqa
    'aioctl.getenv(name, alt=None, envfile=_FILE): The value of a name in `.env`, or `alt`.',  # noqa
    "aioctl.profile(on=None): Prints where the loop's time went; True begins to measure, False ends it and forgets all.",  # noqa
)
