"""What owners of hardware do, with a Pico: a project of one's own comes onto it, `svctl test-board`
tries it, a backup is made."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

from bench import PATIENCE
from support.harness import ROOT

# Others are left to a person: they take a minute of an emulator (memory, deploy, safe-mode), are tried elsewhere on
# this board, or measure what this machine has left for it (clock).
CHECKS = ("link", "firmware", "files", "lifecycle", "soft-reset", "journal")
STATION = "station.service"


def host(pico, *args, cwd):
    """svctl in a folder, with the board."""
    pico.forget()
    pico._hosted = True
    try:
        done = subprocess.run(pico.svctl_command(*args), cwd=cwd, capture_output=True, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
    finally:
        pico.raw()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_project_of_ones_own_and_its_settings_in_one_file(pico, tmp_path):
    subprocess.run([sys.executable, "-m", "svctl", "init", "station"], cwd=tmp_path, check=True, capture_output=True,
                   env={**os.environ, "PYTHONPATH": str(ROOT / "tools")})
    project = tmp_path / "station"
    out = host(pico, "deploy", "--config", cwd=project)
    assert f"{STATION}: running" in out and out.endswith("done\n"), out
    assert "[ OK ] Service: station.service" in pico.line('aioservice.status("station")')
    host(pico, "backup", "--data", "-o", "station.zip", cwd=project)
    with zipfile.ZipFile(project / "station.zip") as found:
        assert json.loads(found.read("backup.json"))["about"]["platform"] == "rp2"
        assert b"station" in found.read("files/services.config")


def test_the_checks_of_a_board(pico):
    before = pico.value("sorted(__import__('os').listdir())")
    done = pico.svctl("test-board", "--yes", *CHECKS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()[-len(CHECKS) - 1:-1]] == ["ok"] * len(CHECKS)
    assert "Raspberry Pi Pico with RP2040" in done.stdout and "the board is as it was" in done.stdout
    after = pico.value("sorted(__import__('os').listdir())")
    assert [name for name in after if not name.startswith("services.state")] == before
