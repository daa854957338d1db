# The async console: a prompt at which a person looks into a board while its services run.
# Used when micropython-lib's aiorepl is not installed. Rare parts load on use, then go again.

import asyncio
import select
import sys
from micropython import kbd_intr

_QUEUE = const(256)  # bytes taken from the stream and not looked at yet
_LINE = const(4096)  # bytes of a statement, all its lines together
_HISTORY = const(10)  # lines kept, of at most
_KEPT = const(128)  # bytes each

# How statements begin that go on until an empty line.
_BLOCKS = const("if if( for while( def class with try async")


async def task(g=None, prompt="--> ", on_exit=None):
    """Serves the console on the standard streams until Ctrl-D or the end of input.

    `g` are the globals of what is typed, by default those of `__main__`. Returns "exit"
    after Ctrl-D, having called `on_exit` (may be async) or, without one, dropped the event
    loop as aiorepl does; "eof" when the input has ended: services go on without a console.
    """
    try:
        _mute()
        if g is None:
            g = __import__("__main__").__dict__
        end = await _Console(g, prompt).run()
        if end == "exit":
            sys.stdout.write("\n")
            if not on_exit:
                asyncio.new_event_loop()
            else:
                value = on_exit()
                if hasattr(value, "send") or hasattr(value, "__next__"):
                    await value
        return end
    finally:
        kbd_intr(3)


def _mute():
    # From here on Ctrl-C is a byte. One that came in just before is raised in here, where
    # the VM jumps back, and nowhere later.
    n = 2
    while n:
        try:
            kbd_intr(-1)
            while n:
                n -= 1
        except KeyboardInterrupt:
            pass


def _rare(name):
    # A file with a rare part, for one use: forgotten at once. By hand: a console needs no other room.
    full = "aioconsole." + name
    try:
        return getattr(__import__(full), name)
    finally:
        sys.modules.pop(full, None)
        globals().pop(name, None)


class _Console:
    def __init__(self, g, prompt):
        self.g = g
        self.prompt = prompt
        self.stream = getattr(sys.stdin, "buffer", sys.stdin)
        self.poll = select.poll()
        self.poll.register(self.stream, select.POLLIN)
        self.byte = bytearray(1)
        self.queue = bytearray(_QUEUE)
        self.head = self.tail = 0  # queue[head:tail] was read and waits
        self.stops = b"\x03\x04\r\n"  # what follows these may be meant for somebody else
        self.eof = self.cr = False
        self.running = None  # the typed `await` that runs and takes Ctrl-C
        self.source = ""  # the lines before, of a statement that goes on
        self.line = bytearray()
        self.editor = None  # moves in the line: from the first such key until Enter
        self.auto = True  # lines of a block are indented: until a person does it
        self.history = []

    # --- reading ---

    async def fill(self):
        # Waits for input, then takes what is there without waiting, one queue at most, before the
        # others have their turn. Byte by byte, since asking for more would block until they are
        # there; poll() tells whether there is one more.
        if self.head == self.tail:
            self.head = self.tail = 0
        byte = self.byte
        left = _QUEUE
        try:
            yield asyncio.core._io_queue.queue_read(self.stream)
            while left:
                if not self.stream.readinto(byte):
                    self.eof = True
                elif byte[0] == 3 and self.running:
                    self.running.interrupt()
                elif self.tail < _QUEUE:
                    self.queue[self.tail] = byte[0]
                    self.tail += 1
                left -= 1
                if self.eof or self.tail == _QUEUE or byte[0] in self.stops:
                    return
                for _ in self.poll.ipoll(0):
                    break
                else:
                    return
        except MemoryError:
            await asyncio.sleep_ms(100)  # others may free some
        except OSError:
            self.eof = True  # the terminal has gone

    async def key(self):
        # The next byte, -1 at the end of input.
        while self.head == self.tail:
            if self.eof:
                return -1
            await self.fill()
        self.head += 1
        return self.queue[self.head - 1]

    # --- the line ---

    def write(self, text):
        sys.stdout.write(text)

    def insert(self, text):
        # Puts bytes at the cursor, as far as there is room.
        line = self.line
        room = _LINE - len(self.source) - len(line)
        if len(text) > room:
            self.write("\a")
            text = text[:room]
        if self.editor:
            self.editor.insert(text)
        else:
            line.extend(text)
            self.write(text)

    def edit(self):
        self.editor = _rare("editor").Editor(self)
        return self.editor

    async def readline(self):
        # Shows the prompt; returns the key that ended the line: Enter, or a control key.
        line = self.line = bytearray()
        self.editor = None
        self.show()
        if not self.source:
            self.auto = True
        elif self.auto:
            self.edit().indent()
        while True:
            c = await self.key()
            if 0 < c < 32 and (line or c > 5) and c not in b"\3\t\n\r" or c == 127:
                self.editor or self.edit()
            if self.editor:
                c = await self.editor.key(c)
            if c == 10 and self.cr:  # CR LF is one Enter
                c = 0
            self.cr = c == 13
            if c == 13 or c == 10 or -1 <= c <= 3 and c:
                return c
            if (c == 4 or c == 5) and not line and not self.source:
                return c
            self.type(c)

    def type(self, c):
        # What a key does to the end of the line.
        if c == 9:
            _rare("assist").complete(self)
        elif c >= 32 and c != 127:
            at = self.head - 1
            while self.head < self.tail and 32 <= self.queue[self.head] != 127:
                self.head += 1
            self.insert(self.queue[at : self.head])

    # --- statements ---

    def goes_on(self, source, line):
        # Whether a statement needs more lines: something is open, or a block has no empty line yet.
        doubt = "#" in source or '"""' in source or "'''" in source
        for pair in ("()", "[]", "{}"):
            doubt = doubt or source.count(pair[0]) != source.count(pair[1])
        if doubt and _rare("assist").is_open(source):
            return True
        if line.split("#")[0].rstrip()[-1:] in (":", "\\"):
            return True
        return line.strip() and (source[0] == "@" or self.source and source[:3] in _BLOCKS)

    async def enter(self):
        # What Enter does.
        self.write("\n")
        line = str(self.line, "utf8")
        source = self.source + line
        if line.strip() and len(line) <= _KEPT and line not in self.history[-1:]:
            self.history = self.history[1 - _HISTORY :] + [line]
        if self.goes_on(source, line):
            self.source = source + "\n"
            return
        self.source = ""
        if source[:1] == "?":
            _rare("assist").describe(self, source[1:].strip())
        elif source.strip():
            await self.execute(source, "single")

    def show(self):
        self.write("... " if self.source else self.prompt)

    async def execute(self, source, mode):
        # Runs statements: in a task of their own if an `await` needs one, else here.
        if "await" in source or "async" in source:
            if await _rare("awaited").run(self, source):
                return
        error = self.attempt(source, mode)
        if error:
            self.report(error)

    def report(self, error, shift=0):
        # Prints a traceback; in need, as without memory, with the console's own frames.
        try:
            _rare("trace").show(error, shift)
        except Exception:
            sys.print_exception(error)

    def attempt(self, source, mode):
        # Runs statements here and now; returns what they raised. Ctrl-C interrupts them.
        task = asyncio.core.cur_task
        try:
            try:
                kbd_intr(3)
                exec(compile(source, "<stdin>", mode), self.g)
            finally:
                _mute()
                asyncio.core.cur_task = task  # without aioctl nothing refuses asyncio.run() in there
        except BaseException as e:
            _mute()
            return e

    # --- the loop ---

    async def run(self):
        # Until the end: "exit" or "eof".
        while True:
            try:
                _mute()
                c = await self.readline()
                if c == 13 or c == 10:
                    await self.enter()
                elif c == -1 or c == 4:
                    return "exit" if c == 4 else "eof"
                else:  # Ctrl-A raw REPL, Ctrl-B its end, Ctrl-C a new line, Ctrl-E paste mode
                    self.source = ""
                    self.write("\n")
                    if c == 5:
                        await _rare("assist").paste(self)
                    elif c < 3:
                        await _rare("raw").serve(self, c == 1)
            except asyncio.CancelledError:
                raise
            except BaseException as e:
                self.source = ""
                self.report(e, -1)
                await asyncio.sleep_ms(10)  # a fault that stays must not stop the others
