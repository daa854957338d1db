"""`make size` shows each heap line of the budgets, and all are met."""
import re
import subprocess
import sys

import pytest
from support.harness import ROOT
from support.once import once

from tools.measure import size


def measured() -> str:
    done = subprocess.run([sys.executable, "-m", "tools.measure.size", "--cycles", "30"], cwd=ROOT, text=True,
                          capture_output=True, timeout=400)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    return once(tmp_path_factory, "size", measured)


def test_every_line_is_printed_and_met(printed):
    rows = re.findall(r"^(\S.*?)\s{2,}(-?\d+)  ([≤≥])\s+(\d+)(?:   +(\d+))?(  not met)?$", printed, re.M)
    found = {text: not missed for text, *_, missed in rows}
    assert len(found) == 13
    assert [text for text, met in found.items() if not met] == []


def test_each_module_has_its_row(printed):
    for name in size.MODULES:
        assert re.search(rf"^{re.escape(name)}\s+\d+\s+-?\d+\s+-?\d+$", printed, re.M), name
    modules = {path.relative_to(ROOT / "lib").with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
               for path in (ROOT / "lib").rglob("*.py")}
    rare = {name for name in modules if name.startswith("aioconsole.")} | {"aioservice.mpyfile", "aiobase.text"}
    assert modules - rare == set(size.MODULES)


def test_what_runs_from_rom_takes_less_heap(printed):
    rows = re.findall(r"^(\S.*?)\s{2,}(-?\d+)  ([≤≥])\s+\d+   +(\d+)$", printed, re.M)
    assert len(rows) == 7
    for text, flash, sign, rom in rows:
        assert int(rom) < int(flash) if sign == "≤" else int(rom) > int(flash), text
    flash, rom = map(int, re.search(r"^all +\d+ +(\d+) +(\d+)$", printed, re.M).groups())
    assert rom < 0.65 * flash
