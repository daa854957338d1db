# The simulated board's `machine`, continued: watchdog, pins, sleep, identity.
# Not for import by programs: a real board has all of it in `machine`.
import os
from machine import _end, _wire
from umachine import PinBase, Signal, idle  # noqa: F401


def soft_reset():
    _end(b"soft\n")


def deepsleep(ms=-1):
    _end(b"sleep %d\n" % ms)


def unique_id():
    return bytes.fromhex(os.getenv("BOARD_ID"))


def freq(hz=None):
    return 125_000_000


class WDT:
    # As on RP2040: 8388 ms at most, and nothing stops it.
    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%s) doesn't exist" % id)
        if timeout < 1:
            raise ValueError("timeout too small")
        if timeout > 8388:
            raise ValueError("timeout exceeds 8388")
        _wire.write(b"wdt %d\n" % timeout)

    def feed(self):
        _wire.write(b"feed\n")


class Pin(PinBase):
    # No hardware: a pin's level is what was last written to it.
    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    _levels = {}

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self.id = id
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        if value is not None:
            self.value(value)
        elif pull == 1:
            self._levels.setdefault(self.id, 1)

    def value(self, level=None):
        if level is None:
            return self._levels.get(self.id, 0)
        self._levels[self.id] = 1 if level else 0

    def __call__(self, level=None):
        return self.value(level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    high = on
    low = off

    def toggle(self):
        self.value(not self.value())

    def __repr__(self):
        return "Pin(%s)" % self.id
