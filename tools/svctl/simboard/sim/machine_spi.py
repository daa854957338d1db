# The simulated board's `machine.SPI` and `SoftSPI`: the device whose select pin is low hears and answers.
# Devices are in sim_devices.py.


class _Bus:
    MSB = 0
    LSB = 1
    _seen = None  # (select pin, its changes) of the transaction before

    def init(self, *args, **options):
        pass

    def deinit(self):
        pass

    def _transfer(self, data):
        from machine_pin import line
        from sim_devices import find, places, strike

        for pin in places("spi", self._bus):
            select = line(pin)
            device = find("spi", self._bus, pin) if select.mode == 1 and not select.level else None
            if device is not None:
                if self._seen != (pin, select.changes):
                    self._seen = pin, select.changes
                    if hasattr(device, "select"):
                        device.select()
                answer = device.transfer(bytes(data))
                if not strike("spi", self._bus, pin):
                    return answer
                break
        return b"\xff" * len(data)  # nobody drives the wire, or it is loose

    def read(self, nbytes, write=0):
        return bytes(self._transfer(bytes([write]) * nbytes))

    def readinto(self, buf, write=0):
        buf[:] = self._transfer(bytes([write]) * len(buf))

    def write(self, buf):
        self._transfer(buf)

    def write_readinto(self, write_buf, read_buf):
        if len(write_buf) != len(read_buf):
            raise ValueError("buffers must be the same length")
        read_buf[:] = self._transfer(write_buf)


class SPI(_Bus):
    def __init__(self, id, baudrate=1000000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None,
                 miso=None):
        if id not in (0, 1, 2):
            raise ValueError("SPI(%s) doesn't exist" % id)
        self._bus = id

    def __repr__(self):
        return "SPI(%d)" % self._bus


class SoftSPI(_Bus):
    _bus = "soft"

    def __init__(self, baudrate=500000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None,
                 miso=None):
        pass
