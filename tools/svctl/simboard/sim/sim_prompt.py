# The prompt of a firmware, >>>, for a board without main.py or whose main.py ended: friendly and raw mode,
# without raw paste. A host deploys through it as to a new board.
import sys

from micropython import kbd_intr

_BANNER = "MicroPython on a simulated board\nType \"help()\" for more information.\n>>> "
_RAW = "raw REPL; CTRL-B to exit\n>"


def _run(code, kind, names):
    # None, or the exception; Ctrl-C reaches the code, and nothing else.
    try:
        kbd_intr(3)
        exec(compile(code, "<stdin>", kind), names)
    except SystemExit:
        __import__("machine").soft_reset()
    except BaseException as error:
        return error
    finally:
        kbd_intr(-1)


def _raw(names, read, write):
    # Until Ctrl-B.
    write(_RAW)
    code = bytearray()
    while True:
        byte = read(1)
        if byte == b"\x02":
            return
        if byte in b"\x01\x03":
            code = bytearray()
            if byte == b"\x01":
                write(_RAW)
        elif byte == b"\x05" and not code:
            read(2)
            write("R\x00")  # knows it, and does not do it
        elif byte != b"\x04":
            code += byte
        elif not code:  # a soft reset, which leaves the mode as it is
            names.clear()
            names["__name__"] = "__main__"
            write("OK\nMPY: soft reboot\n" + _RAW)
        else:
            write("OK")
            error = _run(code.decode(), "exec", names)
            write("\x04")
            if error:
                sys.print_exception(error, sys.stdout)
            write("\x04>")
            code = bytearray()


def run(names):
    read, write = sys.stdin.buffer.read, sys.stdout.write
    kbd_intr(-1)
    line = ""
    write(_BANNER)
    while True:
        byte = read(1)
        if not byte:
            return
        if byte == b"\x01":
            _raw(names, read, write)
            write("\n" + _BANNER)
            line = ""
        elif byte == b"\x02":
            write("\n" + _BANNER)
            line = ""
        elif byte == b"\x03":
            write("\n>>> ")
            line = ""
        elif byte == b"\x04":
            write("\nMPY: soft reboot\n")
            __import__("machine").soft_reset()
        elif byte == b"\r":
            write("\n")
            error = _run(line, "single", names) if line.strip() else None
            if error:
                sys.print_exception(error, sys.stdout)
            write(">>> ")
            line = ""
        elif byte in b"\x08\x7f":
            if line:
                line = line[:-1]
                write("\b \b")
        elif byte >= b" ":
            line += chr(byte[0])
            write(chr(byte[0]))
