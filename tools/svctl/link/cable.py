"""The connection to a board: its running console's raw REPL, through mpremote's transport. Services go on;
what runs on the board are the files of device/, sent when they are first used and forgotten at the end."""
from __future__ import annotations

import ast
import contextlib
import json
import struct
import time
from typing import Iterator, Optional

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from svctl.build.tree import in_words
from svctl.errors import BoardFault, LinkError
from svctl.link import port as ports
from svctl.link.ahead import Ahead
from svctl.link.source import pieces, source
from svctl.setup import place

PATIENCE = 5.0  # s that a board may be silent: a service of its may hold the loop for a while
LONGEST = 60.0  # s that a single command may take
QUIET = 1.0  # s between two empty lines that are typed
PAGE, SHORT = 10, 5  # ms; SHORT is for what is asked again and again
MOMENT = 0.02  # s between two looks at whether modules are loaded
BREATH = 0.01  # s that services have between two commands where the console's raw mode holds them up
PUMP, HOLDS, TIDY = "pump", "holds", "tidy"
END = b"\x04"  # of what a command prints, and of its traceback
NO_PASTE = b"w REPL; CTRL-B to exit\r\n>"  # what ends the answer of a board that knows no raw paste
PROMPT = b"\n--> "  # of the console when it begins anew, and of nothing that is sent
PASTE = b"\n=== "
RESET = "the board was reset meanwhile: look at what it did, and try again"
SILENT = "no answer"
RAW = b"raw REPL; CTRL-B to exit\r\n"
COMMAND = 900  # bytes of a command with a list in it; a board needs a few times that to take it


class _Transport(SerialTransport):
    """mpremote's transport, whose waits end in time also on a port that never stops talking."""

    longest = PATIENCE  # s, where nobody says

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.serial = Ahead(self.serial)

    def attach(self) -> Optional[bytes]:
        """Have the console enter raw mode, without a reset; what came instead where it did not, else None."""
        self.serial.write(b"\r\x03")
        while self.serial.in_waiting:  # what stood there before
            self.serial.read(self.serial.in_waiting)
        self.serial.write(b"\r\x01")
        data = self.read_until(1, RAW, timeout=self.longest)
        return None if data.endswith(RAW) else data

    def read_until(self, min_num_bytes, ending, timeout=10, data_consumer=None, timeout_overall=None):
        data = b""
        begin = last = time.monotonic()
        if timeout_overall is None:
            timeout_overall = self.longest
        while not data.endswith(ending):
            new = self.serial.read(1)
            now = time.monotonic()
            if new:
                last = now
                data = new if data_consumer else data + new
                if data_consumer:
                    data_consumer(new)
            elif timeout is not None and now >= last + timeout:
                break
            if ending in (END, NO_PASTE) and data.endswith(PROMPT):
                raise TransportError(RESET)
            if now >= begin + timeout_overall:
                break
        if ending == NO_PASTE and not data.endswith(ending):  # mpremote would print it
            raise TransportError(f"{data!r}" if data else SILENT)
        return data


class Link:
    """A board at a port, as a context: entering it attaches to the console, leaving it lets go.

    Raises LinkError where the board cannot be reached or the link is lost, BoardFault for what its
    own code raises. `patience`: seconds that it may be silent.
    """

    def __init__(self, port: str, patience: float = PATIENCE):
        self.port, self.patience = port, patience
        self.page = PAGE  # ms that the board works on an answer at a time
        self._transport: Optional[_Transport] = None
        self._loaded: list[str] = []
        self._holds = False  # whether no service runs while the console is in raw mode, as with aiorepl
        self._attached = False
        self.switches = False  # whether a deploy on the board is on trial, or was undone
        self.fault: Optional[str] = None  # what is wrong with the board's settings
        self.board = None  # what boards/<name>.toml says of it, where it was reached by that name

    def __enter__(self) -> Link:
        try:
            self._transport = _Transport(ports.device(self.port), timeout=self.patience)
            self._transport.serial.write_timeout = self._transport.longest = self.patience
        except (TransportError, OSError, ValueError) as error:
            raise LinkError(ports.why_not(self.port) or f"{self.port} cannot be opened: {error}") from error
        try:
            self._attach()
            self.call(HOLDS, "begin")
            said = self.call(HOLDS, "answer").strip()
            if said.startswith("["):
                self._holds, self.switches, self.fault, left = json.loads(said)
                if left:
                    self.call(TIDY, "now")
        except BaseException:
            self._drop(b"\x03\r\x02")  # whatever was under way
            raise
        return self

    def __exit__(self, kind, error, trace) -> None:
        if self._transport is None:
            return
        if kind is None or issubclass(kind, Exception) and not issubclass(kind, LinkError):
            with contextlib.suppress(LinkError, BoardFault):
                if self._loaded:
                    self.run(f"del {', '.join(map(_name, self._loaded))}")
            self._drop(b"\r\x02")
        else:
            self._drop(b"\x03\r\x02")

    def run(self, code: str, timeout: float = LONGEST) -> str:
        """Run code on the board; what it printed."""
        self._go_on()
        with self._translated():
            self._transport.exec_raw_no_follow(code)
            self._transport.longest = timeout
            out, error = self._transport.follow(timeout)
            self._transport.longest = self.patience
        if error:
            fault = BoardFault(in_words(error.decode(errors="replace")))
            if fault.kind.startswith("NameError") and code.startswith(_name("")):  # what was sent is gone
                raise LinkError(f"{self.port}: {RESET}")
            raise fault
        return out.decode(errors="replace").replace("\r\n", "\n")

    def call(self, script: str, function: str, *args) -> str:
        """Call a function of a file in device/ with literals; what it printed."""
        self._load(script)
        return self.run(_call(script, function, args))

    def last(self, script: str, function: str, *args) -> str:
        """Call a function after which the board is gone; the line that it printed before. One that begins
        with an exclamation mark says that it is not gone."""
        self._load(script)
        self._go_on()
        with self._translated():
            self._transport.exec_raw_no_follow(_call(script, function, args))
            data = self._transport.read_until(1, b"\n", timeout=LONGEST, timeout_overall=LONGEST)
        self._drop(b"\r\x02" if data.startswith(b"!") else b"")
        text = data.decode(errors="replace").strip()
        if not data.endswith(b"\n") or "\4" in text:
            raise LinkError(f"{self.port}: the board does not answer as it should ({_heard(text)})")
        return text

    def ask(self, script: str, function: str, *args) -> Iterator:
        """What a generator of a file in device/ yields. The board takes it up for a moment at a time,
        and its services have their turn in between."""
        self._load(PUMP)
        self._load(script)
        code = f"{_name(PUMP)}.go({_call(script, function, args)},{self.page})"
        while code:
            *lines, end = self.run(code).rstrip("\n").split("\n")  # other ends of lines are text
            if end not in ("more", "done"):
                raise LinkError(f"{self.port}: the answer is disturbed: {end[:60]!r}. Does a service write "
                                "to sys.stdout?")
            code = f"{_name(PUMP)}.go(None,{self.page})" if end == "more" else ""
            for line in lines:
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise LinkError(f"{self.port}: the answer is disturbed: {line[:60]!r}. Does a service "
                                    "write to sys.stdout?") from error

    def ask_each(self, script: str, function: str, items: list) -> Iterator:
        """The same with a list as its argument, which may be long: it is sent in pages."""
        page: list = []
        for item in items:
            if page and len(repr([*page, item])) > COMMAND:
                yield from self.ask(script, function, page)
                page = []
            page.append(item)
        if page:
            yield from self.ask(script, function, page)

    def bring(self, *modules: str) -> None:
        """Have the board load modules, one after the other, its services running in between. What it cannot
        load is left to the command that needs it."""
        self.call("modules", "load", *modules)
        until = time.monotonic() + LONGEST
        while self.call("modules", "poll").strip() == "0":
            if time.monotonic() > until:
                raise LinkError(f"{self.port}: the board has not loaded its modules after {LONGEST:.0f} s")
            self.rest(MOMENT)

    def rest(self, seconds: float) -> None:
        """Leave the board alone for a while."""
        if self._holds and self._attached:
            with self._translated():
                self._transport.serial.write(b"\r\x02")
            self._attached = False
        time.sleep(seconds)

    def leave(self) -> None:
        """Let go of a board that answers no more, so that another link can wait for it."""
        self._drop(b"\r\x02")

    def _go_on(self) -> None:
        """Before a command: where raw mode holds the services up, they have their turn now."""
        if self._holds and self._attached:
            self.rest(BREATH)
        if not self._attached:
            self._attach()

    def _load(self, name: str) -> None:
        if name not in self._loaded:
            for piece in pieces(name):
                self.run(piece)
            self._loaded.append(name)

    def _attach(self) -> None:
        with self._translated():
            came = self._transport.attach()
        self._attached = came is None
        if came is None:
            return
        text = _heard(came.decode(errors="replace"))
        if "Traceback" in text:
            raise LinkError(f"{self.port}: the board's console has failed ({text!r}). Was lib/ changed, "
                            "and the board not reset? Reset it, and try again")
        raise LinkError(
            f"{self.port}: no MicroPython answers" + (f", but {text!r} came" if text else "")
            + ports.also_open(self.port) + ". Is it the right port, and is the board running a program "
            "that never yields? Reset it, and try again")

    @contextlib.contextmanager
    def _translated(self):
        """What can happen to a transport, as LinkError."""
        try:
            yield
        except TransportExecError as error:
            raise BoardFault(in_words(error.error_output)) from error
        except TransportError as error:
            if str(error) == RESET:
                raise LinkError(f"{self.port}: {RESET}") from error
            others = ports.also_open(self.port)
            if "EOF reception" in str(error) or str(error) == SILENT:
                raise LinkError(f"{self.port}: the board answers no more{others}: it hangs, or was reset. "
                                "Try again, or reset it") from error
            raise LinkError(f"{self.port}: the board does not answer as it should ({_heard(str(error))})"
                            f"{others}. Does a service write to sys.stdout itself? Stop it, or reset the "
                            "board, and try again") from error
        except (OSError, struct.error, TypeError) as error:  # TypeError: a port closed under pyserial
            if isinstance(error, struct.error):
                raise LinkError(f"{self.port}: the board is silent. Reset it, and try again") from error
            raise LinkError(f"{self.port}: the link was lost: the cable, or the board was reset") from error

    def _drop(self, farewell: bytes) -> None:
        transport, self._transport = self._transport, None
        if transport is None:
            return
        with contextlib.suppress(OSError, TransportError):
            transport.serial.write(farewell)
        with contextlib.suppress(OSError, TransportError):
            transport.close()


def await_prompt(port: str, patience: float) -> str:
    """Wait until a board that was reset is at a prompt; what it said. Its boot is not disturbed: a Ctrl-C
    would end it, so that only an empty line is typed now and then."""
    until = time.monotonic() + patience
    said, typed, transport = b"", 0.0, None
    try:
        while not said.endswith((b"--> ", b">>> ")):
            if time.monotonic() > until:
                raise LinkError(f"{port}: the board has not come back to its prompt within {patience:.0f} "
                                "s: it hangs, or its console is gone. By itself it goes back to the files "
                                "before, if the new ones do not come up: "
                                f"look at it with {place.words('make repl', 'mpremote')}, and deploy again")
            try:
                if transport is None:
                    transport = _Transport(ports.device(port), timeout=1)
                    transport.serial.write_timeout = 1
                if time.monotonic() - typed > QUIET:
                    typed = time.monotonic()
                    transport.serial.write(b"\r")
                waiting = transport.serial.in_waiting
                said += transport.serial.read(waiting) if waiting else b""
                if said.endswith(PASTE):  # a host was at it when it was reset: its Ctrl-E came to the prompt
                    said = b""
                    transport.serial.write(b"\x03")
                time.sleep(0 if waiting else 0.02)
            except (TransportError, OSError, ValueError, TypeError, LinkError):  # it is on its way
                transport = _closed(transport)
                time.sleep(0.2)
    finally:
        _closed(transport)
    return said.decode(errors="replace")


def _closed(transport: Optional[_Transport]) -> None:
    if transport is not None:
        with contextlib.suppress(OSError, TransportError):
            transport.close()


def type_line(port: str, script: str, patience: float = 1.0) -> str:
    """Type a one-line file of device/ at a board's prompt; what came back within `patience` seconds.

    The board may be gone by then, and its port, too.
    """
    said = b""
    try:
        transport = _Transport(ports.device(port), timeout=0.1)
        transport.serial.write_timeout = PATIENCE
        transport.serial.write(b"\r\x03\r\x02")
        transport.read_until(1, b"> ", timeout=patience, timeout_overall=patience)
        transport.serial.write(source(script).strip().replace("\n", "; ").encode() + b"\r")
    except (TransportError, OSError, ValueError) as error:
        raise LinkError(ports.why_not(port) or f"{port} cannot be opened: {error}") from error
    with contextlib.suppress(OSError, TransportError):
        said = transport.read_until(1, b"> ", timeout=patience, timeout_overall=patience)
    with contextlib.suppress(OSError, TransportError):
        transport.close()
    return said.decode(errors="replace")


def type_keys(port: str, keys: bytes, ending: bytes = b"", patience: float = 0.0) -> None:
    """Type keys at a board, and wait until what it says ends so; LinkError if that does not come."""
    try:
        transport = _Transport(ports.device(port), timeout=1)
        transport.serial.write_timeout = PATIENCE
        transport.serial.write(keys)
        said = transport.read_until(1, ending, patience, timeout_overall=patience) if ending else b""
        transport.close()
    except (TransportError, OSError, ValueError) as error:
        raise LinkError(ports.why_not(port) or f"{port} cannot be opened: {error}") from error
    if not said.endswith(ending):
        came = _heard(said.decode(errors="replace"))
        raise LinkError(f"{port}: {came!r} came, and not {ending.decode()!r}")


def _name(script: str) -> str:
    """The one global that a file of device/ makes on the board."""
    return f"_svctl_{script}"


def _call(script: str, function: str, args: tuple) -> str:
    """The code that calls a function of a file of device/; plain ASCII, as aiorepl takes no more."""
    return f"{_name(script)}.{function}({', '.join(map(ascii, args))})"


def _heard(text: str) -> str:
    """What came from a port, for people: one line, not too long."""
    with contextlib.suppress(ValueError, SyntaxError):
        text = ast.literal_eval(text.strip()).decode(errors="replace")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= 60 else text[:57] + "..."
