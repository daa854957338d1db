# The simulated board's `machine.Timer`: virtual ones, id -1, as an RP2040 has them, and 0 to 3 as an ESP32.
from time import ticks_add, ticks_diff, ticks_ms

import sim_irq

_LATE = const(1000)  # ms: runs further behind are dropped

_hardware = {}  # id -> Timer


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1
    pin = False

    def __init__(self, id=-1, **options):
        if not isinstance(id, int) or not -1 <= id < 4:
            raise ValueError("Timer(%s) doesn't exist" % id)
        if id >= 0:
            if id in _hardware:
                _hardware[id].deinit()
            _hardware[id] = self
        self.id = id
        if options:
            self.init(**options)

    def init(self, *, mode=1, freq=-1, period=-1, callback=None, hard=False):
        us = int(1000000 / freq) if freq > 0 else period * 1000
        if us < 1:
            raise ValueError("Timer needs a freq or a period")
        self.mode, self._us, self.callback, self.hard = mode, us, callback, hard
        self.due = ticks_ms()
        self._rest = 0  # us beyond due
        self._advance()
        sim_irq.add(self)

    def _advance(self):
        us = self._rest + self._us
        self.due = ticks_add(self.due, us // 1000)
        self._rest = us % 1000

    def fire(self):
        if self.mode == 0:
            sim_irq.remove(self)
            return sim_irq.call(self.callback, self, self.hard)
        late = ticks_diff(ticks_ms(), self.due)
        if late > _LATE:
            self.due = ticks_ms()
        while self in sim_irq._events and ticks_diff(ticks_ms(), self.due) >= 0:
            self._advance()
            sim_irq.call(self.callback, self, self.hard)

    def deinit(self):
        sim_irq.remove(self)

    def __repr__(self):
        return "Timer(%d)" % self.id
