"""docs/hardware.md has each check of `svctl test-board` in its table and in its report, and README what was seen."""
from __future__ import annotations

import re

from support.harness import ROOT

from svctl.hardware.checks import CHECKS, LATE, LEAST, WATCHDOG

TEXT = (ROOT / "docs/hardware.md").read_text()
NAMES = [each.name for each in CHECKS]


def test_the_page_names_each_check():
    assert len(NAMES) == 20
    assert re.findall(r"^\| `([\w-]+)` \| .*$", TEXT, re.M)[:20] == NAMES
    assert f"{LEAST:,} B" in TEXT and f"less than {LATE} ms" in TEXT and f"armed for {WATCHDOG // 1000} s" in TEXT


def test_its_report_is_of_all_of_them():
    report = re.search(r"```text\n(svctl test-board.*?)```", TEXT, re.S)[1].splitlines()
    assert len(report) == 28 and [line.split()[2] for line in report[7:-1]] == NAMES
    assert "28 lines" in TEXT and "28 lines" in (ROOT / "README.md").read_text()
