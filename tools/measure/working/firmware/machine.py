# What a board's firmware has of `machine`, as far as the working board asks for it: in memory before
# anything is counted.

PWRON_RESET = 1


def reset_cause():
    return PWRON_RESET


def unique_id():
    return b"working!"


class Pin:
    OUT = 1

    def __init__(self, id, mode=OUT):
        self.level = 0


class Signal:
    def __init__(self, pin, invert=False):
        self.pin = pin

    def on(self):
        self.pin.level = 1

    def off(self):
        self.pin.level = 0
