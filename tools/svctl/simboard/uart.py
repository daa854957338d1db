"""What a simulated board writes, as it would come out of a board's port: text with \\n as \\r\\n, binary data
as it is. The VM's own stream does not tell the two apart, so the one binary protocol is known here by name:
the requests of `mpremote mount`, which the board sends in the middle of its text."""
from __future__ import annotations

_BEGIN = 0x18
# What follows the number of a request: b a byte, i a number of four, s a length of four and so many bytes.
_REQUESTS = {1: "s", 2: "s", 3: "", 4: "ss", 5: "b", 6: "bi", 7: "b", 8: "bs", 9: "bib", 10: "s", 11: "ss",
             12: "s", 13: "s"}  # fmt: skip
_SIZES = {"b": 1, "i": 4, "s": 4}
_LONGEST = 1 << 20  # a length beyond that is none: it was not a request


class Uart:
    """Takes the VM's output in pieces of any size and returns it as the port has it."""

    def __init__(self) -> None:
        self._begun = False  # the request's number comes next
        self._parts = ""  # of the request, still to come
        self._field = bytearray()  # of the first of them
        self._left = 0  # bytes of its text, after its length

    def take(self, data: bytes) -> bytes:
        if not (self._begun or self._parts) and _BEGIN not in data:
            return data.replace(b"\n", b"\r\n")
        return b"".join(self._byte(byte) for byte in data)

    def _byte(self, byte: int) -> bytes:
        raw = bytes((byte,))
        if self._parts:
            self._part(byte)
            return raw
        if self._begun:
            self._begun = False
            self._parts = _REQUESTS.get(byte, "")
            if byte in _REQUESTS:
                return raw
        self._begun = byte == _BEGIN
        return b"\r\n" if byte == 10 else raw

    def _part(self, byte: int) -> None:
        """One more byte of a request's parts."""
        if self._left:
            self._left -= 1
        else:
            self._field.append(byte)
            if len(self._field) < _SIZES[self._parts[0]]:
                return
            self._left = int.from_bytes(self._field, "little") if self._parts[0] == "s" else 0
            self._field.clear()
            if self._left > _LONGEST:
                self._left, self._parts = 0, ""
        if not self._left:
            self._parts = self._parts[1:]
