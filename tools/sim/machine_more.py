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


# The longest timeout of its watchdog in ms, as the environment says: RP2040's where it says
# nothing, 16777 for RP2350, 0 for a port without one.
_LONGEST = int(os.getenv("BOARD_WDT") or 8388)


class WDT:
    # As in the rp2 port. Nothing stops it; what it does, tools/supervisor.py does.
    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%s) doesn't exist" % id)
        if timeout < 1:
            raise ValueError("timeout too small")
        if timeout > _LONGEST:
            raise ValueError("timeout exceeds %d" % _LONGEST)
        _wire.write(b"wdt %d\n" % timeout)

    def feed(self):
        _wire.write(b"feed\n")


if _LONGEST == 0:
    del WDT


# Memory that a reset leaves as it is and a power cut does not: RTC memory as an ESP32 has it where
# the environment says BOARD_KEEPS=rtc, an RP2040's scratch registers where it says scratch.
_kept = bytes.fromhex(os.getenv("BOARD_KEPT") or "")


def _keep(data):
    global _kept
    _kept = bytes(data)
    _wire.write(b"keep %s\n" % _kept.hex())


if os.getenv("BOARD_KEEPS") == "rtc":

    class RTC:
        def memory(self, data=None):
            if data is None:
                return _kept
            if len(data) > 2048:
                raise ValueError("buffer too long")
            _keep(data)


if os.getenv("BOARD_KEEPS") == "scratch":

    class _Scratch:
        # Eight registers; any other address would be a mistake.
        def _at(self, address):
            at = address - 0x4005800C
            if at % 4 or not 0 <= at < 32:
                raise ValueError("0x%x is no scratch register" % address)
            return at

        def __getitem__(self, address):
            return int.from_bytes((_kept or bytes(32))[self._at(address) :][:4], "little")

        def __setitem__(self, address, value):
            at = self._at(address)
            data = _kept or bytes(32)
            _keep(data[:at] + value.to_bytes(4, "little") + data[at + 4 :])

    mem32 = _Scratch()


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
