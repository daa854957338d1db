# For people and tests, at the prompt of a simulated board: what its pins did, and what the world does
# to them. No board has it: a service that imports it runs here alone.
import sim_world


def now():
    """Milliseconds since power-on."""
    return sim_world.now()


def drive(pin, level):
    """Sets the level of a pin from outside, 0 or 1; None lets go of it."""
    from machine_pin import line

    found = line(pin)
    found.outside = None if level is None else 1 if level else 0
    found.settle()


def history(pin):
    """The last changes of a pin, oldest first: [(ms since power-on, level), …]."""
    from machine_pin import line

    found = line(pin)
    size = len(found.when)
    kept = range(max(found.changes - size, 0), found.changes)
    return [(found.when[n % size], found.levels[n % size]) for n in kept]


def volts(id, volts):
    """Sets the voltage at an ADC from now on."""
    from machine_adc import line, microvolts

    line(id)[:] = [[0, microvolts(volts)]]
