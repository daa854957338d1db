# For people and tests, at the prompt of a simulated board: what its pins did, and what the world does
# to them. No board has it: a service that imports it runs here alone.
import sim_world


def now():
    """Milliseconds since power-on."""
    return sim_world.now()


def forward(seconds):
    """Has that much time pass at once, each task and timer at its moment; to be awaited."""
    from sim_forward import forward

    return forward(int(seconds * 1000))


def level(pin):
    """The level of a pin now, 0 or 1."""
    from machine_pin import line

    return line(pin).level


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


def attach(bus, address, device):
    """Hangs a device on an I2C, or takes it off with None. It has write(data) and read(n); they may raise."""
    _attach("i2c", bus, address, device)


def attach_spi(bus, select, device):
    """The same on an SPI, at a select pin: it has transfer(data), which returns as many bytes."""
    _attach("spi", bus, getattr(select, "id", select), device)


def _attach(kind, bus, where, device):
    from sim_devices import attached

    attached[kind, getattr(bus, "_bus", bus), where] = device


def send(uart, data):
    """Has bytes or a text come in at a UART."""
    from machine_uart import line

    line(uart).receive(data.encode() if isinstance(data, str) else data)


def sent(uart):
    """What a program wrote to a UART since this was asked last, 256 bytes at most."""
    from machine_uart import line

    found = line(uart)
    data, found.sent = found.sent, b""
    return data


def pwm(pin):
    """(Hz, share of the time that it is high) of a pin's PWM; None without one."""
    from machine_pwm import running

    found = running.get(getattr(pin, "id", pin))
    if found is None:
        return None
    share = found.duty_u16() / 65535
    return found.freq(), 1 - share if found.invert else share
