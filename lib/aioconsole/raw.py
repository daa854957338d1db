# The raw REPL protocol, as MicroPython's firmware speaks it to mpremote and other hosts, but
# read asynchronously: services go on while a host is attached. What they print meanwhile goes
# to the journal, since one stray byte breaks the protocol.

import asyncio
import builtins
import sys

_BANNER = "raw REPL; CTRL-B to exit\n"
_WINDOW = const(128)  # a host may be two of them ahead: no more than a port's buffer holds


async def serve(console, begins=True):
    """Speaks raw REPL on a `console` until Ctrl-B or the end of input, and then says what the board is; with
    `begins` False, at a Ctrl-B alone, it only says that."""
    if begins:
        await _speak(console)
    name = sys.version.split("; ")[-1]
    console.write("\n" + name + "; " + sys.implementation._machine + "\n")


async def _speak(console):
    stops = console.stops
    console.stops = b"\3\4"
    diversion = _Diversion()
    diversion.start()
    try:
        console.write(_BANNER)
        while True:
            console.write(">")
            source = await _command(console)
            if source is None:
                return
            _run(console, diversion, source)
    finally:
        diversion.stop()
        console.stops = stops


class _Diversion:
    # Sends what is printed to the journal, and nowhere if there is none. What is written to
    # sys.stdout itself cannot be diverted.

    def __init__(self):
        try:
            import aioctl

            journal = aioctl.journal()
        except (ImportError, AttributeError):
            journal = None
        self.journal = journal if hasattr(journal, "write") else None
        self.loop = asyncio.get_event_loop()

    def start(self):
        self.real = builtins.print
        builtins.print = self.print
        self.handler = self.loop.get_exception_handler()
        if not self.handler and not self.journal:
            self.loop.set_exception_handler(self.unhandled)

    def stop(self):
        builtins.print = self.real
        self.loop.set_exception_handler(self.handler)

    def print(self, *args, **kw):
        file = kw.get("file")
        if file is None or file is sys.stdout or file is sys.stderr:
            if not self.journal:
                return
            kw["file"] = self.journal
        self.real(*args, **kw)

    def unhandled(self, loop, context):
        # Without a journal the loop's own handler would write to the console.
        pass


def _run(console, diversion, source):
    # Runs a host's command. The host is told: the output, its end, the traceback, its end.
    error = source
    if not isinstance(source, BaseException):
        diversion.stop()
        try:
            error = console.attempt(source, "exec")
        finally:
            diversion.start()
    console.write("\4")
    if error:
        console.report(error)
    console.write("\4")


async def _command(console):
    # The next command; an exception if it did not arrive whole; None when the host leaves.
    while True:
        source, end = await _receive(console, b"\1\2\3\4", 0)
        if end == 1:
            if source == b"\5A":
                console.write(b"R\1" + bytes((_WINDOW, 0, 1)))
                source, end = await _receive(console, b"\3\4", _WINDOW)
                return None if end < 0 else KeyboardInterrupt() if end == 3 else source
            console.write("R\0>" if source[:1] == b"\5" else _BANNER + ">")
        elif end == 4:
            console.write("OK")
            if source:
                return source
            console.write("\nIgnored: soft reboot\n" + _BANNER + ">")
        elif end != 3:
            return None


async def _receive(console, ends, window):
    # Bytes until one of `ends`, and which it was, -1 at the end of input. With a `window`
    # tells the host when to go on. An error instead of bytes for which there is no memory.
    source = bytearray()
    room = window
    whole = True
    while console.head < console.tail or not console.eof:
        if console.head == console.tail:
            await console.fill()
            if "aioboot.watchdog" in sys.modules:  # a host at work is not cut off; what it runs feeds nothing
                sys.modules["aioboot.watchdog"].feed()
            continue
        start = at = console.head
        while at < console.tail and console.queue[at] not in ends:
            at += 1
        console.head = at
        try:
            if whole:
                source.extend(memoryview(console.queue)[start:at])
        except MemoryError as e:
            if window and whole:
                console.write("\4")  # the host stops and says so
            source = e
            whole = False
        if at < console.tail:
            console.head += 1
            if window and whole:
                console.write("\4")
            return bytes(source) if whole else source, console.queue[at]
        room -= at - start
        while window and whole and room <= 0:
            console.write("\1")
            room += window
    return source, -1
