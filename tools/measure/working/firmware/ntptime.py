# What a board's firmware has of `ntptime`: an answer at once, which sets a clock that was not set.

import time

host = "pool.ntp.org"
timeout = 1


def settime():
    if time.gmtime()[0] < 2025:
        __import__("machine").RTC().datetime((2026, 3, 16, 0, 7, 30, 0, 0))
