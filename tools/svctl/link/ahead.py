"""A serial port that is asked for all that is there at a time, since each question takes a system call or
two, and mpremote wants most of it byte by byte. In all else it is the port itself."""
from __future__ import annotations


class Ahead:
    def __init__(self, serial):
        self.__dict__.update(_serial=serial, _ahead=b"")

    def __getattr__(self, name):
        return getattr(self._serial, name)

    def __setattr__(self, name, value):
        setattr(self._serial, name, value)

    @property
    def in_waiting(self) -> int:
        return len(self._ahead) + self._serial.in_waiting

    def read(self, size: int = 1) -> bytes:
        ahead = self._ahead
        if len(ahead) < size:
            ahead += self._serial.read(max(size - len(ahead), self._serial.in_waiting))
        self.__dict__["_ahead"] = ahead[size:]
        return ahead[:size]
