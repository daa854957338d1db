# repl: the console at which people look into the running board.

import asyncio

from aioclass import Service

# aioservice's functions that are there under their own names at the prompt. `list` is not:
# it would hide the built-in.
_VERBS = (
    "blame boot chain check config disable enable get_config init last_boot load mask patch reload "
    "restart resume service shutdown snapshot start status stop traceback tree unload unmask"
)


class _Verb:
    """A function that is found when it is called, so that the prompt costs no memory before."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return "aioservice.%s" % self.name

    def __call__(self, *args, **kwargs):
        import aioservice

        return getattr(aioservice, self.name)(*args, **kwargs)


def _help(*args):
    if args:
        return help(*args)
    print(
        "? tells the keys, ?aioservice the functions, ?status about one; status() shows the services.\n"
        "Ctrl-D ends everything. help(object) tells about an object."
    )


class Repl(Service):
    info = "The asyncio console"
    type = "runtime.service"
    enabled = safe = True
    prompt = True  # stop("*") and unload("*") leave it alone
    kwargs = {"console": "auto", "prompt": "--> "}

    async def task(self, console="auto", prompt="--> "):
        """`console`: "aiorepl", "aioconsole", or "auto": aiorepl where it is installed."""
        module = self.find(console)
        names = __import__("__main__").__dict__
        for each in ("asyncio", "aioctl", "aioservice"):  # whatever main.py has imported
            names.setdefault(each, __import__(each))
        for verb in _VERBS.split():
            if verb not in names:
                names[verb] = _Verb(verb)
        try:
            if module.__name__ == "aiorepl":
                return await module.task(names, prompt)
            names.setdefault("help", _help)
            return await module.task(names, prompt, self.leave)
        except asyncio.CancelledError:
            asyncio.create_task(self.farewell())  # outlives it
            raise

    def find(self, console):
        if console not in ("auto", "aiorepl", "aioconsole"):
            raise ValueError('console is "auto", "aiorepl" or "aioconsole", not %r' % (console,))
        if console != "aioconsole":
            try:
                return __import__("aiorepl")
            except ImportError:
                if console == "aiorepl":
                    raise
        return __import__("aioconsole")

    async def farewell(self):
        """Tells whoever sits there that the prompt is gone, unless it comes back or all ends."""
        await asyncio.sleep_ms(500)
        mgr = self.manager
        now = mgr.services.get(self.name)
        if mgr.quit is not None and not mgr.quit.is_set() and (now is None or not now.is_active()):
            print(
                '%s.service was stopped: no prompt any more, services go on. Ctrl-C shuts them down; '
                'a reset, or aioservice.start("%s") in a service, brings the prompt back.'
                % (self.name, self.name)
            )

    def leave(self):
        """Ctrl-D: everything is to be shut down."""
        quit = self.manager.quit
        if quit is not None:
            quit.set()


service = Repl("repl")
