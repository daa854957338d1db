# Mounts a ROMFS image at /rom, as a firmware with ROMFS does before boot.py. The image is mapped
# into memory outside of the heap, where on a board the flash is.

import os
import sys

_READ = const(1)
_PRIVATE = const(2)


def mount(path):
    """Mounts an image file; what is in it comes first on the import path, as firmware has it."""
    import ffi
    import uctypes
    import vfs

    size = os.stat(path)[6]
    with open(path, "rb") as file:
        where = ffi.open(None).func("P", "mmap", "PLiiil")(None, size, _READ, _PRIVATE, file.fileno(), 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(where, size)), "/rom")
    at = sys.path.index(".frozen") + 1
    sys.path.insert(at, "/rom")
    sys.path.insert(at + 1, "/rom/lib")
