# On the device: a flash chip in RAM, whose power can be cut at any write and erase.

import os
import vfs

_SIZE = const(512)
_EIO = const(-5)


class Flash:
    """A block device. Each write and erase is a step; `left` of them happen, then the power is gone.

    With `torn` half of the write, or erase, at which that happens is done.
    """

    def __init__(self, blocks, torn=False):
        self.blocks = blocks
        self.torn = torn
        self.data = bytearray(blocks * _SIZE)
        self.left = None
        self.steps = 0

    def readblocks(self, n, buf, off=0):
        if self.left == -1:
            return _EIO  # a file that is collected asks; an exception would be printed
        at = n * _SIZE + off
        buf[:] = self.data[at : at + len(buf)]

    def _step(self, at, buf):
        self.steps += 1
        if self.left is not None:
            if self.left <= 0:
                if self.torn and self.left == 0:
                    half = len(buf) // 2
                    self.data[at : at + half] = buf[:half]
                self.left = -1
                return _EIO
            self.left -= 1
        self.data[at : at + len(buf)] = buf
        return 0

    def writeblocks(self, n, buf, off=None):
        if self.left == -1:
            return _EIO
        if off is not None:
            return self._step(n * _SIZE + off, buf)
        for i in range(len(buf) // _SIZE):
            if self._step((n + i) * _SIZE, buf[i * _SIZE : (i + 1) * _SIZE]):
                return _EIO
        return 0

    def ioctl(self, op, arg):
        if op == 4:
            return self.blocks
        if op == 5:
            return _SIZE
        if op == 6:
            return self._step(arg * _SIZE, b"\xff" * _SIZE)


class Disk:
    """A file system on such a chip, mounted at /f, which is the working directory."""

    def __init__(self, fat, blocks=100, torn=False):
        self.kind = vfs.VfsFat if fat else vfs.VfsLfs2
        self.flash = Flash(blocks, torn)
        self.kind.mkfs(self.flash)
        self.mount(self.flash.data)

    def mount(self, data):
        """Power on with these bytes on the chip."""
        old = self.flash
        old.left = -1  # files of before the cut that are collected later must not write any more
        self.flash = Flash(old.blocks, old.torn)
        self.flash.data[:] = data
        os.chdir("/")
        try:
            vfs.umount("/f")
        except OSError:
            pass
        vfs.mount(self.kind(self.flash), "/f")
        os.chdir("/f")

    def steps(self, do, value):
        """How many writes and erases a save is; it happens."""
        self.flash.steps = 0
        do(value)
        return self.flash.steps

    def cut(self, data, after, do, value):
        """Power on, do something, and cut the power after that many steps; returns what is on the chip."""
        self.mount(data)
        self.flash.left = after
        try:
            do(value)
        except OSError:
            pass
        return bytes(self.flash.data)
