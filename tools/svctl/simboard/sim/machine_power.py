# The simulated board's `machine`, continued: watchdog, sleep, clock rate, identity.
# Not for import by programs: a real board has all of it in `machine`.
import os
import time

import machine
from machine import _wire
from umachine import idle  # noqa: F401

_SLOWEST = const(10_000_000)
_FASTEST = const(300_000_000)

_hz = 125_000_000


def soft_reset():
    machine._end(b"soft\n")


def deepsleep(time_ms=-1):
    machine._end(b"sleep %d\n" % time_ms)


def _irq():
    try:
        import sim_irq
    except ImportError:
        return None  # without ffi nothing interrupts
    return sim_irq


def lightsleep(time_ms=-1):
    """Stands still, timers too, for that long, or until a pin's interrupt."""
    irq = _irq()
    if irq:
        irq.sleep(time_ms)
    else:
        time.sleep_ms(time_ms if time_ms >= 0 else 1 << 29)


def disable_irq():
    irq = _irq()
    return bool(irq) and irq.hold(True)


def enable_irq(state):
    irq = _irq()
    if irq:
        irq.hold(state)


def unique_id():
    return bytes.fromhex(os.getenv("BOARD_ID"))


def freq(hz=None):
    global _hz
    if hz is None:
        return _hz
    if not _SLOWEST <= hz <= _FASTEST:
        raise ValueError("cannot change frequency")
    _hz = hz


# The longest timeout of its watchdog in ms, as the environment says: RP2040's where it says
# nothing, 16777 for RP2350, 0 for a port without one.
_LONGEST = int(os.getenv("BOARD_WDT") or 8388)


class WDT:
    # As in the rp2 port. Nothing stops it; what it does, ../supervisor.py does.
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
