# Reads the lines of an aiolog.Journal. Apart from it, as writing happens always and
# everywhere, reading when somebody looks.

from struct import unpack_from

_HEAD = const(8)  # as in aiolog.py
_CUT = const(128)


def lines(journal, since=0):
    """Yields (number, stamp, level, name, text) from line `since` on, oldest first.

    Lines written meanwhile are not among them, overwritten ones are left out. A text
    that was cut ends in `...`.
    """
    head = bytearray(_HEAD)
    last = journal.next
    seq = -1
    pos = 0
    while True:
        if seq < journal.first:
            seq = journal.first
            pos = journal._start
        if seq >= last:
            return
        journal.ring.seek(pos % journal.size)
        journal.ring.readinto(head)
        size, n, flags, stamp = unpack_from("<HBBI", head)
        if seq >= since:
            name = _decode(_bytes(journal, pos + _HEAD, n))
            text = _decode(_bytes(journal, pos + _HEAD + n, size - _HEAD - n))
            yield seq, stamp, flags & 127, name, text + "..." if flags & _CUT else text
        pos += size
        seq += 1


def _bytes(journal, pos, n):
    pos %= journal.size
    ring = journal.ring
    ring.seek(pos)
    data = ring.read(min(n, journal.size - pos))
    if len(data) < n:
        ring.seek(0)
        data += ring.read(n - len(data))
    return data


def _decode(data):
    for cut in range(4):  # of a character that was cut up to 3 bytes may be left
        try:
            return str(data[: len(data) - cut], "utf8")
        except UnicodeError:
            pass
    return "".join([chr(c) if c < 128 else "?" for c in data])
