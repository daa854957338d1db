"""The simulated board, tools/board: in a person's own terminal."""
from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time

import pytest
from support.harness import BOARD
from support.processes import KEYS, gone


def children(pid: int) -> list[int]:
    path = f"/proc/{pid}/task/{pid}/children"
    return [int(word) for word in open(path).read().split()]


# A person's own terminal
class Person:
    """tools/board on a terminal of its own."""

    def __init__(self, vm, code: str):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(BOARD[0], [*BOARD, "--bits", str(vm.bits), str(vm.root), "-c", code])
        self.text = ""

    def until(self, text: str, timeout: float = 10) -> None:
        end = time.monotonic() + timeout
        while text not in self.text and time.monotonic() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 4096).decode()
                except OSError:
                    break
        assert text in self.text, self.text

    def code(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def person(vm):
    people = []

    def start(code: str) -> Person:
        people.append(Person(vm, code))
        return people[-1]

    yield start
    for who in people:
        try:
            os.kill(who.pid, signal.SIGKILL)
            os.waitpid(who.pid, 0)
        except OSError:
            pass
        os.close(who.fd)


def test_terminal_is_relayed(person):
    who = person(KEYS)
    who.until("up\r\n")
    os.write(who.fd, b"a\x03")
    who.until("interrupted\r\n")
    os.write(who.fd, b"q")
    assert who.code() == 5


@pytest.mark.parametrize("how, code", [("key", 131), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
                                       (signal.SIGKILL, -9)], ids=["ctrl-backslash", "term", "hup", "kill"])
def test_no_vm_is_left_behind(person, how, code):
    who = person("import micropython\nmicropython.kbd_intr(-1)\nprint('up')\nwhile True: pass")
    who.until("up")
    (vm_pid,) = children(who.pid)
    if how == "key":
        os.write(who.fd, b"\x1c")
    else:
        os.kill(who.pid, how)
    assert who.code() == code
    assert gone(vm_pid)


def test_closed_terminal_ends_the_board(vm):
    who = Person(vm, "print('up')\nwhile True: pass")
    who.until("up")
    (vm_pid,) = children(who.pid)
    os.close(who.fd)
    assert who.code() == 129
    assert gone(vm_pid)


def test_terminal_is_restored(vm):
    """The terminal of a shell-like parent is as before, after an end and after a signal."""
    import termios

    for how in ("q", signal.SIGTERM):
        master, slave = os.openpty()
        before = termios.tcgetattr(slave)
        process = subprocess.Popen([*BOARD, "--bits", str(vm.bits), str(vm.root), "-c", KEYS], stdin=slave,
                                   stdout=slave, stderr=slave)
        text = b""
        while b"up" not in text:
            text += os.read(master, 1024)
        assert termios.tcgetattr(slave) != before
        if how == "q":
            os.write(master, b"q")
        else:
            process.send_signal(how)
        process.wait(10)
        assert termios.tcgetattr(slave) == before
        os.close(master)
        os.close(slave)
