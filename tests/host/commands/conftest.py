"""An editor for the tests of svctl's subcommands."""
from __future__ import annotations

import sys

import pytest


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Sets an $EDITOR that does what a piece of Python says to the `text` that it is given."""
    monkeypatch.delenv("VISUAL", raising=False)

    def use(code):
        path = tmp_path / "editor.py"
        path.write_text(f"import sys\npath = sys.argv[1]\ntext = open(path).read()\n{code}\nopen(path, 'w').write(text)\n")
        monkeypatch.setenv("EDITOR", f"{sys.executable} {path}")

    return use
