"""What owners of hardware do, with a Pico: a project of one's own from the wheel comes onto it, `svctl test-board`
tries it, a backup comes back."""
from __future__ import annotations

import json
import subprocess
import zipfile

from bench import PATIENCE
from support import wheel

# Those that take a minute of an emulator are left to a person: memory, deploy, safe-mode; and `clock`, as an
# emulated board's goes by what this machine has left for it.
CHECKS = ("link", "firmware", "heap", "flash", "files", "lifecycle", "interrupts", "failing", "soft-reset", "journal")
STATION = "station.service"


def host(pico, python, *args, cwd):
    """svctl from the wheel, with the board."""
    pico.forget()
    pico._hosted = True
    try:
        code, out, err = wheel.run(python, "-m", "svctl", "-t", pico.tty, *args, cwd=cwd, timeout=PATIENCE,
                                   PYTHONPATH=wheel.TAKES)
    finally:
        pico.raw()
    assert code == 0, out + err
    return out


def test_a_project_of_ones_own_from_the_wheel_and_back(pico, tmp_path, tmp_path_factory):
    python = wheel.built(tmp_path_factory).python
    subprocess.run([python, "-m", "svctl", "init", "station"], cwd=tmp_path, check=True, capture_output=True,
                   env={"PYTHONPATH": wheel.TAKES, "PATH": "/usr/bin:/bin"})
    project = tmp_path / "station"
    out = host(pico, python, "deploy", "--config", cwd=project)
    assert f"{STATION}: running" in out and out.endswith("done\n"), out
    assert "[ OK ] Service: station.service" in pico.line('aioservice.status("station")')
    host(pico, python, "backup", "--data", "-o", "station.zip", cwd=project)
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
