# Whether an .mpy file is all there: of one that was cut short, as by a broken copy, the VM
# reads past the end for ever. Pure; given back after a boot.

_STR = const(5)  # types of constants in the file
_BYTES = const(6)
_TUPLE = const(10)


class _Walk:
    """Walks over a file's parts; IndexError where they go beyond its end."""

    def __init__(self, data):
        self.data = data
        self.pos = 4

    def uint(self):
        n = 0
        while True:
            byte = self.data[self.pos]
            self.pos += 1
            n = n << 7 | byte & 127
            if byte < 128:
                return n

    def name(self):
        n = self.uint()
        if not n & 1:  # odd: one of the VM's own
            self.pos += (n >> 1) + 1

    def constant(self):
        kind = self.data[self.pos]
        self.pos += 1
        if kind >= _STR:
            n = self.uint()
            if kind == _TUPLE:
                for _ in range(n):
                    self.constant()
            else:
                self.pos += n + (kind <= _BYTES)

    def code(self):
        n = self.uint()
        self.pos += n >> 3
        if n & 4:
            for _ in range(self.uint()):
                self.code()


def is_cut(data):
    """Whether the bytes of an .mpy file end too early. Native code is not looked into."""
    if data[:2] != b"M\x06" or len(data) < 4 or data[2] >> 2:
        return False  # an empty one, or one of another version, the VM refuses itself
    walk = _Walk(data)
    try:
        names = walk.uint()
        constants = walk.uint()
        for _ in range(names):
            walk.name()
        for _ in range(constants):
            walk.constant()
        walk.code()
    except (IndexError, OverflowError, RuntimeError):  # beyond the end, all numbers or the stack: damaged
        return True
    return walk.pos > len(data)
