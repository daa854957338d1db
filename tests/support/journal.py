"""A small journal with a clock that stands, and what a program prints of it."""

# What the scripts below share: a small journal with a clock that stands at 7.
JOURNAL = """
import aiolog
import micropython
import sys

def seven():
    return 7

j = aiolog.Journal(400, seven)
log = aiolog.Logger(j, "hello.service")

def texts():
    return [line[4] for line in j.lines()]
"""


def lines(vm, code, timeout=20):
    return vm.run(code, timeout=timeout).out.splitlines()


class Model:
    """What the journal should hold, with no ring and no bytes saved."""

    def __init__(self, size):
        self.size, self.kept, self.next, self.now = size, [], 0, 0
        self.open = None

    def add(self, text, most=65000):
        used = sum(8 + len(name) + len(text) for _, _, _, name, text, _ in self.kept)
        name, sofar, cut = self.open
        have = 8 + len(name) + len(sofar)
        most = min(most, self.size - have)
        self.open = (name, sofar + text[:most], cut or len(text) > most)
        used += have + len(text[:most])
        while used > self.size:
            used -= 8 + len(self.kept[0][3]) + len(self.kept[0][4])
            del self.kept[0]

    def begin(self, name):
        most = min(self.size // 4, 255)
        self.open = (name[:most], b"", len(name) > most)
        self.add(b"")

    def close(self, level):
        name, text, cut = self.open
        self.kept.append((self.next, self.now, level, name, text, cut))
        self.next += 1
        self.open = None

    def put(self, level, name, text):
        if self.open:
            self.close(20)
        self.begin(name.encode())
        self.add(text.encode())
        self.close(level)

    def write(self, data):
        *whole, rest = data.split(b"\n")
        for i, part in enumerate([*whole, rest]):
            if i < len(whole) or part:
                if not self.open:
                    self.begin(b"")
                self.add(part)
            if i < len(whole):
                self.close(20)

    def shown(self):
        return [[number, stamp, level, text_of(name), text_of(text) + "..." * cut]
                for number, stamp, level, name, text, cut in self.kept]


def text_of(data):
    for cut in range(4):
        try:
            return data[: len(data) - cut].decode()
        except UnicodeDecodeError:
            pass
    return "".join(chr(c) if c < 128 else "?" for c in data)
