# On the unix port: what lies on each of many filesystems of a Pico. They come on the standard input, one after
# the other; for each a line of JSON is printed, {path: hash of the file}, null where it cannot be mounted.
#   flashlook.py SIZE

import binascii
import hashlib
import json
import os
import sys

import vfs

_BLOCK = const(4096)


class Image:
    """A block device in memory that nobody may write."""

    def __init__(self, size):
        self.data = memoryview(bytearray(size))

    def take(self):
        """The next one; whether there was one."""
        at = 0
        while at < len(self.data):
            n = sys.stdin.buffer.readinto(self.data[at:])
            if not n:
                return False
            at += n
        return True

    def readblocks(self, block, buf, off=0):
        at = block * _BLOCK + off
        buf[:] = self.data[at : at + len(buf)]

    def writeblocks(self, block, buf, off=0):
        raise OSError(30)

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // _BLOCK
        return _BLOCK if op == 5 else 0


def look(folder, found):
    for name, kind, *_ in os.ilistdir("/flash" + folder):
        path = folder + "/" + name
        if kind == 0x4000:
            look(path, found)
            continue
        whole = hashlib.sha256()
        with open("/flash" + path, "rb") as file:
            data = file.read(4096)
            while data:
                whole.update(data)
                data = file.read(4096)
        found[path[1:]] = binascii.hexlify(whole.digest()).decode()
    return found


image = Image(int(sys.argv[1]))
while image.take():
    try:
        vfs.mount(vfs.VfsLfs2(image, progsize=256), "/flash")
    except OSError:
        print("null")
        continue
    print(json.dumps(look("", {})))
    vfs.umount("/flash")
