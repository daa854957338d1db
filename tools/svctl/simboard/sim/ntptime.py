# The simulated board's `ntptime`. The time comes from "ntp" of simulation.json, else from the PC; it
# takes a station that is connected, as the real one does.
import errno
import utime
from utime import sleep_ms

import sim_world

host = "pool.ntp.org"
timeout = 1

_NO_NAME = const(-2)  # what a name that cannot be looked up raises


def time():
    """Seconds since 1970. Blocks while it asks; OSError where nobody answers within `timeout` s."""
    import network

    if not network.WLAN(network.STA_IF).isconnected():
        raise OSError(_NO_NAME)
    source = sim_world.script().get("ntp", {})
    if not sim_world.at(source.get("answers"), sim_world.now(), True):
        sleep_ms(int(timeout * 1000))
        raise OSError(errno.ETIMEDOUT)
    sleep_ms(source.get("takes", 0))
    text = source.get("time")
    if text is None:
        return utime.time_ns() // 1000000000
    # "2026-03-16 11:27:11": at power-on; it goes on from there
    parts = [int(part) for part in text.replace("-", " ").replace(":", " ").split()]
    return utime.mktime(tuple(parts) + (0, 0, 0)) + sim_world.now() // 1000


def settime():
    """Sets the clock, which is machine.RTC's."""
    import machine

    t = utime.gmtime(time())
    machine.RTC().datetime(t[:3] + (t[6] + 1,) + t[3:6] + (0,))
