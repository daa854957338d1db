# `await` at the console's prompt: runs in a task of its own while the console reads on, so that
# Ctrl-C can cancel it. Loaded for one command.

import asyncio
import sys

_HEAD = "async def _typed():\n global %s\n "
_SHIFT = 2  # lines of it before what was typed


async def run(console, source):
    """Runs statements with an `await` outside any function; False if there is none in them."""
    try:
        coro = _coroutine(source, console.g)
    except SyntaxError as e:
        console.report(e, _SHIFT)
        return True
    if not coro:
        return False
    ended = asyncio.Event()
    running = _Running(ended)
    running.task = asyncio.create_task(_command(console, running, coro))
    keys = asyncio.create_task(_watch(console))
    console.running = running
    try:
        # A console that is stopped leaves the command alone: it may be the one that stops it.
        await ended.wait()
    finally:
        keys.cancel()
        console.running = None
    return True


def _coroutine(source, g):
    # What is assigned has to become global: all names are declared so that can be, and the
    # compiler knows best which.
    try:
        compile(source, "<stdin>", "exec")
        return None
    except SyntaxError:
        pass
    names = {"_"}
    for name in __import__("re").compile("[^A-Za-z_0-9]+").split(source):
        try:
            compile(name + "=0", "", "exec")
            names.add(name)
        except SyntaxError:
            pass
    head = _HEAD % ",".join(names)
    made = {}
    try:
        code = compile(head + "return(" + source + "\n)", "<stdin>", "exec")
    except SyntaxError:
        code = compile(head + source.replace("\n", "\n "), "<stdin>", "exec")
    exec(code, g, made)
    return made["_typed"]()


class _Running:
    # Ctrl-C cancels the command, a second one goes on without it.

    def __init__(self, ended):
        self.task = None
        self.ended = ended
        self.asked = False

    def interrupt(self):
        if self.asked:
            sys.stdout.write("left running\n")
            self.ended.set()
        self.asked = True
        self.task.cancel()


async def _command(console, running, coro):
    me = asyncio.current_task()
    ended = running.ended
    try:
        value = await coro
        if not ended.is_set():
            __repl_print__(value)
    except BaseException as e:
        if ended.is_set():
            pass
        elif running.asked and isinstance(e, asyncio.CancelledError):
            sys.stdout.write("CancelledError: stopped by Ctrl-C\n")
        else:
            console.report(e, _SHIFT)
    asyncio.core.cur_task = me  # without aioctl nothing refuses asyncio.run() in there
    ended.set()


async def _watch(console):
    # Keys typed meanwhile are kept, as many as fit.
    while not console.eof:
        await console.fill()
