"""A program that begins where the tests are behaves as one that was started anew."""
import os
import signal
import subprocess
import sys

import pytest

from svctl.testing import forked

PIPE = subprocess.PIPE


@pytest.fixture(params=["forked", "anew"])
def run(request, monkeypatch, tmp_path):
    """What a program printed and its exit code, in both ways."""
    monkeypatch.setattr(forked, "ANEW", request.param == "anew")

    def run(body, *args, **kwargs):
        source = f"import os, sys, signal\ndef main():\n    {body}\n"
        names: dict = {}
        exec(source, names)
        file = tmp_path / "program.py"
        file.write_text(source + "sys.exit(main())\n")
        process = forked.popen([sys.executable, str(file), *args], names["main"], 2, stdout=PIPE, stderr=PIPE, stdin=PIPE, **kwargs)
        out, err = process.communicate(b"typed\n", timeout=30)
        return out.decode(), err.decode(), process.returncode

    return run


@pytest.mark.parametrize("body, code, told", [
    ("return 3", 3, ""), ("return None", 0, ""), ("sys.exit('no board')", 1, "no board\n"), ("sys.exit(4)", 4, ""),
    ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, ""),
])
def test_its_end_is_that_of_the_program(run, body, code, told):
    assert run(body) == ("", told, code)


def test_an_error_is_a_traceback(run):
    out, err, code = run("raise ValueError('odd')")
    assert (out, code) == ("", 1) and err.startswith("Traceback") and err.endswith("\nValueError: odd\n")


def test_streams_arguments_and_environment_are_its_own(run):
    body = "print(sys.stdin.readline().strip(), sys.argv[1:], os.environ['BOARD'], 'HOME' in os.environ); print('late', file=sys.stderr)"
    assert run(body, "-c", "1", env={"BOARD": "x"}) == ("typed ['-c', '1'] x False\n", "late\n", 0)
    assert "BOARD" not in os.environ


def test_it_holds_nothing_that_is_open_here(run, tmp_path):
    with open(tmp_path / "open", "w") as file:
        os.set_inheritable(file.fileno(), False)
        out = run("print(sorted(os.readlink('/proc/self/fd/' + n) for n in os.listdir('/proc/self/fd') if int(n) > 2 and os.path.exists('/proc/self/fd/' + n)))")[0]
    assert str(tmp_path / "open") not in out and "pipe" not in out


def test_what_is_to_be_done_in_it_first_is_done_there(run, tmp_path):
    assert run("print(os.path.basename(os.getcwd()))", before=lambda: os.chdir(tmp_path.parent))[0] == tmp_path.parent.name + "\n"
