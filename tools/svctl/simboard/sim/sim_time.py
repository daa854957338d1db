# The simulated board's clock. At power-on it shows the PC's time, in UTC, and `time` is the firmware's own.
# Once it is to show another time this module stands in for `time`, in each module that has it already, too.
import os
import sys

import utime
from utime import *  # noqa: F403

_ahead = int(os.getenv("BOARD_CLOCK") or 0)  # s, of the PC's clock
turned = _told = 0  # ms by which all time was turned forward, and of that what the supervisor knows


def time():
    return time_ns() // 1000000000


def time_ns():
    return utime.time_ns() + _ahead * 1000000000 + turned * 1000000


def ticks_ms():
    return ticks_add(utime.ticks_ms(), turned)  # noqa: F405


def turn(ms):
    """Has that much time be over."""
    global turned
    turned += ms


def tell():
    """Has it stay so over a reset."""
    global _told
    from machine import _wire

    _wire.write(b"clock %d\nturned %d\n" % (_ahead + (turned + 500) // 1000, turned - _told))
    _told = turned


def gmtime(seconds=None):
    return utime.gmtime(time() if seconds is None else seconds)


localtime = gmtime


def datetime(to=None):
    """RTC.datetime()."""
    global _ahead
    if to is None:
        t = gmtime()
        return t[:3] + (t[6],) + t[3:6] + (0,)
    year, month, day, _, hour, minute, second, _ = to
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        raise OSError(22)
    then = utime.mktime((year, month, day, hour, minute, second, 0, 0, 0))
    _ahead += then - time()
    tell()
    install()


def install():
    """Takes the place of `time`."""
    me = sys.modules[__name__]
    if sys.modules.get("time") is me:
        return
    sys.modules["time"] = me
    stands = (utime, me), (utime.time, time), (utime.time_ns, time_ns), (utime.gmtime, gmtime)
    stands += (utime.localtime, localtime), (utime.ticks_ms, ticks_ms)
    for module in list(sys.modules.values()):
        names = {} if module is me else module.__dict__
        for name in list(names):
            for old, new in stands:
                if names[name] is old:
                    try:
                        names[name] = new
                    except TypeError:  # the firmware's own module
                        pass
