# The simulated board's `machine`: resets and constants; the rest of it, in machine_*.py, loads
# on use, since here it lives in the heap and on a board in the firmware.
import os

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

# Lines to the supervisor (../supervisor.py), which is this board's hardware.
_wire = open(int(os.getenv("BOARD_WIRE")), "r+b")


def __getattr__(name):
    if name == "mem32" and os.getenv("BOARD_KEEPS") != "scratch":
        raise AttributeError(name)
    return __import__("machine_table").find(name)


if os.getenv("BOARD_KEEPS") != "rtc":

    def RTC(id=0):
        # Not the class: boot.py looks for a memory() there, to keep its record in, and is to use a file here.
        return __import__("machine_rtc").RTC(id)


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
