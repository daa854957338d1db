# The simulated board's memory that a reset leaves as it is and a power cut does not: RTC memory as
# an ESP32 has it, an RP2040's scratch registers where the environment says BOARD_KEEPS=scratch. The
# supervisor keeps it meanwhile.
import os
from machine import _wire

_data = bytes.fromhex(os.getenv("BOARD_KEPT") or "")


def get():
    return _data


def keep(data):
    global _data
    _data = bytes(data)
    _wire.write(b"keep %s\n" % _data.hex())


class _Scratch:
    # Eight registers; any other address would be a mistake.
    def _at(self, address):
        at = address - 0x4005800C
        if at % 4 or not 0 <= at < 32:
            raise ValueError("0x%x is no scratch register" % address)
        return at

    def __getitem__(self, address):
        return int.from_bytes((_data or bytes(32))[self._at(address) :][:4], "little")

    def __setitem__(self, address, value):
        at = self._at(address)
        data = _data or bytes(32)
        keep(data[:at] + value.to_bytes(4, "little") + data[at + 4 :])


mem32 = _Scratch()
