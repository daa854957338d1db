# What a file that a person wrote says, where it is not plain ASCII: UTF-8, with a byte order mark or
# without; else what it is instead, and what to do. Loaded on use.


def decoded(data):
    """The text in bytes; ValueError says what they are where that is not UTF-8."""
    wide = _wide(data)
    if wide is not None:
        raise ValueError("it is %s; save it as UTF-8" % wide)
    at = _wrong(data)
    if at == len(data):
        raise ValueError("it is cut short")
    if at is not None:
        line = 1 + data[:at].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
        raise ValueError("it is not UTF-8 (line %d, byte %02x); save it as UTF-8" % (line, data[at]))
    return str(data[3:] if data[:3] == b"\xef\xbb\xbf" else data, "utf-8")


def _wide(data):
    """How a text is coded of which each character takes two bytes or four; None where it is not."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    zeros = bytes([not byte for byte in data[:4]])  # those of the first character, and of its neighbours
    if zeros in (b"\0\1\1\1", b"\1\1\1\0") or zeros == b"\0\0\1\1" and marked or data[:4] == b"\0\0\xfe\xff":
        return "UTF-32"
    return "UTF-16" if marked or zeros in (b"\1\0\1\0", b"\0\1\0\1") else None


def _wrong(data):
    """Where bytes are no UTF-8, their length if that is at a cut end; None if they are.

    A board's own str() takes halves of characters, too, and longer forms than are allowed.
    """
    more = 0  # bytes of a character that are to come
    first, low, high = 0, 0x80, 0xBF
    for at, byte in enumerate(data):
        if more:
            if not low <= byte <= high:
                return first
            low, high = 0x80, 0xBF
            more -= 1
        elif byte >= 0x80:
            if not 0xC2 <= byte <= 0xF4:
                return at
            first = at
            more = 1 + (byte >= 0xE0) + (byte >= 0xF0)
            low = 0xA0 if byte == 0xE0 else 0x90 if byte == 0xF0 else 0x80
            high = 0x9F if byte == 0xED else 0x8F if byte == 0xF4 else 0xBF
    return len(data) if more else None
