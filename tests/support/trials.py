"""A desk with a board on it, and a project to deploy there."""
from __future__ import annotations

import re
import shutil

SERVICE = """
import asyncio, sys
from aioclass import Service
class Made(Service):
    enabled = True
    start_timeout = 1
    word = %r
%s
service = Made("%s")
"""
FINE = "    async def task(self): await asyncio.sleep(99)"
RAISES = "    def setup(self): raise ValueError('no sensor')"


class Desk:
    """A board with its old set, and the tree of the new one."""

    def __init__(self, vm, tmp_path, power=True):
        self.vm, self.tree = vm, tmp_path / "tree"
        vm.ship()
        self.service("one", "old", FINE)
        shutil.copytree(vm.root, self.tree)
        if power:
            self.power()

    def power(self):
        self.session = self.vm.session()
        self.session.expect("--> ")

    @property
    def tty(self):
        return self.session.tty

    def service(self, name, word, body):
        self.vm.put(f"aioservices/services/{name}_service.py", SERVICE % (word, body, name))

    def new(self, path, text):
        """Write a file of the new set."""
        root, self.vm.root = self.vm.root, self.tree
        self.vm.put(path, text)
        self.vm.root = root

    def new_service(self, name, word, body):
        self.new(f"aioservices/services/{name}_service.py", SERVICE % (word, body, name))

    def says(self, line):
        self.session.send("\rprint('now', %s)\r" % line)
        return re.search(r"now (.*)\r\n", self.session.expect(re.compile(r"\nnow .*\r\n")))[1]

    def is_clean(self):
        """Nothing is under way; the set before is kept behind a deploy that was good."""
        return not [path.name for path in self.vm.root.iterdir() if re.match(r"deploy\.(next|switch)", path.name)]
