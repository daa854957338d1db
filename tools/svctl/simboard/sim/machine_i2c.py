# The simulated board's `machine.I2C` and `SoftI2C`: devices are in sim_devices.py.
import os

_ENODEV = const(19)
_EIO = const(5)


class _Bus:
    _nobody = _ENODEV

    def _device(self, address):
        from sim_devices import find, strike

        device = find("i2c", self._bus, address)
        errno = self._nobody if device is None else strike("i2c", self._bus, address)
        if errno:
            raise OSError(errno)
        return device

    def init(self, *, scl=None, sda=None, freq=400000, timeout=50000):
        pass

    def scan(self):
        from sim_devices import find, places

        return sorted([each for each in places("i2c", self._bus) if find("i2c", self._bus, each) is not None])

    def readfrom(self, addr, nbytes, stop=True):
        return bytes(self._device(addr).read(nbytes))

    def readfrom_into(self, addr, buf, stop=True):
        buf[:] = self._device(addr).read(len(buf))

    def writeto(self, addr, buf, stop=True):
        self._device(addr).write(bytes(buf))
        return len(buf)

    def writevto(self, addr, vector, stop=True):
        return self.writeto(addr, b"".join([bytes(buf) for buf in vector]), stop)

    def readfrom_mem(self, addr, memaddr, nbytes, *, addrsize=8):
        device = self._device(addr)
        device.write(memaddr.to_bytes(addrsize // 8, "big"))
        return bytes(device.read(nbytes))

    def readfrom_mem_into(self, addr, memaddr, buf, *, addrsize=8):
        buf[:] = self.readfrom_mem(addr, memaddr, len(buf), addrsize=addrsize)

    def writeto_mem(self, addr, memaddr, buf, *, addrsize=8):
        self._device(addr).write(memaddr.to_bytes(addrsize // 8, "big") + bytes(buf))


class I2C(_Bus):
    # rp2: whatever goes wrong on the wire is an input/output error; esp32: nobody there is no device.
    if os.getenv("BOARD_KEEPS") == "scratch":
        _nobody = _EIO

    def __init__(self, id=0, *, scl=None, sda=None, freq=400000, timeout=50000):
        if id not in (0, 1):
            raise ValueError("I2C(%s) doesn't exist" % id)
        self._bus = id

    def deinit(self):
        pass

    def __repr__(self):
        return "I2C(%d)" % self._bus


class SoftI2C(_Bus):
    _bus = "soft"

    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        pass
