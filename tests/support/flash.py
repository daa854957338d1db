"""A small flash in the memory of the real VM, whose writes are counted and can fail."""
from __future__ import annotations

FLASH = """
import json, os, sys, vfs
import aioservice.configure, aioservice.settings, aioservice.settingsfile
from aioservice.settingsfile import read
class Flash:
    def __init__(self, blocks, size):
        self.size, self.blocks = size, blocks
        self.data = bytearray(blocks * size)
        self.left = None
        self.written = 0
    def readblocks(self, n, buf, off=0):
        at = n * self.size + off
        buf[:] = self.data[at : at + len(buf)]
    def write(self, at, buf):
        self.written += 1
        if self.left is not None:
            if self.left == 0: raise OSError(5)
            self.left -= 1
        self.data[at : at + len(buf)] = buf
    def writeblocks(self, n, buf, off=None):
        if off is None:
            for i in range(len(buf) // self.size):
                self.write((n + i) * self.size, buf[i * self.size : (i + 1) * self.size])
        else:
            self.write(n * self.size + off, buf)
    def ioctl(self, op, arg):
        if op == 4: return self.blocks
        if op == 5: return self.size
        if op == 6:
            for i in range(self.size): self.data[arg * self.size + i] = 255
            return 0
FAT = %r
flash = Flash(%d, 512)
def mount():
    global flash
    old = flash
    old.left = 0  # files of before the cut that are collected later must not write any more
    flash = Flash(old.blocks, old.size)
    flash.data[:] = old.data
    os.chdir("/")
    try: vfs.umount("/f")
    except OSError: pass
    kind = vfs.VfsFat if FAT else vfs.VfsLfs2
    vfs.mount(kind(flash), "/f")
    os.chdir("/f")
(vfs.VfsFat if FAT else vfs.VfsLfs2).mkfs(flash)
mount()
def entries(n): return {"s%%02d" %% i: {"enabled": True, "args": [n, "x" * 20]} for i in range(12)}
def save(n): return aioservice.configure.save(entries(n))
"""
