"""Two builds of one tree at the same time, as of two terminals that deploy: neither takes the other's files."""
import subprocess
import sys

from support.harness import ROOT

from svctl.build import tree


def test_builds_at_the_same_time_wait_for_each_other(tmp_path):
    code = "import sys; from pathlib import Path; from svctl.build import tree; tree.build(Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(tmp_path / "board")]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(each.communicate()[1], each.returncode) for each in running] == [("", 0)] * 3
    assert not list((tmp_path / "board").rglob("*.tmp"))
    assert not tree.build(tmp_path / "board").written
