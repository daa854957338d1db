"""The async console as hosts use it: the raw REPL, mpremote, and what services print meanwhile."""
from __future__ import annotations

import random
import re

import pytest
from support.keys import (
    CTRL_A, CTRL_B, CTRL_C, CTRL_D, JOURNAL, MAIN, NOISE, PROMPT, RAW, attach, ended, host, raw_until, run,
)


# -- raw REPL ------------------------------------------------------------------


@pytest.fixture
def raw(console):
    console.send("\r" + CTRL_C + "\r" + CTRL_A)
    console.expect(RAW)
    return console


def test_raw_output(raw):
    raw.send("print(1)\nprint(2)" + CTRL_D)
    assert raw.expect("\x04>") == "OK1\r\n2\r\n\x04\x04>"


def test_raw_error(raw):
    raw.send("print(1)\n1/0" + CTRL_D)
    output, error, end = raw.expect("\x04>").split("\x04")
    assert output == "OK1\r\n"
    assert error.startswith("Traceback (most recent call last):\r\n")
    assert error == ('Traceback (most recent call last):\r\n  File "<stdin>", line 2, in <module>\r\n'
                     "ZeroDivisionError: divide by zero\r\n")


@pytest.mark.parametrize(
    "code, error",
    [("1;;", "SyntaxError"), ("raise SystemExit", "SystemExit"), ("bytearray(9999999)", "MemoryError")],
)
def test_raw_faults(raw, code, error):
    raw.send(code + CTRL_D)
    assert error in raw.expect("\x04>")


def test_raw_runs_in_the_globals(raw):
    raw.send("x = n > 0" + CTRL_D)
    raw.expect("\x04>")
    raw.send(CTRL_B)
    raw.expect(PROMPT)
    assert run(raw, "x") == "True"


def test_raw_soft_reboot_is_ignored(raw):
    raw.send("x = 5" + CTRL_D)
    raw.expect(">")
    raw.send(CTRL_D)
    raw.expect("OK\r\nIgnored: soft reboot\r\n" + RAW)
    raw.send("print(x)" + CTRL_D)
    raw.expect("OK5\r\n\x04\x04>")


def test_raw_ctrl_a_starts_again(raw):
    raw.send("1/0" + CTRL_A)
    raw.expect(RAW)
    raw.send("print(1)" + CTRL_D)
    raw.expect("OK1\r\n\x04\x04>")


def test_raw_ctrl_c_clears(raw):
    raw.send("1/0" + CTRL_C + "print(1)" + CTRL_D)
    raw.expect("OK1\r\n\x04\x04>")


def test_raw_ctrl_b_leaves(raw):
    raw.send("\r" + CTRL_B)
    assert raw.expect(PROMPT).startswith("\r\nMicroPython v")
    assert run(raw, "1+1") == "2"


def test_raw_ctrl_c_interrupts(raw):
    raw.send("print('on')\nwhile True: pass" + CTRL_D)
    raw.expect("on\r\n")
    raw.ctrl("c")
    output, error, end = raw.expect("\x04>").split("\x04")
    assert error.endswith("KeyboardInterrupt: \r\n")


def test_raw_input_of_the_command_is_its_own(raw):
    raw.send("import sys\nprint(sys.stdin.read(3))" + CTRL_D + "abc")
    raw.expect("OKabc\r\n\x04\x04>")


def test_services_go_on_in_raw_mode(raw):
    raw.send("m = n" + CTRL_D)
    raw.expect("\x04>")
    raw_until(raw, "print(n > m + 10)", "True")


def paste(raw, code, end=CTRL_D):
    """Sends `code` in raw paste mode as a host does; returns all that came back."""
    raw.send("\x05A\x01")
    raw.expect(re.compile("R\x01.\x00\x01"))  # windows of 128 bytes, two of them
    window = 256
    for i in range(0, len(code), 128):
        if window == 0:
            raw.expect("\x01")
            window += 128
        raw.send(code[i : i + 128])
        window -= 128
    raw.send(end)
    return raw.expect("\x04>").lstrip("\x01")


def test_raw_paste(raw):
    assert paste(raw, "print(1)\nprint(2)\n") == "\x041\r\n2\r\n\x04\x04>"


def test_raw_paste_flow_control(raw):
    assert paste(raw, "# %s\nprint(1)" % ("x" * 5000)) == "\x041\r\n\x04\x04>"


def test_raw_paste_ctrl_c(raw):
    assert paste(raw, "print(1)", CTRL_C) == "\x04\x04KeyboardInterrupt: \r\n\x04>"


def test_raw_paste_too_big(raw):
    raw.send("\x05A\x01")
    raw.expect(re.compile("R\x01.\x00\x01"))  # windows of 128 bytes, two of them
    for _ in range(10000):
        raw.send("x" * 128)
        if raw.expect(re.compile("[\x01\x04]")).endswith("\x04"):
            break
    raw.send(CTRL_D)
    output, error, end = raw.expect("\x04>").lstrip("\x01").split("\x04")
    assert "MemoryError" in error
    assert paste(raw, "print(1)") == "\x041\r\n\x04\x04>"


def test_raw_paste_unknown(raw):
    raw.send("\x05B\x01")
    raw.expect("R\x00>")


def test_end_of_input_in_raw_mode(vm):
    assert ended(vm, NOISE % "", "\x01").count("noise") > 2


# -- what services print while a host is attached ------------------------------


def test_prints_go_to_the_journal(board):
    console = board(JOURNAL + NOISE % "")
    attach(console)
    console.send("import aioctl; m = n" + CTRL_D)
    assert console.expect("\x04>") == "OK\x04\x04>"
    others = raw_until(console, "print(n > m + 5, 'noise %d\\n' % n in aioctl.journal().text)", "True True")
    assert not any("noise" in answer for answer in others)
    console.send(CTRL_B)
    console.expect(PROMPT)
    console.expect("noise")


def test_prints_are_dropped_without_a_journal(board):
    console = board(NOISE % "")
    attach(console)
    for _ in range(50):
        console.send("print(1)" + CTRL_D)
        assert console.expect("\x04>") == "OK1\r\n\x04\x04>"


def test_a_print_into_a_file_goes_there(board):
    main = (MAIN % "").replace("n += 1", "n += 1; print('noise', file=f); print('e', file=sys.stderr)")
    console = board("import io, sys\nf = io.StringIO()\n" + main.replace("n += 1;", "n += 1; f.seek(0);"))
    attach(console)
    console.send("f.seek(0); f.write('-----'); m = n" + CTRL_D)
    assert console.expect("\x04>") == "OK\x04\x04>"
    raw_until(console, "print(n > m, f.getvalue())", "True noise\r\n")


def test_a_task_that_dies_goes_to_the_journal(board):
    console = board(JOURNAL + MAIN % "")
    attach(console)
    console.send("async def die(): 1/0\nt = asyncio.create_task(die()); import aioctl" + CTRL_D)
    assert console.expect("\x04>") == "OK\x04\x04>"
    raw_until(console, "print('ZeroDivisionError' in aioctl.journal().text)", "True")


# -- mpremote ------------------------------------------------------------------


@pytest.fixture
def noisy(board):
    return board(JOURNAL + NOISE % "")


@pytest.mark.parametrize("resume", [True, False])
def test_mpremote_exec(noisy, resume):
    assert host(noisy, resume, "exec", "print(6*7)") == "42\n"
    assert host(noisy, resume, "eval", "n > 0") == "True\n"


@pytest.mark.parametrize("resume", [True, False])
def test_mpremote_copies_100_kb_both_ways(vm, noisy, tmp_path, resume):
    data = random.Random(1).randbytes(100_000)
    (tmp_path / "there").write_bytes(data)
    host(noisy, resume, "cp", str(tmp_path / "there"), ":big")
    assert (vm.root / "big").read_bytes() == data
    host(noisy, resume, "cp", ":big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data


def test_mpremote_ls_and_run_and_folders(noisy, tmp_path):
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    (tmp_path / "folder" / "sub" / "file").write_text("hi")
    host(noisy, True, "fs", "cp", "-r", str(tmp_path / "folder"), ":")
    assert "sub/" in host(noisy, True, "ls")
    assert host(noisy, True, "cat", ":sub/file") == "hi"
    (tmp_path / "script.py").write_text("x = 3\n" * 1000 + "print('ran', x)\n")
    assert host(noisy, True, "run", str(tmp_path / "script.py")) == "ran 3\n"


def test_mpremote_mount(vm, noisy, tmp_path):
    """Bytes that a terminal would change: a request's own numbers are binary, too, 10 among them."""
    there = tmp_path / "there"
    there.mkdir()
    (there / "on_the_host.txt").write_text("x")
    (there / "ten_bytes0").write_bytes(b"\n\r\n\x18\x03\x04\x01\xff\n\n")
    (there / "mod.py").write_text("a = 'imported'\n" * 100)
    data = random.Random(2).randbytes(3000)
    code = (
        "import os; print(sorted(os.listdir())); print(open('ten_bytes0', 'rb').read(10)); import mod; print(mod.a)\n"
        "f = open('back', 'wb'); f.write(open('/data', 'rb').read()); f.close(); f = open('back', 'rb')\n"
        "print(len(f.read()), f.seek(10), f.read(10) == open('/data', 'rb').read()[10:20]); f.close()\n"
        "os.rename('ten_bytes0', 'b\\nc'); os.remove('b\\nc'); os.mkdir('d'); os.rmdir('d')"
    ).replace("/data", str(vm.root / "data"))
    (vm.root / "data").write_bytes(data)
    out = host(noisy, True, "mount", str(there), "exec", code)
    assert out.splitlines()[-4:] == [
        "['mod.py', 'on_the_host.txt', 'ten_bytes0']", str(b"\n\r\n\x18\x03\x04\x01\xff\n\n"), "imported",
        "3000 10 True",
    ]
    assert (there / "back").read_bytes() == data
    assert not (there / "ten_bytes0").exists() and not (there / "d").exists()


def test_mpremote_error(noisy):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        host(noisy, True, "exec", "1/0")
    assert host(noisy, True, "exec", "print(1)") == "1\n"


def test_prompt_is_back_after_mpremote(noisy):
    host(noisy, True, "exec", "print(1)")
    noisy.expect("MicroPython v")
    noisy.expect(PROMPT)
    noisy.send("6*7\r")
    noisy.expect("42\r\n")
