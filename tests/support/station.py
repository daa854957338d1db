"""A project of one's own, and a board that has it, for the tests of what follows a change."""
from __future__ import annotations

import re
import shutil

from svctl.deploy import project
from svctl.setup import layout


class Station:
    """A project `root`; `power()` boots a board that has it all."""

    def __init__(self, root, vm):
        self.root, self.vm = root, vm
        layout.create(root, "station")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def power(self):
        """The board's port."""
        if not (self.vm.root / "main.py").exists():
            shutil.copytree(project.build(), self.vm.root, dirs_exist_ok=True)
        self.session = self.vm.session()
        self.session.expect("--> ")
        return self.session.tty

    def says(self, line):
        self.session.send("\rprint('now', %s)\r" % line)
        return re.search(r"now (.*)\r\n", self.session.expect(re.compile(r"\nnow .*\r\n")))[1]
