"""What is typed at the console of a board, and what is there to type it to."""
from __future__ import annotations

import ast
import re

from support.harness import mpremote

CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = "\x01", "\x02", "\x03", "\x04", "\x05"
UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE, BACKSPACE = "\x1b[H", "\x1b[F", "\x1b[3~", "\x7f"
PROMPT = "--> "
RAW = "raw REPL; CTRL-B to exit\r\n>"

# A board with a service that counts, so that a test can see whether services go on.
MAIN = """
import asyncio, aioconsole
n = 0
async def count():
    global n
    while True:
        n += 1
        await asyncio.sleep_ms(5)
async def main():
    asyncio.create_task(count())
    print("console ended:", await aioconsole.task(%s))
    before = n
    await asyncio.sleep_ms(50)
    print("services went on:", n > before)
asyncio.run(main())
"""

# Prints all the time, into a journal if anywhere while a host is attached.
NOISE = MAIN.replace("n += 1", "n += 1; print('noise', n)")
JOURNAL = """
import io, aioctl
class Journal(io.IOBase):
    text = ""
    def write(self, text):
        self.text = (self.text + str(text, "utf8"))[-200:]
        return len(text)
    def ioctl(self, request, arg):
        return 0
aioctl.set_log(Journal())
"""


def run(console, line, prompt=PROMPT):
    """What a line printed, without the last line end."""
    return console.line(line, prompt).rstrip("\n")


def text_of(console, keys):
    """What `keys` make of an empty line, typed inside quotes."""
    console.send("'" + keys + END + "'\r")
    output = console.expect(re.compile(r"\r\n'.*'\r\n" + PROMPT))
    return ast.literal_eval(output.split("\r\n")[-2])


def completed(console, keys):
    """What `keys` make of an empty line; it is quoted only then, since Tab inside quotes means services."""
    console.send(keys + HOME + "'" + END + "'\r")
    output = console.expect(re.compile(r"\r\n'.*'\r\n" + PROMPT))
    return ast.literal_eval(output.split("\r\n")[-2])


def ended(vm, code, typed):
    """The output of a board whose input is not a terminal and ends."""
    return vm.run(code, stdin=typed).out


def host(console, resume, *args):
    return mpremote(console, *args, resume=resume).out.replace("\r\n", "\n")


def raw_until(console, code, output):
    """Asks in raw mode until the answer is `output`; returns all other answers."""
    others = set()
    for _ in range(2000):
        console.send(code + CTRL_D)
        answer = console.expect("\x04>")
        if answer == "OK" + output + "\r\n\x04\x04>":
            return others
        others.add(answer)
    raise AssertionError("no %r, but %r" % (output, others))


def attach(console):
    console.send("\r" + CTRL_C + CTRL_A)
    console.expect(RAW)
