# The simulated board's `machine`: resets and constants; the rest of it, in machine_more.py, loads
# on use, since here it lives in the heap and on a board in the firmware.
import os

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

# Lines to the supervisor (tools/supervisor.py), which is this board's hardware.
_wire = open(int(os.getenv("BOARD_WIRE")), "r+b")


def __getattr__(name):
    if name in ("RTC", "mem32") and os.getenv("BOARD_KEEPS") != ("rtc" if name == "RTC" else "scratch"):
        raise AttributeError("'module' object has no attribute '%s'" % name)
    import machine_more

    return getattr(machine_more, name)


def _end(line):
    # The supervisor kills this process; until then not one more line of the program may
    # run. Without a handler a Ctrl-C can only kill, and the read has nothing to return.
    from micropython import kbd_intr

    while True:
        try:
            kbd_intr(-1)
            _wire.write(line)
            while True:
                _wire.read(1)
        except BaseException:
            pass


def reset():
    _end(b"reset\n")


def reset_cause():
    return int(os.getenv("BOARD_CAUSE"))
