# The simulated board's `machine.Pin`: levels, interrupts, and what happened to each pin. The world
# sets a pin's level from outside: by the "pins" of simulation.json, or sim.drive() at the prompt.
import array
from micropython import schedule
from time import ticks_add, ticks_ms
from umachine import PinBase, Signal  # noqa: F401

import sim_world

_KEPT = const(64)  # changes of a pin that are remembered

lines = {}  # id -> _Line


class _Line:
    """One pin of the board, however many Pin objects there are for it."""

    pin = True  # its events come in a lightsleep(), too

    def __init__(self, id):
        # All of them here: in an interrupt there is no room for a new one.
        self.mode = self.pull = -1
        self.out = self.level = self.trigger = self.flags = self.changes = 0
        self.outside = None  # level from outside, or None
        self.handler = self.owner = None
        self.hard = False
        self.when = array.array("i", [0] * _KEPT)  # of the last changes, a ring
        self.levels = bytearray(_KEPT)
        steps = sim_world.script().get("pins", {}).get(str(id))
        self.steps = [[0, steps]] if isinstance(steps, int) else steps or ()
        self.next = 0
        if self.steps:
            self.fire()

    def fire(self):
        """Does what the script says until now, and asks to be called for the next step."""
        ms = sim_world.now()
        while self.next < len(self.steps) and self.steps[self.next][0] <= ms:
            self.outside = self.steps[self.next][1]
            self.next += 1
            self.settle()
        if self.next < len(self.steps):
            import sim_irq

            self.due = ticks_add(ticks_ms(), self.steps[self.next][0] - ms)
            sim_irq.add(self)
        elif self.next > 1 or self.steps[0][0] > 0:  # it waited
            __import__("sim_irq").remove(self)

    def settle(self):
        """Works out the level, and what follows a change. Allocates nothing."""
        level = self.outside
        if self.mode == 1 or self.mode == 2 and not self.out:
            level = self.out
        elif level is None:
            level = 1 if self.pull == 1 or self.mode == 2 else 0
        if level == self.level:
            return
        self.level = level
        at = self.changes % _KEPT
        self.when[at] = sim_world.now()
        self.levels[at] = level
        self.changes += 1
        edge = 10 if level else 5  # rising and high level, or falling and low level
        if self.handler is not None and self.trigger & edge:
            self.flags = self.trigger & edge
            self._interrupt()

    def _interrupt(self):
        import sim_irq

        sim_irq.wake()
        if self.hard:
            sim_irq.call(self.handler, self.owner, True)
        else:
            try:
                schedule(self.handler, self.owner)
            except RuntimeError:  # the queue is full: a board drops it, too
                pass


def line(id):
    """The line of a pin's id, or of a Pin."""
    id = getattr(id, "id", id)
    found = lines.get(id)
    if found is None:
        found = lines[id] = _Line(id)
    return found


class Irq:
    """What Pin.irq() returns."""

    def __init__(self, line):
        self._line = line

    def flags(self):
        return self._line.flags

    def trigger(self, trigger=None):
        before = self._line.trigger
        if trigger is not None:
            self._line.trigger = trigger
        return before

    def __call__(self):
        self._line.handler(self._line.owner)


class Pin(PinBase):
    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_LOW_LEVEL = 1
    IRQ_HIGH_LEVEL = 2
    IRQ_FALLING = 4
    IRQ_RISING = 8

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=0, alt=-1):
        if isinstance(id, Pin):
            id = id.id
        if not isinstance(id, (int, str)) or isinstance(id, int) and id < 0:
            raise ValueError("invalid pin")
        self.id = id
        self._line = line(id)
        if mode != -1 or pull != -1 or value is not None:
            self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, drive=0, alt=-1):
        line = self._line
        if value is not None:
            line.out = 1 if value else 0
        if mode != -1:
            line.mode = mode
        if pull != -1:
            line.pull = pull
        line.settle()

    def value(self, level=None):
        line = self._line
        if level is None:
            return line.level
        line.out = 1 if level else 0  # of an input it counts when that becomes an output
        line.settle()

    def __call__(self, level=None):
        return self.value(level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    high = on
    low = off

    def toggle(self):
        self.value(not self._line.out)

    def mode(self, mode=None):
        if mode is None:
            return self._line.mode
        self.init(mode)

    def pull(self, pull=-1):
        if pull == -1:
            return self._line.pull
        self.init(-1, pull)

    def irq(self, handler=None, trigger=12, *, priority=1, wake=None, hard=False):
        line = self._line
        __import__("sim_irq")  # not in an interrupt, where nothing may be allocated
        line.handler, line.trigger, line.hard, line.owner = handler, trigger, hard, self
        return Irq(line)

    def __eq__(self, other):
        return isinstance(other, Pin) and other.id == self.id

    def __hash__(self):
        return hash(self.id)

    def __repr__(self):
        return "Pin(%s)" % self.id
