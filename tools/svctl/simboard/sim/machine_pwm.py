# The simulated board's `machine.PWM`: what it puts out has sim.pwm(pin).
from machine_pin import Pin

_FULL = const(65535)

running = {}  # pin -> PWM


class PWM:
    def __init__(self, dest, *, freq=None, duty_u16=None, duty_ns=None, invert=False):
        self.pin = dest.id if isinstance(dest, Pin) else dest
        Pin(self.pin, Pin.OUT)
        before = running.get(self.pin)
        self._freq, self._duty = (before._freq, before._duty) if before is not None else (5000, 0)
        self.init(freq=freq, duty_u16=duty_u16, duty_ns=duty_ns, invert=invert)

    def init(self, *, freq=None, duty_u16=None, duty_ns=None, invert=False):
        running[self.pin] = self
        self.invert = invert
        if freq is not None:
            self.freq(freq)
        if duty_u16 is not None:
            self.duty_u16(duty_u16)
        if duty_ns is not None:
            self.duty_ns(duty_ns)

    def deinit(self):
        running.pop(self.pin, None)

    def freq(self, hz=None):
        if hz is None:
            return self._freq
        if hz <= 0:
            raise ValueError("freq must be greater than 0")
        self._freq = hz

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty
        self._duty = min(max(duty, 0), _FULL)

    def duty_ns(self, ns=None):
        if ns is None:
            return int(self._duty * 1000000000 / self._freq / _FULL + 0.5)
        self.duty_u16(int(ns * self._freq * _FULL / 1000000000 + 0.5))

    def __repr__(self):
        return "PWM(%s, freq=%d, duty_u16=%d)" % (self.pin, self._freq, self._duty)
