"""svctl with a Pico: commands beside running services, and a deploy to an empty board that is cut off."""
from __future__ import annotations

import json

from support.harness import ROOT


def test_commands_beside_running_services(pico):
    assert pico.svctl("is-active", "hello").returncode == 0
    assert pico.svctl("is-active", "nobody").returncode == 4
    rows = [json.loads(line) for line in pico.svctl("--json", "list").stdout.splitlines()]
    assert "hello" in json.dumps(rows)
    assert "[ OK ] Service: hello.service" in pico.svctl("status", "hello").stdout
    assert pico.svctl("stop", "hello").returncode == 0
    assert pico.svctl("is-active", "hello").returncode == 3
    assert pico.svctl("start", "hello").returncode == 0
    assert pico.svctl("is-active", "hello").returncode == 0
    assert "hello" in pico.svctl("logs", "-u", "hello", "-n", "3").stdout
    assert "RP2040" in pico.svctl("info").stdout
    assert "hello.service (running)" in pico.svctl("tree").stdout
    assert "hello_core.service" in pico.svctl("blame").stdout
    assert json.loads(pico.svctl("chain", "hello_core", "--json").stdout)[0]["name"] == "hello_core"
    assert "power-on" in pico.svctl("last-boot").stdout
    assert json.loads(pico.svctl("config", "hello").stdout)["args"] == [2, 5]
    assert "of heap are needed" in pico.svctl("check").stdout
    boot = json.loads(pico.svctl("plot", "--json", "-o", "-").stdout)
    assert "RP2040" in boot["board"] and "hello" in [each["name"] for each in boot["services"]]
    assert pico.board.ask("status")["boots"] == 1


def test_a_deploy_to_an_empty_board_that_is_cut_off(blank):
    assert blank.cut_off(blank.svctl_command("deploy"), ROOT, 150, torn=True)
    blank.power()
    # Nothing of it runs yet: lib/ takes its place as a whole.
    assert "main.py" not in blank.run("import os; print(os.listdir())", resume=False)
    done = blank.svctl("deploy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the board was reset, and is up with it" in done.stdout
    assert blank.svctl("is-active", "hello").returncode == 0
    assert "deploy.switch" not in blank.run("import os; print(os.listdir())")
    again = blank.svctl("deploy")
    assert "nothing to send: the board has it all" in again.stdout, again.stdout + again.stderr
