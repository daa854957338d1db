# What hangs on the simulated board's I2C and SPI: devices that "i2c" and "spi" of simulation.json describe,
# and those that sim.attach() gives. A device has write(data) and read(n), one on SPI transfer(data), and
# select() where it wants to know that a transaction begins.
import sim_world

attached = {}  # (kind, bus, address or pin) -> device
_made = {}  # the same, of the script: -> (its entry, device, its faults or None)
_ERRNO = {"EIO": 5, "ENODEV": 19, "ETIMEDOUT": 110}


def number(text):
    return int(text, 16) if text[:2] == "0x" else int(text)


def find(kind, bus, where):
    """The device at an I2C address or an SPI select pin, or None."""
    place = kind, bus, where
    if place in attached:
        return attached[place]
    for key, entry in sim_world.script().get(kind, {}).get(str(bus), {}).items():
        if where_is(kind, key) == where:
            if place not in _made or _made[place][0] != entry:  # the script was edited
                fails = entry.get("fails")
                _made[place] = entry, _make(entry, kind), None if fails is None else Faults(fails)
            there = sim_world.at(entry.get("there", True), sim_world.now(), True)
            return _made[place][1] if there else None


def strike(kind, bus, where):
    """The errno with which a transfer to a device that was found fails; 0: it goes well."""
    made = None if (kind, bus, where) in attached else _made.get((kind, bus, where))
    return 0 if made is None or made[2] is None else made[2].strike()


def where_is(kind, key):
    """An address, or a pin's number or name, of a key of the script."""
    return number(key) if kind == "i2c" or key.isdigit() else key


def places(kind, bus):
    """Where something hangs, or may do so later."""
    found = {where for each, on, where in attached if each == kind and on == bus}
    return found | {where_is(kind, key) for key in sim_world.script().get(kind, {}).get(str(bus), {})}


def _make(entry, kind):
    if "device" in entry:
        module, _, name = entry["device"].rpartition(".")
        return getattr(__import__(module, None, None, (name,)), name)()
    return Registers(entry) if kind == "i2c" else Selected(entry)


class Registers:
    """Registers in blocks: what is written begins with the number of one, the pointer."""

    def __init__(self, entry):
        self.bytes = entry.get("pointer", 8) // 8  # of the pointer
        self.blocks = {number(key): value for key, value in entry.get("registers", {}).items()}
        self.seek(0)

    def _value(self, block):
        value = self.blocks.get(block, b"")
        if isinstance(value, (bytes, bytearray)):  # what a program wrote stays
            return value
        return bytes.fromhex(sim_world.at(value, sim_world.now(), ""))

    def seek(self, register):
        """Points to the block of that number, else into the one around it."""
        around = [each for each in self.blocks if each <= register < each + max(len(self._value(each)), 1)]
        self.block = max(around) if around else register
        self.offset = register - self.block

    def _next(self, size):
        self.offset += 1
        if self.offset >= size:
            self.seek(self.block + max(size, 1))

    def write(self, data):
        self.seek(int.from_bytes(data[: self.bytes], "big"))
        for byte in data[self.bytes :]:
            self.put(byte)

    def put(self, byte):
        value = bytearray(self._value(self.block) or 1)
        value[self.offset] = byte
        self.blocks[self.block] = value
        self._next(len(value))

    def read(self, n):
        data = bytearray(n)
        for i in range(n):
            value = self._value(self.block)
            if value:
                data[i] = value[self.offset]
            self._next(len(value))
        return data


class Selected(Registers):
    """The same on SPI: a bit of a transaction's first byte says that registers are read, the others which."""

    def __init__(self, entry):
        super().__init__(entry)
        self.mask = entry.get("read", 0x80)
        self.select()

    def select(self):
        self.first = None

    def transfer(self, data):
        answer = bytearray(len(data))
        for i, byte in enumerate(data):
            if self.first is None:
                self.first = byte
                self.seek(byte & ~self.mask)
            elif self.first & self.mask:
                answer[i] = self.read(1)[0]
            else:
                self.put(byte)
        return answer


class Faults:
    """A share of the transfers fails, the same ones for the same seed."""

    def __init__(self, fails):
        self.rate = fails.get("rate", 1)
        self.seed = (fails.get("seed", 1) * 40503 + 12345) % 65537
        self.errno = _ERRNO[fails.get("error", "EIO")]

    def strike(self):
        self.seed = (self.seed * 75 + 74) % 65537
        return self.errno if self.seed < self.rate * 65537 else 0
