"""svctl with a Pico: commands beside running services, and a deploy to an empty board that is cut off."""
from __future__ import annotations

import json
import subprocess
import sys

from bench import PATIENCE, Pico
from support.harness import ROOT


def command(board: Pico, *args: str) -> list[str]:
    return [sys.executable, "-m", "svctl", "-t", board.tty, *args]


def svctl(board: Pico, *args: str) -> subprocess.CompletedProcess:
    done = subprocess.run(command(board, *args), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
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
    assert "hello.service (running)" in svctl(pico, "tree").stdout
    assert "hello_core.service" in svctl(pico, "blame").stdout
    assert json.loads(svctl(pico, "chain", "hello_core", "--json").stdout)[0]["name"] == "hello_core"
    assert "power-on" in svctl(pico, "last-boot").stdout
    assert json.loads(svctl(pico, "config", "hello").stdout)["args"] == [2, 5]
    assert "of heap are needed" in svctl(pico, "check").stdout
    boot = json.loads(svctl(pico, "plot", "--json", "-o", "-").stdout)
    assert "RP2040" in boot["board"] and "hello" in [each["name"] for each in boot["services"]]
    assert pico.board.ask("status")["boots"] == 1


def test_a_deploy_to_an_empty_board_that_is_cut_off(blank):
    assert blank.cut_off(command(blank, "deploy"), ROOT, 150, torn=True)
    blank.power()
    # Nothing of it runs yet: lib/ takes its place as a whole.
    assert "main.py" not in blank.run("import os; print(os.listdir())", resume=False)
    done = svctl(blank, "deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the board was reset, and is up with it" in done.stdout
    assert svctl(blank, "is-active", "hello").returncode == 0
    assert "deploy.switch" not in blank.run("import os; print(os.listdir())")
    again = svctl(blank, "deploy")
    assert "nothing to send: the board has it all" in again.stdout, again.stdout + again.stderr
