# On the unix port: makes the filesystem of a Pico's flash image anew, with what lies in a folder.
#   fill.py IMAGE OFFSET FOLDER
# MicroPython's rp2 port formats it in the same way: ports/rp2/modules/_boot.py.

import os
import sys

import vfs

_BLOCK = const(4096)


class Region:
    """The end of a file, from an offset on, as a block device with the extended interface."""

    def __init__(self, path, offset):
        self.file = open(path, "r+b")
        self.offset = offset
        self.count = (self.file.seek(0, 2) - offset) // _BLOCK

    def readblocks(self, block, buf, off=0):
        self.file.seek(self.offset + block * _BLOCK + off)
        self.file.readinto(buf)

    def writeblocks(self, block, buf, off=None):
        self.file.seek(self.offset + block * _BLOCK + (off or 0))
        self.file.write(buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self.count
        if op == 5:
            return _BLOCK
        if op == 6:  # erase
            self.file.seek(self.offset + arg * _BLOCK)
            self.file.write(b"\xff" * _BLOCK)
        return 0


def copy(source, target):
    for name, kind, *_ in os.ilistdir(source):
        if kind == 0x4000:
            os.mkdir(target + "/" + name)
            copy(source + "/" + name, target + "/" + name)
        else:
            with open(source + "/" + name, "rb") as file:
                data = file.read()
            with open(target + "/" + name, "wb") as file:
                file.write(data)


image, offset, folder = sys.argv[1:]
device = Region(image, int(offset))
vfs.VfsLfs2.mkfs(device, progsize=256)
vfs.mount(vfs.VfsLfs2(device, progsize=256), "/flash")
copy(folder, "/flash")
vfs.umount("/flash")
device.file.close()
