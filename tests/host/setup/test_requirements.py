"""docs/board-packages.md from the wheel, in an empty environment: what it shows is typed, and what it requires is
locked, counted, and imported on the simulated board."""
from __future__ import annotations

import os
import re

import pytest
from support.docpage import blocks
from support.harness import ROOT, Session
from support.packages import Server, wheel
from support.sessions import record, same, turns
from support.wheel import TAKES, built, run

from svctl.setup import unixport

PAGE = "board-packages.md"


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def there(server, tmp_path):
    """What the page requires; the environment in which it is found."""
    links = tmp_path / "links"
    wheel(links, "bme280-lite", "1.4", {"bme280/__init__.py": "from .bus import value\n\n\ndef read():\n    return value()\n",
                                        "bme280/bus.py": "from two_wire import value\n"}, ["two-wire"])
    wheel(links, "bme280-lite", "2.0", {"bme280/__init__.py": ""})
    wheel(links, "two-wire", "2.0", {"two_wire.py": "def value():\n    return 21.5\n"})
    server.github("acme/relay", "v1.2", {"relay.py": "import logging\n\n\ndef switch(number):\n    return f'relay {number} is on'\n"},
                  [["logging", "latest"]])
    server.index("logging", "0.6.1", {"logging.py": "INFO = 20\nWARNING = 30\n"})
    return {**server.env, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}


def test_the_page(tmp_path_factory, tmp_path, there, server):
    python = built(tmp_path_factory).python
    env = {"PYTHONPATH": TAKES, "XDG_CACHE_HOME": str(tmp_path / "cache"), **there,
           "MICROPYTHON": str(unixport.interpreter(unixport.smallest()))}
    assert run(python, "-m", "svctl", "init", "station", cwd=tmp_path, **env)[0] == 0
    root = tmp_path / "station"
    for block in blocks((ROOT / "docs" / PAGE).read_text()):
        if block.path:
            (root / block.path).write_text(block.text)
    (root / "drivers/lamp").mkdir(parents=True)
    (root / "drivers/lamp/__init__.py").write_text("from machine import Pin\n\nPIN = 25\n")
    shown = [turn for turn in turns(PAGE) if turn[0].startswith("svctl")]
    for line, wanted in shown:
        wanted = wanted.partition("-->")[0]
        code, out, err = run(python, "-m", *line.split(), cwd=root, timeout=120, **env)
        assert (code, err) == (0, "") and (os.environ.get("DOCS") or same(wanted, out)), out
        record(PAGE, wanted, out)
    server.close()  # what is locked builds without a network
    command = [python, "-c", f"import os, sys; os.chdir({str(root)!r}); from svctl.__main__ import main; sys.exit(main())",
               "run", "--pty"]
    board = Session(command, root / "build/boards/board.tty", env)
    board.patience = 120
    try:
        board.expect("--> ")
        typed = re.findall(r"^--> (.*)\n((?:(?!-->|```).*\n)*)", (ROOT / "docs" / PAGE).read_text(), re.M)
        assert len(typed) == 3
        for line, wanted in typed:
            assert board.line(line) == wanted
        board.ctrl("d")
        assert board.wait() == 0
    finally:
        board.close()
