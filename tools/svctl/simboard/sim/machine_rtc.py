# The simulated board's `machine.RTC`. Small, since boot.py looks at it: what sets the clock is in sim_time.
import os


class RTC:
    def __init__(self, id=0):
        if id != 0:
            raise ValueError("RTC(%s) doesn't exist" % id)

    def datetime(self, to=None):
        import sim_time

        return sim_time.datetime(to)

    if os.getenv("BOARD_KEEPS") != "scratch":  # an RP2040 has none

        def memory(self, data=None):
            from machine_backup import get, keep

            if data is None:
                return get()
            if len(data) > 2048:
                raise ValueError("buffer too long")
            keep(data.encode() if isinstance(data, str) else data)
