# A stand-in for micropython-lib's aiorepl, as far as hosts and services see it: its raw mode reads without
# await, so that no service runs between Ctrl-A and Ctrl-B, and diverts nothing that is printed.

import asyncio
import micropython
import sys

_BANNER = "raw REPL; CTRL-B to exit\n"


async def task(g=None, prompt="--> "):
    g = __import__("__main__").__dict__ if g is None else g
    micropython.kbd_intr(-1)
    keys = asyncio.StreamReader(sys.stdin)
    sys.stdout.write("Starting asyncio REPL...\n" + prompt)
    line = ""
    while True:
        key = await keys.read(1)
        if key == "\x01":
            raw(g)
        elif key == "\x04":
            asyncio.new_event_loop()
            return
        elif key >= " ":
            sys.stdout.write(key)
            line += key
            continue
        elif key in "\r\n" and line:
            sys.stdout.write("\n")
            execute(line, g)
        elif key not in "\r\n\x03":
            continue
        line = ""
        sys.stdout.write("\n" + prompt)


def execute(line, g):
    try:
        exec(line, g)
    except Exception as error:
        print("%s: %s" % (type(error).__name__, error))


def raw(g):
    sys.stdout.write(_BANNER)
    while True:
        sys.stdout.write(">")
        line = entered()
        if line is None:
            sys.stdout.write("\n")
            return
        if not line:
            sys.stdout.write("Ignored: soft reboot\n" + _BANNER)
        try:
            exec(line, g)
            sys.stdout.write("\x04")
        except Exception as error:
            print(line)
            sys.stdout.write("\x04")
            sys.print_exception(error, sys.stdout)
        sys.stdout.write("\x04")


def entered():
    """The next command, "" for an empty one; None when the host leaves."""
    line = ""
    while True:
        key = sys.stdin.read(1)
        if key == "\x01":
            if line == "\x05A":
                return pasted()
            line = ""
            sys.stdout.write(_BANNER + ">")
        elif key == "\x02":
            return None
        elif key == "\x03":
            line = ""
        elif key == "\x04":
            sys.stdout.write("OK")
            return line
        else:
            line += key


def pasted(window=512):
    sys.stdout.write("R\x01\x00\x02\x01")
    text = b""
    piece = bytearray(window)
    while True:
        for n in range(window):
            byte = ord(sys.stdin.read(1))
            if byte in (3, 4):
                sys.stdout.write("\x04")
                return text + piece[:n]
            piece[n] = byte
        text += piece
        sys.stdout.write("\x01")
