"""svctl with a Pico: commands beside running services, and a deploy to an empty board that is cut off."""
from __future__ import annotations

import json
import subprocess
import sys
import time

from bench import ROOT, Pico


def command(board: Pico, *args: str) -> list[str]:
    return [sys.executable, "-m", "tools.svctl", "-t", board.tty, *args]


def svctl(board: Pico, *args: str, timeout: float = 240) -> subprocess.CompletedProcess:
    done = subprocess.run(command(board, *args), cwd=ROOT, capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)
    board.raw()
    return done


def test_commands_beside_running_services(pico):
    assert svctl(pico, "is-active", "hello").returncode == 0
    assert svctl(pico, "is-active", "nobody").returncode == 4
    rows = [json.loads(line) for line in svctl(pico, "--json", "list").stdout.splitlines()]
    assert "hello" in json.dumps(rows)
    assert "[ OK ] Service: hello.service" in svctl(pico, "status", "hello").stdout
    assert svctl(pico, "stop", "hello").returncode == 0
    assert svctl(pico, "is-active", "hello").returncode == 3
    assert svctl(pico, "start", "hello").returncode == 0
    assert svctl(pico, "is-active", "hello").returncode == 0
    assert "hello" in svctl(pico, "logs", "-u", "hello", "-n", "3").stdout
    assert "RP2040" in svctl(pico, "info").stdout
    boot = json.loads(svctl(pico, "plot", "--json", "-o", "-").stdout)
    assert "RP2040" in boot["board"] and "hello" in [each["name"] for each in boot["services"]]
    assert pico.board.ask("status")["boots"] == 1


def cut_deploy(board: Pico, number: int) -> bool:
    """Deploy while the power goes at an operation, in its middle; whether it came to that."""
    boots = board.board.ask("cut-after", operations=number, torn=True)["boots"]
    host = subprocess.Popen(command(board, "deploy"), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 240
        while host.poll() is None and board.board.ask("status")["boots"] == boots:
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        host.kill()  # a real port would be gone
        host.wait()
        board.raw()
    status = board.board.ask("cut-after", operations=0, torn=False)
    board.board.wait(lambda now: now["usb"])
    return status["boots"] > boots


def test_a_deploy_to_an_empty_board_that_is_cut_off(blank):
    assert cut_deploy(blank, 150)
    # Nothing of it runs yet: lib/ takes its place as a whole.
    assert "main.py" not in blank.run("import os; print(os.listdir())", resume=False)
    done = svctl(blank, "deploy", timeout=480)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the board was reset, and is up with it" in done.stdout
    assert svctl(blank, "is-active", "hello").returncode == 0
    assert "deploy.switch" not in blank.run("import os; print(os.listdir())")
    again = svctl(blank, "deploy")
    assert "nothing to send: the board has it all" in again.stdout, again.stdout + again.stderr
