"""Boards to deploy to, and what is on them afterwards."""
from __future__ import annotations

MPY = b"M\x06\x00\x1f"  # how a file begins that the interpreter loads
SERVICE = """
from aioclass import Service
class One(Service):
    enabled = True
service = One("one")
"""
# A board with nothing of the project on its flash: the console comes from the host.
BARE = """
import sys, asyncio
sys.path.append(%r)
import aioconsole
asyncio.run(aioconsole.task())
"""
# A board with a small flash of its own, which outlives a reset: what a firmware does there.
SMALL = """
import os, sys
class Flash:
    def __init__(self, n, path):
        self.n = n
        self.new = "flash" not in os.listdir()
        if self.new:
            with open(path, "wb") as file:
                for _ in range(n):
                    file.write(bytes(512))
        self.file = open(path, "r+b")
    def readblocks(self, n, buf, off=0):
        self.file.seek(n * 512 + off)
        self.file.readinto(buf)
    def writeblocks(self, n, buf, off=0):
        self.file.seek(n * 512 + (off or 0))
        self.file.write(buf)
        self.file.flush()
    def ioctl(self, op, arg):
        return self.n if op == 4 else 512 if op == 5 else 0
flash = Flash(%d, os.getcwd() + "/flash")
if flash.new:
    os.%s.mkfs(flash)
os.mount(os.%s(flash), "/small")
os.chdir("/small")
sys.path[:] = ["/small/lib" if path.endswith("board/lib") else path for path in sys.path]
for name in ("boot.py", "main.py"):
    if name in os.listdir():
        execfile(name)
"""


def contents(root, beside=False):
    """{path: bytes} of a board, without what it writes by itself. `beside`: and with what a deploy has left
    there; not the set before, which is kept."""
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    kept = () if (root / "deploy.switch").exists() or (root / "deploy.next").exists() else ("deploy.list", "deploy.prev/")
    return {name: data for name, data in found.items() if not name.startswith(("services.st", *kept))
            and name != "deploy.txt" and (beside or not name.startswith("deploy."))}


def still_runs(board):
    """The services went on, and the prompt is there, whatever the host has done."""
    board.send("print('it', service('hello').state)\r")
    board.expect("it running")
