"""What docs/backup.md shows is what happens: its session is typed, and compared but for figures; its table has the
texts of the tools."""
from __future__ import annotations

import os
import re
import shlex

from support.harness import ROOT
from support.sessions import record, same, turns

from svctl import cli

PAGE, PORT = "backup.md", "/dev/ttyACM0"


def test_the_page(vm32, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    vm32.ship()
    (vm32.root / "simulation.json").write_text('{"id": "e6614103e7452b2f"}')
    (vm32.root / ".env").write_text("PASSWORD=12\n")
    (vm32.root / "log.csv").write_text("1,2\n")
    session = vm32.session()
    session.expect("--> ")
    for number, (line, shown) in enumerate(turns(PAGE)):
        if number == 1:  # what a page cannot show: the board has lost some
            (vm32.root / "log.csv").unlink()
            (vm32.root / "services.config").write_text("{}")
        words = shlex.split(line)
        assert words[:3] == ["svctl", "-t", PORT]
        cli.main(["-t", session.tty, *words[3:]])
        captured = capsys.readouterr()
        said = (captured.out + captured.err).replace(session.tty, PORT)
        assert os.environ.get("DOCS") or same(shown, said), f"{line}\n{said}"
        record(PAGE, shown, said)
    assert number == 2


def test_table_of_faults_has_the_texts_of_the_tools():
    text = (ROOT / "docs" / PAGE).read_text()
    source = re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text() for path in (ROOT / "tools").rglob("*.py")))
    rows = re.findall(r"^\| `(.*?)` \|", text[text.index("| it says |"):], re.M)
    assert len(rows) == 13 and [row for row in rows if row not in source] == []
